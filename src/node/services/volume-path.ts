import { abortable } from '../../core/abortable.ts';
import type { CallContext } from '../../core/call-context.ts';
import { requireVolumeId } from '../../core/services/controller/lookup.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { NodeError } from '../node-error.ts';
import { DeviceMounts } from './device-mounts.ts';
import type { NodeDeps } from './node-deps.ts';
import { assertLive, contentOf, devicesOf, type VolumeDevice } from './volume-devices.ts';

export interface VolumeAtPath extends VolumeDevice {
  readonly what: 'filesystem' | 'block';
}

/**
 * The volume's device that is shown at the path: as a mounted file system, a bound device node, or as the node
 * itself (kubelet names that when it expands a raw block volume).
 * @throws NodeError `not-found` the volume is not on this node, or not at that path · `unavailable` not live
 */
export async function volumeAt(
  deps: NodeDeps,
  volumeId: string,
  path: string,
  context: CallContext,
): Promise<VolumeAtPath> {
  const id = requireVolumeId(volumeId);
  const mounts = new DeviceMounts(deps.mounts, deps.files);
  for (const found of await devicesOf(deps, id, context)) {
    const content = contentOf(found);
    const { what } = await mounts.at(path, content);
    const isNode = what === 'nothing' && (await isNodeOf(deps, path, content.number, context));
    if (isNode || what === 'filesystem' || what === 'block') {
      assertLive(found.device);
      return { ...found, what: isNode ? 'block' : (what as VolumeAtPath['what']) };
    }
  }
  throw notThere(id, path);
}

async function isNodeOf({ files }: NodeDeps, path: string, number: string, context: CallContext) {
  try {
    const found = await abortable(files.identify(path), context.signal);
    return found.kind === 'block' && found.number === number;
  } catch (error) {
    if (error instanceof NodeError && error.kind === 'not-found') return false;
    throw error;
  }
}

const notThere = (id: VolumeId, path: string): NodeError =>
  new NodeError('not-found', `volume ${id} is not at ${path} on this node; is it staged and published here?`);
