import { METHODS, type MethodKey } from '../support/edge.ts';
import type { StringField } from './string-fields.ts';

type Message = Record<string, unknown>;

const capability = () => ({
  accessType: { $case: 'mount', mount: { fsType: 'ext4', mountFlags: ['noatime'], volumeMountGroup: '' } },
  accessMode: { mode: 1 },
});

/** What good requests speak of. */
export const GOOD_SNAPSHOT = 'appliance/csi-snap';
export const GOOD_VOLUME = 'appliance/csi-fuzz';
export const GOOD_NODE = 'node-1';

/** Fields that make a request good; a field is used by the RPCs that have it. */
const GOOD: Readonly<Record<string, () => unknown>> = {
  name: () => 'pvc-fuzz',
  volumeId: () => GOOD_VOLUME,
  nodeId: () => GOOD_NODE,
  snapshotId: () => GOOD_SNAPSHOT,
  groupSnapshotId: () => GOOD_SNAPSHOT,
  sourceVolumeId: () => GOOD_VOLUME,
  sourceVolumeIds: () => [GOOD_VOLUME],
  volumeCapability: capability,
  volumeCapabilities: () => [capability()],
  capacityRange: () => ({ requiredBytes: 1n << 30n, limitBytes: 0n }),
  stagingTargetPath: () => '/nonexistent/fuzz/staging',
  targetPath: () => '/nonexistent/fuzz/target',
  volumePath: () => '/nonexistent/fuzz/target',
  volumePublishPath: () => '/nonexistent/fuzz/target',
  accessibilityRequirements: () => ({ requisite: [{ segments: {} }], preferred: [{ segments: {} }] }),
  accessibleTopology: () => ({ segments: {} }),
};

/** A request that the schema of its RPC allows. */
export function goodRequest(rpc: MethodKey): Message {
  const request = METHODS[rpc].requestDeserialize(Buffer.alloc(0)) as unknown as Message;
  for (const field of Object.keys(request)) {
    const make = GOOD[field];
    if (make) request[field] = make();
  }
  return request;
}

/** A request that is good but for one text. */
export function requestWith({ rpc, field, kind }: StringField, value: string): Message {
  const request = goodRequest(rpc);
  const steps = field.split('.');
  const last = steps.pop() ?? '';
  const owner = steps.reduce<Message>(enter, request);
  const key = camelCase(last.replace(/\[\]$|\{\}$/, ''));
  if (last.endsWith('[]')) owner[key] = [...((owner[key] as unknown[] | undefined) ?? []), value];
  else if (!last.endsWith('{}')) owner[key] = value;
  else
    owner[key] = Object.fromEntries([
      kind === 'mapKey' || kind === 'secretKey' ? [value, 'v'] : ['k', value],
    ]);
  return request;
}

/** The oneof groups of CSI requests, by their members. */
const ONEOFS: Readonly<Record<string, string>> = { mount: 'accessType', snapshot: 'type', volume: 'type' };

function enter(owner: Message, step: string): Message {
  const group = ONEOFS[step];
  if (group) {
    const chosen = owner[group] as Message | undefined;
    owner[group] = chosen?.['$case'] === step ? chosen : { $case: step, [step]: {} };
    return (owner[group] as Message)[step] as Message;
  }
  const key = camelCase(step.replace('[]', ''));
  owner[key] ??= {};
  return (step.endsWith('[]') ? (owner[key] as Message[])[0] : owner[key]) as Message;
}

const camelCase = (text: string): string =>
  text.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
