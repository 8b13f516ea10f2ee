import { beforeEach, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { decodePublishContext } from '../../src/core/csi/publish-context.ts';
import { ControllerRig, call, fromSnapshot, fromVolume, refusal } from './controller-rig.ts';

let rig: ControllerRig;
let volumeId: string;
beforeEach(async () => {
  rig = await ControllerRig.open();
  volumeId = await rig.created('source');
});

const sized = (requiredBytes: bigint, limitBytes = 0n) => ({ capacityRange: { requiredBytes, limitBytes } });
const free = () => rig.backend.pools(detachedContext(AbortSignal.timeout(10_000)));

/** Both kinds of sources, each of the volume. */
const SOURCES = [
  ['a snapshot', async () => fromSnapshot((await rig.snapshot('s', volumeId)).snapshotId)],
  ['a volume', async () => fromVolume(volumeId)],
] as const;

describe.each(SOURCES)('CreateVolume from %s', (_, source) => {
  test('names its source, is in its pool, and is the same for the same name', async () => {
    const from = await source();
    const { volume } = await rig.create('copy', from);
    expect(volume).toMatchObject({
      capacityBytes: 8n * MiB,
      volumeContext: { pool: 'main' },
      contentSource: from.volumeContentSource as object,
    });
    expect(volume?.volumeId).not.toBe(volumeId);
    expect((await rig.create('copy', from)).volume).toEqual(volume);
  });

  test('has the size of its source where nobody asks for one, and may be larger', async () => {
    const from = await source();
    const asIs = await rig.create('as-is', { ...from, capacityRange: undefined });
    expect(asIs.volume?.capacityBytes).toBe(8n * MiB);
    const larger = await rig.create('larger', { ...from, ...sized(16n * MiB) });
    expect(larger.volume?.capacityBytes).toBe(16n * MiB);
  });

  test('answers OUT_OF_RANGE for less than its source has', async () => {
    const from = await source();
    for (const size of [sized(4n * MiB), sized(0n, 4n * MiB)]) {
      expect((await refusal(rig.create('smaller', { ...from, ...size }))).code).toBe(status.OUT_OF_RANGE);
    }
  });

  test('answers ALREADY_EXISTS for a name that has another content', async () => {
    const from = await source();
    await rig.created('empty');
    expect((await refusal(rig.create('empty', from))).code).toBe(status.ALREADY_EXISTS);
  });

  test('answers INVALID_ARGUMENT for another pool than the source’s', async () => {
    const answer = await refusal(
      rig.create('elsewhere', { ...(await source()), parameters: { pool: 'small' } }),
    );
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('pool main');
  });

  test('is answered again after its source went, whatever size was asked for', async () => {
    const from = await source();
    const requests = [from, { ...from, capacityRange: undefined }] as const;
    const { volume } = await rig.create('copy', requests[0]);
    await call(rig.handlers.deleteVolume, { volumeId, secrets: {} });
    const [snapshotId] = await rig.snapshotIds();
    if (snapshotId) await call(rig.handlers.deleteSnapshot, { snapshotId, secrets: {} });
    for (const request of requests) expect((await rig.create('copy', request)).volume).toEqual(volume);
    for (const request of requests) {
      expect((await refusal(rig.create('too-late', request))).code).toBe(status.NOT_FOUND);
    }
  });
});

describe('content', () => {
  test('of a published source is never formatted, that of one never published may be', async () => {
    const mayFormat = async (name: string) => {
      const { publishContext } = await rig.publish(await rig.created(name, fromVolume(volumeId)));
      return decodePublishContext(publishContext).mayFormat;
    };
    expect(await mayFormat('of-fresh')).toBe(true);
    await rig.publish(volumeId);
    expect(await mayFormat('of-used')).toBe(false);
  });

  test('answers NOT_FOUND for sources that cannot be ours', async () => {
    for (const from of [
      fromSnapshot('nonsense'),
      fromVolume('nonsense'),
      fromSnapshot('rds/x'),
      fromVolume('rds/x'),
    ]) {
      expect((await refusal(rig.create('copy', from))).code).toBe(status.NOT_FOUND);
    }
  });

  test('answers INVALID_ARGUMENT where the source’s pool has no clones, and nothing is taken', async () => {
    const plain = await rig.created('plain', { parameters: { pool: 'plain' } });
    const before = await free();
    const answer = await refusal(rig.create('copy', fromVolume(plain)));
    expect(answer.code).toBe(status.INVALID_ARGUMENT);
    expect(answer.message).toContain('pool plain has no clones');
    expect(await free()).toEqual(before);
  });
});
