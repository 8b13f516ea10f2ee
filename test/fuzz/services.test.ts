import { mkdirSync } from 'node:fs';
import { Glob } from 'bun';
import { detachedContext } from '../../src/core/call-context.ts';
import type { ControllerPublishVolumeRequest } from '../../src/core/csi/generated/csi.ts';
import { encodePublishContext } from '../../src/core/csi/publish-context.ts';
import { identityHandlers } from '../../src/core/services/identity.ts';
import { ControllerRig, NODE } from '../services/controller-rig.ts';
import { NQNS, VOLUME } from '../support/node/fake-node.ts';
import { NodeCalls } from '../support/node/node-calls.ts';
import { exportFor } from '../support/node/node-requests.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { fuzzEdge } from './harness.ts';
import { GOOD_NODE, GOOD_SNAPSHOT, GOOD_VOLUME } from './requests.ts';

type Message = Record<string, unknown>;
type Handlers = Record<string, (request: Message, ...rest: unknown[]) => Promise<unknown>>;

/** Puts what a good request means in place of what it says, so that handlers get as far as they can. */
function translated(handlers: object, translate: (request: Message) => Message): object {
  return Object.fromEntries(
    Object.entries(handlers as Handlers).map(([key, handler]) => [
      key,
      (request: Message, ...rest: unknown[]) => handler(translate(request), ...rest),
    ]),
  );
}

const PATHS = ['stagingTargetPath', 'targetPath', 'volumePath', 'volumePublishPath'];
const below = new Glob('{root,state}/**');

fuzzEdge('the services over the mock and a fake node', async () => {
  const rig = await ControllerRig.open();
  const volumeId = await rig.created('fuzz');
  const { snapshotId } = await rig.snapshot('fuzz', volumeId);
  const { groupSnapshotId } = await rig.groupSnapshot('fuzz', [volumeId]);
  const node = new NodeCalls();
  const target = exportFor(NQNS, VOLUME, { bytes: 1n << 30n });
  mkdirSync(node.node.path('root/nonexistent/fuzz/staging'), { recursive: true });

  /** The whole file system of the node's calls lies below a folder, as in a container. */
  const onNode = (request: Message): Message => {
    const paths = PATHS.filter((field) => String(request[field] ?? '').startsWith('/'));
    const inside = paths.map((field) => [field, node.node.path(`root${request[field]}`)]);
    const told = Object.keys((request['publishContext'] as object | undefined) ?? {}).length > 0;
    return {
      ...request,
      ...Object.fromEntries(inside),
      ...(request['volumeId'] === GOOD_VOLUME && { volumeId: VOLUME }),
      ...('publishContext' in request && !told && { publishContext: encodePublishContext(target) }),
    };
  };
  const onController = (request: Message): Message => ({
    ...request,
    ...(request['volumeId'] === GOOD_VOLUME && { volumeId }),
    ...(request['sourceVolumeId'] === GOOD_VOLUME && { sourceVolumeId: volumeId }),
    ...(request['snapshotId'] === GOOD_SNAPSHOT && { snapshotId }),
    ...(request['groupSnapshotId'] === GOOD_SNAPSHOT && { groupSnapshotId }),
    ...(Array.isArray(request['sourceVolumeIds']) && {
      sourceVolumeIds: request['sourceVolumeIds'].map((id) => (id === GOOD_VOLUME ? volumeId : id)),
    }),
    ...((request as Partial<ControllerPublishVolumeRequest>).nodeId === GOOD_NODE && { nodeId: NODE }),
  });

  return {
    services: {
      identity: identityHandlers({
        driverName: 'rose-csi.io',
        version: '0',
        controller: true,
        readiness: () => ({ ready: true }),
        logger: new RecordingLogger(),
      }),
      controller: translated(rig.handlers, onController),
      groupController: translated(rig.group, onController),
      node: translated(node.rpc, onNode),
    },
    state: async () => ({
      volumes: await rig.backend.listVolumes({}, detachedContext(AbortSignal.timeout(10_000))),
      snapshots: await rig.backend.listSnapshots({}, {}, detachedContext(AbortSignal.timeout(10_000))),
      mounts: node.node.kernel.mounts,
      devices: await node.node.transport.list(),
      files: [...below.scanSync({ cwd: node.node.folder, onlyFiles: false })].toSorted(),
    }),
    stop: async () => node.node.close(),
  };
});
