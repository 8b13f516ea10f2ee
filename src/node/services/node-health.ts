import type { CallContext } from '../../core/call-context.ts';
import {
  type NodeGetStorageHealthRequest,
  type NodeGetStorageHealthResponse,
  type NodeGetStorageHealthResponse_StorageBackendHealth,
  type NodeGetVolumeHealthRequest,
  type NodeGetVolumeHealthResponse,
  StorageHealthErrorType,
} from '../../core/csi/generated/csi.ts';
import type { Handler } from '../../core/csi/handlers.ts';
import { requireVolumeId } from '../../core/services/controller/lookup.ts';
import { volumeHealth } from '../../core/services/controller/volume-health.ts';
import type { VolumeCondition } from '../../core/storage/volume.ts';
import { NodeError } from '../node-error.ts';
import type { Transport } from '../transports/transport.ts';
import type { NodeDeps } from './node-deps.ts';
import { deviceConditions } from './volume-conditions.ts';
import { contentOf, devicesOf, type VolumeDevice } from './volume-devices.ts';

/** NodeGetVolumeHealth: what is adverse about a volume on this node; an empty list means that nothing is known. */
export const getVolumeHealth =
  (deps: NodeDeps): Handler<NodeGetVolumeHealthRequest, NodeGetVolumeHealthResponse> =>
  async (request, context) => {
    const id = requireVolumeId(request.volumeId);
    const devices = await devicesOf(deps, id, context);
    if (devices.length === 0) {
      return { volumeHealth: volumeHealth(id, [await deviceGone(deps, request)]) };
    }
    const conditions = await Promise.all(
      devices.map((found) => deviceConditions(deps, contentOf(found), context)),
    );
    return { volumeHealth: volumeHealth(id, [...severalEpochs(devices), ...conditions.flat()]) };
  };

/** Without a device the volume is either gone from under its mounts, or was never here. */
async function deviceGone(deps: NodeDeps, request: NodeGetVolumeHealthRequest): Promise<VolumeCondition> {
  const paths = [request.stagingTargetPath, request.volumePublishPath].filter((path) => path !== '');
  const mounts = await Promise.all(paths.map((path) => deps.mounts.at(path)));
  const mount = mounts.flat().at(-1);
  if (!mount) {
    throw new NodeError('not-found', `volume ${request.volumeId} is not on this node; is it staged here?`);
  }
  const message =
    `the device of the volume is gone, ${mount.source} is still mounted at ${mount.mountPoint}; ` +
    'stop the pods that use the volume and start them again';
  return { status: 'inaccessible', reason: 'DeviceGone', message };
}

function severalEpochs(devices: readonly VolumeDevice[]): VolumeCondition[] {
  if (devices.length === 1) return [];
  const paths = devices.map(({ device }) => `${device.path} (epoch ${device.epoch})`).join(', ');
  const message = `the volume is attached more than once: ${paths}; stop the pods that use the older one`;
  return [{ status: 'degraded', reason: 'SeveralEpochsAttached', message }];
}

/** NodeGetStorageHealth: the transports that are not well; none is none. CSI v1.13 wants one entry for each reason. */
export const getStorageHealth =
  (deps: NodeDeps): Handler<NodeGetStorageHealthRequest, NodeGetStorageHealthResponse> =>
  async (_request, context) => {
    const found = await Promise.all(
      [...deps.transports.values()].map((transport) => transportFault(transport, context)),
    );
    const faults = found.filter((fault) => fault !== undefined);
    return { backendHealth: faults.length > 0 ? [unreachable(faults.join('; '))] : [] };
  };

/** @returns what does not work of it, in words */
async function transportFault(transport: Transport, context: CallContext): Promise<string | undefined> {
  try {
    const dead = (await transport.list(context)).filter(({ live }) => !live);
    if (dead.length === 0) return undefined;
    const volumes = dead.map(({ volumeId, path }) => `${volumeId} (${path})`).join(', ');
    return `${transport.name}: the storage of ${volumes} does not answer; check it and the network to it`;
  } catch (error) {
    if (context.signal.aborted || !(error instanceof NodeError)) throw error;
    return `${transport.name}: ${error.message}`;
  }
}

const unreachable = (message: string): NodeGetStorageHealthResponse_StorageBackendHealth => ({
  status: StorageHealthErrorType.STORAGE_UNREACHABLE,
  reason: 'StorageUnreachable',
  message,
  volumeCapability: undefined,
});
