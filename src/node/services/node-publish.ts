import type { CallContext } from '../../core/call-context.ts';
import type { NodePublishVolumeRequest, NodePublishVolumeResponse } from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import { DeviceMounts, type Shown } from './device-mounts.ts';
import type { NodeDeps } from './node-deps.ts';
import { makeTarget, removeTarget } from './publish-target.ts';
import { assertNotReadonly } from './readonly-filesystem.ts';
import { setDeviceAccess } from './stage-device.ts';
import { type VolumeUse, volumeUse } from './stage-request.ts';
import { assertLive, contentOf, devicesOf } from './volume-devices.ts';

interface Publication {
  readonly use: VolumeUse;
  readonly device: AttachedDevice;
  readonly stagingPath: string;
  readonly targetPath: string;
  readonly readonly: boolean;
}

/**
 * NodePublishVolume: shows the staged file system, or the device itself, at the target path. Published there already
 * just so: a success, and never a second mount upon the first.
 */
export const publishVolume =
  (deps: NodeDeps): Handler<NodePublishVolumeRequest, NodePublishVolumeResponse> =>
  async (request, context) => {
    const use = volumeUse(request, deps);
    const publication: Publication = {
      use,
      device: await stagedDevice(deps, use, context),
      stagingPath: request.stagingTargetPath,
      targetPath: request.targetPath,
      readonly: request.readonly || use.readonly,
    };
    const mounts = new DeviceMounts(deps.mounts, deps.files);
    if (use.mount) await assertStaged(publication, mounts);
    const shown = await mounts.at(publication.targetPath, publication.device);
    if (shown.what !== 'nothing') {
      assertSame(publication, shown);
      return {};
    }
    if (use.exclusive) await assertOnly(publication, mounts);
    await publish(deps, publication, mounts, context);
    return {};
  };

async function stagedDevice(deps: NodeDeps, use: VolumeUse, context: CallContext): Promise<AttachedDevice> {
  const devices = await devicesOf(deps, use.id, context);
  const found = devices.find(({ device }) => device.nqn === use.target.nqn);
  if (!found) throw notStaged(use, `it is not attached to this node in epoch ${use.target.epoch}`);
  assertLive(found.device);
  if ((found.mapper !== undefined) === use.encrypted) return contentOf(found);
  throw notStaged(
    use,
    use.encrypted ? `${found.device.path} is not open` : `${found.device.path} is open as an encrypted one`,
  );
}

async function assertStaged(
  { use, device, stagingPath, readonly }: Publication,
  mounts: DeviceMounts,
): Promise<void> {
  if (stagingPath === '') throw notStaged(use, 'the request has no staging_target_path');
  const shown = await mounts.at(stagingPath, device);
  if (shown.what !== 'filesystem') throw notStaged(use, `${device.path} is not mounted at ${stagingPath}`);
  assertNotReadonly(shown.mount, device);
  if (!readonly && shown.mount.options.includes('ro')) {
    throw new NodeError(
      'precondition',
      `volume ${use.id} is staged read-only at ${stagingPath}, asked for is read-write; unstage it first`,
    );
  }
}

/** CSI v1.13, NodePublishVolume: another way of being published at the same path is ALREADY_EXISTS. */
function assertSame(publication: Publication, shown: Exclude<Shown, { what: 'nothing' }>): void {
  const { use, device, targetPath, readonly } = publication;
  const { mount, what } = shown;
  if (what === 'other') {
    throw new NodeError(
      'precondition',
      `volume ${use.id}: on its target path ${targetPath} stands ${mount.source} (${mount.fsType}) instead of ` +
        `${device.path}; unmount that, then publish again`,
    );
  }
  const wanted = use.mount ? 'filesystem' : 'block';
  if (what === wanted && mount.options.includes('ro') === readonly) return;
  throw new NodeError(
    'conflict',
    `volume ${use.id} is published at ${targetPath} as ${what} (${mount.options.join(',')}), asked for is ` +
      `${wanted} ${readonly ? 'read-only' : 'read-write'}; unpublish it first`,
  );
}

async function assertOnly({ use, device, stagingPath }: Publication, mounts: DeviceMounts): Promise<void> {
  const others = await mounts.publishedAt(device, stagingPath === '' ? [] : [stagingPath]);
  if (others.length === 0) return;
  throw new NodeError(
    'in-use',
    `volume ${use.id} is for one pod alone (ReadWriteOncePod) and published at ${others.join(', ')}; ` +
      'unpublish it there first',
  );
}

async function publish(
  deps: NodeDeps,
  publication: Publication,
  mounts: DeviceMounts,
  context: CallContext,
): Promise<void> {
  const { use, stagingPath, targetPath, readonly } = publication;
  const device = use.mount ? publication.device : await blockAccess(deps, publication, context);
  const made = await makeTarget(targetPath, use.mount ? 'folder' : 'file');
  try {
    const source = use.mount ? stagingPath : device.path;
    await deps.mounter.bind(
      { source, target: targetPath, readonly, options: use.mount?.flags ?? [] },
      context,
    );
    await assertShown(deps, publication, mounts, context);
  } catch (error) {
    if (made) await withdraw(targetPath, context);
    throw error;
  }
}

/** A read-only bind of a device node does not keep anyone from writing to the device: that takes the device itself. */
async function blockAccess(
  deps: NodeDeps,
  { use, device, readonly }: Publication,
  context: CallContext,
): Promise<AttachedDevice> {
  if (readonly) return setDeviceAccess(deps, device, true, context);
  if (!device.readonly) return device;
  throw new NodeError(
    'precondition',
    `volume ${use.id}: ${device.path} is read-only, asked for is read-write; unpublish and unstage it first`,
  );
}

async function assertShown(
  deps: NodeDeps,
  { use, device, targetPath }: Publication,
  mounts: DeviceMounts,
  context: CallContext,
): Promise<void> {
  const shown = await mounts.at(targetPath, device);
  if (shown.what === (use.mount ? 'filesystem' : 'block')) return;
  await deps.mounter.unmount(targetPath, context);
  throw new NodeError(
    'protocol',
    `volume ${use.id}: ${targetPath} did not show ${device.path} (${device.number}) after the bind; it was unmounted`,
  );
}

/** The failure that led here is what the caller must see; a left-over mount point is harmless. */
async function withdraw(targetPath: string, context: CallContext): Promise<void> {
  await removeTarget(targetPath).catch((error: unknown) => {
    context.logger.warn({ targetPath, err: error }, 'target path could not be removed');
  });
}

const notStaged = ({ id }: VolumeUse, why: string): NodeError =>
  new NodeError('precondition', `volume ${id} is not staged: ${why}; stage it first`);
