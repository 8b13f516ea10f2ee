import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { Epoch, NodeId, SnapshotId, VolumeId } from '../../../core/storage/volume-id.ts';
import type { MockRecord } from '../record.ts';
import { parseRecord, printRecord } from './record-file.ts';

const slots = fc.stringMatching(/^csi-[a-z2-7]{28}$/);
const texts = fc.string({ unit: 'binary', maxLength: 60 });
const volumeIds = slots.map((slot) => `mock/${slot}` as VolumeId);
const sizes = fc.bigInt({ min: 0n, max: 2n ** 62n });
const times = fc.nat();
const entries = {
  slot: slots,
  name: texts,
  source: volumeIds,
  sizeBytes: sizes,
  pool: texts,
  createdAt: times,
};
const publications = fc.array(
  fc.record({
    node: fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/).map((node) => node as NodeId),
    sharing: fc.constantFrom('single' as const, 'multi' as const),
    readonly: fc.boolean(),
  }),
  { maxLength: 3 },
);
const volumes = fc
  .record({
    kind: fc.constant('volume' as const),
    slot: slots,
    cluster: texts,
    name: texts,
    capacityBytes: sizes,
    pool: texts,
    provisioning: fc.constantFrom('thin' as const, 'thick' as const),
    compression: fc.boolean(),
    mayFormat: fc.boolean(),
    everPublished: fc.boolean(),
    publications,
    epoch: fc.stringMatching(/^[0-9a-f]{16}$/).map((text) => text as Epoch),
    connection: fc.option(
      fc.record({
        ctrlLossTimeout: fc.integer({ min: 10, max: 3600 }),
        fastIoFailTimeout: fc.constant('off' as const),
      }),
    ),
    source: fc.option(fc.tuple(fc.constantFrom('snapshot' as const, 'volume' as const), slots)),
  })
  .map(({ epoch, source, connection, ...record }): MockRecord => {
    const [kind, slot] = source ?? [];
    return {
      ...record,
      ...(record.publications.length > 0 && { epoch }),
      ...(connection && { connection }),
      ...(kind === 'volume' && { contentSource: { kind, id: `mock/${slot}` as VolumeId } }),
      ...(kind === 'snapshot' && { contentSource: { kind, id: `mock/${slot}` as SnapshotId } }),
    };
  });
const snapshots = fc.record({ kind: fc.constant('snapshot' as const), cluster: texts, ...entries });
const groups = fc.record({
  kind: fc.constant('group' as const),
  slot: slots,
  cluster: texts,
  name: texts,
  createdAt: times,
  members: fc.array(fc.record(entries), { maxLength: 3 }),
});
const records: fc.Arbitrary<MockRecord> = fc.oneof(volumes, snapshots, groups);

function refusal(text: string, slot = 'csi-a'): string {
  try {
    parseRecord('/data/records/x.json', slot, text);
  } catch (error) {
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ kind: 'precondition' });
    return String(error);
  }
  throw new Error(`was read: ${text}`);
}

describe('a record', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(parseRecord('x', record.slot, printRecord(record))).toEqual(record);
      }),
    );
  });

  test('is written as older versions read it until its connection is modified', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(JSON.parse(printRecord(record)).version).toBe('connection' in record ? 2 : 1);
      }),
    );
  });

  test('that is cut off anywhere is damaged', () => {
    fc.assert(
      fc.property(records, fc.nat(), (record, at) => {
        const text = printRecord(record).trimEnd();
        refusal(text.slice(0, at % text.length), record.slot);
      }),
    );
  });

  test('in which a key is missing, unknown or of another type is damaged', () => {
    const damages = fc.constantFrom('missing', 'unknown', 'type');
    fc.assert(
      fc.property(records, fc.nat(), damages, (record, at, damage) => {
        const json = JSON.parse(printRecord(record)) as Record<string, unknown>;
        // Without its source a clone reads as a plain volume: the keys that may be missing.
        const keys = Object.keys(json).filter((key) => key !== 'contentSource' && key !== 'connection');
        const key = keys[at % keys.length] ?? '';
        if (damage === 'missing') delete json[key];
        else if (damage === 'unknown') json[`${key}2`] = 1;
        else json[key] = { nested: true };
        refusal(JSON.stringify(json), record.slot);
      }),
    );
  });

  test('under the slot of another is damaged', () => {
    fc.assert(fc.property(records, (record) => void refusal(printRecord(record), 'csi-other')));
  });

  test('of a newer version is refused with what to do', () => {
    const text = refusal('{"version":3,"kind":"cube"}');
    for (const part of ['/data/records/x.json', 'newer', 'version 3', 'upgrade'])
      expect(text).toContain(part);
  });

  test('that is damaged names the file and what to do', () => {
    for (const broken of [
      '',
      'null',
      '[]',
      '7',
      '{}',
      '{"version":0}',
      '{"version":"2"}',
      '{"version":1,"kind":"cube"}',
    ]) {
      const text = refusal(broken);
      for (const part of ['/data/records/x.json', 'damaged', 'backup']) expect(text).toContain(part);
    }
  });
});
