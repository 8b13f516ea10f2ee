import { beforeEach, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { FaultPlan } from '../../src/backends/mock/fault-plan.ts';
import { NoImages } from '../../src/backends/mock/image-store.ts';
import { MemoryPersistence } from '../../src/backends/mock/memory-persistence.ts';
import { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import { RecordTable } from '../../src/backends/mock/record-table.ts';
import { GiB, MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { SystemClock } from '../../src/core/clock.ts';
import { CONTROLLER_CAPABILITIES } from '../../src/core/csi/capabilities.ts';
import { CsiError } from '../../src/core/csi/csi-error.ts';
import {
  ControllerExpandVolumeRequest,
  ControllerPublishVolumeRequest,
  CreateVolumeRequest,
  GetCapacityRequest,
  VolumeCapability_AccessMode_Mode as Mode,
  ValidateVolumeCapabilitiesRequest,
  type VolumeCapability,
} from '../../src/core/csi/generated/csi.ts';
import type { ControllerHandlers, Handler } from '../../src/core/csi/handlers.ts';
import { controllerHandlers } from '../../src/core/services/controller/controller.ts';
import { LocalNode, VolumeCount } from '../../src/core/services/controller/controller-deps.ts';
import { nodeIdFor } from '../../src/core/storage/node-id.ts';
import { NqnNaming } from '../../src/core/storage/nqn.ts';

const context = detachedContext(AbortSignal.timeout(60_000));
const NODE = 'node-a';

let backend: MockBackend;
let handlers: ControllerHandlers;
let count: VolumeCount;

beforeEach(async () => {
  backend = new MockBackend({
    name: 'rds',
    clusterId: 'test',
    nqnNaming: new NqnNaming('nqn.2026-11.io.rose-csi'),
    pools: [
      { name: 'main', capacityBytes: 10n * GiB },
      { name: 'small', capacityBytes: GiB, capabilities: { compression: true } },
    ],
    records: await RecordTable.open(new MemoryPersistence()),
    images: new NoImages('/exports'),
    faults: new FaultPlan(),
    clock: new SystemClock(),
    random: (bytes) => randomBytes(bytes),
  });
  count = new VolumeCount();
  const nodes = new LocalNode(nodeIdFor(NODE));
  handlers = controllerHandlers({ backend, nodes, driverName: 'rose-csi.io', volumeCount: count });
});

/** Some fields of a message, as its generated `fromPartial` takes them. */
type Change<Message extends { fromPartial: (fields: never) => unknown }> = Parameters<
  Message['fromPartial']
>[0];

/** Calls a handler that must be there. */
function call<Request, Response>(handler: Handler<Request, Response> | undefined, request: Request) {
  if (!handler) throw new Error('there is no such handler');
  return handler(request, context);
}

/** The code and text that a refused call is answered with. */
async function refusal(answer: Promise<unknown>): Promise<{ code: status; message: string }> {
  const error = await answer.then(
    () => new CsiError(status.OK, ''),
    (thrown: unknown) => CsiError.from(thrown),
  );
  return { code: error.code, message: error.message };
}

const mount = (mode: Mode): VolumeCapability => ({
  accessType: { $case: 'mount', mount: { fsType: 'ext4', mountFlags: [], volumeMountGroup: '' } },
  accessMode: { mode },
});
const block = (mode: Mode): VolumeCapability => ({
  accessType: { $case: 'block', block: {} },
  accessMode: { mode },
});

const create = (name: string, change: Change<typeof CreateVolumeRequest> = {}) =>
  call(
    handlers.createVolume,
    CreateVolumeRequest.fromPartial({
      name,
      capacityRange: { requiredBytes: 8n * MiB },
      volumeCapabilities: [mount(Mode.SINGLE_NODE_WRITER)],
      ...change,
    }),
  );

async function created(name: string, change: Change<typeof CreateVolumeRequest> = {}): Promise<string> {
  return (await create(name, change)).volume?.volumeId ?? '';
}

const publish = (volumeId: string, change: Change<typeof ControllerPublishVolumeRequest> = {}) =>
  call(
    handlers.controllerPublishVolume,
    ControllerPublishVolumeRequest.fromPartial({
      volumeId,
      nodeId: NODE,
      volumeCapability: mount(Mode.SINGLE_NODE_WRITER),
      ...change,
    }),
  );

describe('capabilities', () => {
  test('are those of the table', async () => {
    const { capabilities } = await call(handlers.controllerGetCapabilities, {});
    const types = capabilities.map(({ type }) => type?.rpc.type);
    expect(types).toEqual(CONTROLLER_CAPABILITIES.map(({ type }) => type));
  });
});

describe('CreateVolume', () => {
  test('gives exact bytes, the volume context and the topology of the appliance', async () => {
    const { volume } = await create('a', { parameters: { pool: 'small', provisioning: 'thick' } });
    expect(volume).toMatchObject({
      capacityBytes: 8n * MiB,
      volumeContext: { pool: 'small', provisioning: 'thick' },
      contentSource: undefined,
      accessibleTopology: [{ segments: { 'rose-csi.io/appliance-rds': 'true' } }],
    });
  });

  test('gives the same volume for the same name, and ALREADY_EXISTS for another size', async () => {
    expect(await created('a')).toBe(await created('a'));
    const other = await refusal(create('a', { capacityRange: { requiredBytes: 9n * MiB } }));
    expect(other.code).toBe(status.ALREADY_EXISTS);
  });

  test('refuses a file system for two nodes, and says what to use', async () => {
    const answer = await refusal(create('a', { volumeCapabilities: [mount(Mode.MULTI_NODE_MULTI_WRITER)] }));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('use volumeMode Block');
    await create('b', { volumeCapabilities: [block(Mode.MULTI_NODE_MULTI_WRITER)] });
  });

  test('refuses one writer beside readers', async () => {
    const answer = await refusal(create('a', { volumeCapabilities: [block(Mode.MULTI_NODE_SINGLE_WRITER)] }));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
  });

  test('answers RESOURCE_EXHAUSTED for a full pool, with pool and sizes', async () => {
    const large = { parameters: { pool: 'small' }, capacityRange: { requiredBytes: 2n * GiB } };
    const answer = await refusal(create('a', large));
    expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(answer.message).toContain('small');
    expect(answer.message).toContain('2 GiB');
  });

  test('answers OUT_OF_RANGE beyond the limits, and names the volume', async () => {
    const answer = await refusal(create('a', { capacityRange: { requiredBytes: 1n << 60n } }));
    expect(answer.code).toBe(status.OUT_OF_RANGE);
    expect(answer.message).toContain('volume "a"');
  });

  test('refuses a topology that does not reach the appliance', async () => {
    const requisite = [{ segments: { 'rose-csi.io/appliance-other': 'true' } }];
    const answer = await refusal(create('a', { accessibilityRequirements: { requisite } }));
    expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(answer.message).toContain('allowedTopologies');
  });

  test('refuses what is not advertised rather than ignore it', async () => {
    const volumeContentSource = { type: { $case: 'volume' as const, volume: { volumeId: 'rds/x' } } };
    expect((await refusal(create('a', { volumeContentSource }))).code).toBe(status.INVALID_ARGUMENT);
    expect((await refusal(create('a', { mutableParameters: { iops: '1' } }))).code).toBe(
      status.INVALID_ARGUMENT,
    );
  });
});

describe('DeleteVolume', () => {
  test('deletes, and succeeds for what is gone or cannot be ours', async () => {
    const volumeId = await created('a');
    for (const id of [volumeId, volumeId, 'reallyfakevolumeid']) {
      await call(handlers.deleteVolume, { volumeId: id, secrets: {} });
    }
    expect((await call(handlers.listVolumes, { maxEntries: 0, startingToken: '' })).entries).toEqual([]);
  });

  test('refuses while the volume is published, naming the holder', async () => {
    const volumeId = await created('a');
    await publish(volumeId);
    const answer = await refusal(call(handlers.deleteVolume, { volumeId, secrets: {} }));
    expect(answer.code).toBe(status.FAILED_PRECONDITION);
    expect(answer.message).toContain(NODE);
  });
});

describe('ControllerPublishVolume', () => {
  test('gives the same export again, and a new epoch after the last unpublish', async () => {
    const volumeId = await created('a');
    const { publishContext: first } = await publish(volumeId);
    expect((await publish(volumeId)).publishContext).toEqual(first);
    await call(handlers.controllerUnpublishVolume, { volumeId, nodeId: '', secrets: {} });
    const { publishContext: second } = await publish(volumeId);
    expect(second['nqn']).not.toBe(first['nqn']);
  });

  test('refuses the same node with another access', async () => {
    const volumeId = await created('a');
    await publish(volumeId);
    expect((await refusal(publish(volumeId, { readonly: true }))).code).toBe(status.ALREADY_EXISTS);
  });

  test('answers NOT_FOUND for a volume and for a node that do not exist', async () => {
    expect((await refusal(publish('nonsense'))).code).toBe(status.NOT_FOUND);
    const volumeId = await created('a');
    expect((await refusal(publish(volumeId, { nodeId: 'elsewhere' }))).code).toBe(status.NOT_FOUND);
    expect((await refusal(publish(volumeId, { nodeId: '-' }))).code).toBe(status.NOT_FOUND);
  });

  test('refuses a capability that cannot be had', async () => {
    const volumeId = await created('a');
    const volumeCapability = mount(Mode.MULTI_NODE_MULTI_WRITER);
    expect((await refusal(publish(volumeId, { volumeCapability }))).code).toBe(status.INVALID_ARGUMENT);
  });
});

describe('ControllerUnpublishVolume', () => {
  test('succeeds for a node that is gone and for ids that cannot be ours', async () => {
    const volumeId = await created('a');
    for (const [id, nodeId] of [
      [volumeId, 'gone'],
      [volumeId, '///'],
      ['nonsense', NODE],
    ] as const) {
      expect(await call(handlers.controllerUnpublishVolume, { volumeId: id, nodeId, secrets: {} })).toEqual(
        {},
      );
    }
  });
});

describe('ValidateVolumeCapabilities', () => {
  const validate = (volumeId: string, change: Change<typeof ValidateVolumeCapabilitiesRequest> = {}) =>
    call(
      handlers.validateVolumeCapabilities,
      ValidateVolumeCapabilitiesRequest.fromPartial({
        volumeId,
        volumeCapabilities: [mount(Mode.SINGLE_NODE_WRITER)],
        ...change,
      }),
    );

  test('confirms what can be had', async () => {
    const { confirmed } = await validate(await created('a'), { volumeContext: { pool: 'main' } });
    expect(confirmed?.volumeCapabilities).toEqual([mount(Mode.SINGLE_NODE_WRITER)]);
  });

  test('says why not', async () => {
    const volumeId = await created('a');
    const cases: [Change<typeof ValidateVolumeCapabilitiesRequest>, string][] = [
      [{ volumeCapabilities: [mount(Mode.MULTI_NODE_MULTI_WRITER)] }, 'raw block only'],
      [{ volumeContext: { pool: 'small' } }, 'volume_context.pool is not that of the volume: main'],
      [{ parameters: { provisioning: 'thick' } }, 'parameters.provisioning is not that of the volume: thin'],
      [{ parameters: { pool: 'small' } }, 'parameters.pool is not that of the volume: main'],
    ];
    for (const [change, message] of cases) {
      const answer = await validate(volumeId, change);
      expect(answer.confirmed).toBeUndefined();
      expect(answer.message).toContain(message);
    }
  });

  test('answers NOT_FOUND for a volume that is gone', async () => {
    const volumeId = await created('a');
    await call(handlers.deleteVolume, { volumeId, secrets: {} });
    expect((await refusal(validate(volumeId))).code).toBe(status.NOT_FOUND);
  });
});

describe('ListVolumes', () => {
  test('pages through all volumes, each once, with the nodes that hold it', async () => {
    const ids = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => created(name)));
    await publish(ids[2] ?? '');
    const seen: string[] = [];
    let startingToken = '';
    do {
      const page = await call(handlers.listVolumes, { maxEntries: 2, startingToken });
      expect(page.entries.length).toBeLessThanOrEqual(2);
      for (const { volume, status: state } of page.entries) {
        seen.push(volume?.volumeId ?? '');
        expect(state?.publishedNodeIds).toEqual(volume?.volumeId === ids[2] ? [NODE] : []);
      }
      startingToken = page.nextToken;
    } while (startingToken !== '');
    expect(seen.sort()).toEqual(ids.sort());
    expect(count.last).toBeUndefined();
  });

  test('counts the volumes where one list holds them all', async () => {
    await created('a');
    await call(handlers.listVolumes, { maxEntries: 0, startingToken: '' });
    expect(count.last).toBe(1);
  });

  test('answers ABORTED for a token that is not ours', async () => {
    const answer = await refusal(call(handlers.listVolumes, { maxEntries: 0, startingToken: 'bogus' }));
    expect(answer.code).toBe(status.ABORTED);
  });

  test('fails while the appliance is away, and says since when', async () => {
    backend.disconnect('cable pulled');
    const answer = await refusal(call(handlers.listVolumes, { maxEntries: 0, startingToken: '' }));
    expect(answer.code).toBe(status.UNAVAILABLE);
    expect(answer.message).toContain('cable pulled');
  });
});

describe('ControllerGetVolume and health', () => {
  test('give one volume, and NOT_FOUND for another', async () => {
    const volumeId = await created('a');
    await publish(volumeId);
    const { volume, status: state } = await call(handlers.controllerGetVolume, { volumeId });
    expect([volume?.volumeId, state?.publishedNodeIds]).toEqual([volumeId, [NODE]]);
    const { volumeHealth } = await call(handlers.controllerGetVolumeHealth, { volumeId, secrets: {} });
    expect(volumeHealth).toEqual({ volumeId, healthStatuses: [] });
    const unknown = `${volumeId}x`;
    expect((await refusal(call(handlers.controllerGetVolume, { volumeId: unknown }))).code).toBe(
      status.NOT_FOUND,
    );
    const health = call(handlers.controllerGetVolumeHealth, { volumeId: unknown, secrets: {} });
    expect((await refusal(health)).code).toBe(status.NOT_FOUND);
  });

  test('the list of health leaves out what is well', async () => {
    await created('a');
    const page = { maxEntries: 0, startingToken: '', secrets: {} };
    expect(await call(handlers.controllerListVolumeHealth, page)).toEqual({ entries: [], nextToken: '' });
  });
});

describe('GetCapacity', () => {
  const capacity = (change: Change<typeof GetCapacityRequest> = {}) =>
    call(handlers.getCapacity, GetCapacityRequest.fromPartial(change));

  test('tells the default pool and a named one, less what volumes have taken', async () => {
    await create('a', { capacityRange: { requiredBytes: GiB } });
    expect((await capacity()).availableCapacity).toBe(9n * GiB);
    const small = await capacity({ parameters: { pool: 'small' } });
    expect(small).toEqual({ availableCapacity: GiB, maximumVolumeSize: GiB, minimumVolumeSize: MiB });
  });

  test('tells nothing for what could never be made', async () => {
    for (const change of [
      { parameters: { pool: 'absent' } },
      { parameters: { pool: 'main', compression: 'true' } },
      { volumeCapabilities: [mount(Mode.MULTI_NODE_MULTI_WRITER)] },
      { accessibleTopology: { segments: { 'rose-csi.io/appliance-other': 'true' } } },
    ]) {
      expect((await capacity(change)).availableCapacity).toBe(0n);
    }
  });
});

describe('ControllerExpandVolume', () => {
  const expand = (volumeId: string, requiredBytes: bigint, limitBytes = 0n) =>
    call(
      handlers.controllerExpandVolume,
      ControllerExpandVolumeRequest.fromPartial({ volumeId, capacityRange: { requiredBytes, limitBytes } }),
    );

  test('grows in whole MiB, never shrinks, and leaves the node its half', async () => {
    const volumeId = await created('a');
    const grown = await expand(volumeId, 16n * MiB + 1n);
    expect(grown).toEqual({ capacityBytes: 17n * MiB, nodeExpansionRequired: true });
    expect((await expand(volumeId, MiB)).capacityBytes).toBe(17n * MiB);
  });

  test('refuses no size, a volume that is larger than the limit, and a volume that is gone', async () => {
    const volumeId = await created('a');
    expect((await refusal(expand(volumeId, 0n))).code).toBe(status.INVALID_ARGUMENT);
    expect((await refusal(expand(volumeId, 4n * MiB, 4n * MiB))).code).toBe(status.OUT_OF_RANGE);
    expect((await refusal(expand('rds/absent', 4n * MiB))).code).toBe(status.NOT_FOUND);
  });
});
