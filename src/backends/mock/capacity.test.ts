import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { GiB, MiB } from '../../core/bytes.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { PoolLedger } from './capacity.ts';
import type { MockRecord, SnapshotEntry, VolumeRecord } from './record.ts';

const volume = (change: Partial<VolumeRecord>): VolumeRecord => ({
  kind: 'volume',
  slot: 'csi-a',
  cluster: 'test',
  name: 'pvc',
  capacityBytes: MiB,
  pool: 'fast',
  provisioning: 'thick',
  compression: false,
  mayFormat: true,
  everPublished: false,
  publications: [],
  ...change,
});
const entry = (pool: string, sizeBytes: bigint): SnapshotEntry => ({
  slot: 'csi-s',
  name: 's',
  source: 'mock/csi-a' as VolumeId,
  sizeBytes,
  pool,
  createdAt: 0,
});

/** Puts a record beside the others. */
const put = (ledger: PoolLedger, record: MockRecord): void => ledger.replace(undefined, record);

const fits = (ledger: PoolLedger, record: MockRecord): boolean => {
  try {
    ledger.admit(record, undefined);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ kind: 'exhausted' });
    return false;
  }
};

const overcommits = fc.integer({ min: 1000, max: 20_000 }).map((thousandths) => thousandths / 1000);
const requests = fc.array(
  fc.record({
    capacityBytes: fc.bigInt({ min: 1n, max: GiB }),
    provisioning: fc.constantFrom('thin' as const, 'thick' as const),
    pool: fc.constantFrom('fast', 'slow'),
  }),
  { maxLength: 30 },
);

test('no sequence of creates promises more than the pool has', () => {
  fc.assert(
    fc.property(overcommits, requests, (overcommit, wanted) => {
      const ledger = new PoolLedger({ name: 'fast', capacityBytes: 3n * GiB, overcommit });
      const records: MockRecord[] = [];
      for (const change of wanted) {
        const record = volume(change);
        if (!fits(ledger, record)) continue;
        put(ledger, record);
        records.push(record);
      }
      const own = records.filter(
        (record) => record.kind === 'volume' && record.pool === 'fast',
      ) as VolumeRecord[];
      const sum = (kind: string) =>
        own
          .filter(({ provisioning }) => provisioning === kind)
          .reduce((n, { capacityBytes }) => n + Number(capacityBytes), 0);
      expect(sum('thick') + sum('thin') / overcommit).toBeLessThanOrEqual(Number(3n * GiB));
      expect(ledger.available().thick).toBeGreaterThanOrEqual(0n);
    }),
  );
});

test('exactly what is said to be available fits, and a byte more does not', () => {
  fc.assert(
    fc.property(overcommits, requests, (overcommit, wanted) => {
      const ledger = new PoolLedger({ name: 'fast', capacityBytes: 40n * GiB, overcommit });
      for (const record of wanted.map(volume)) put(ledger, record);
      for (const provisioning of ['thin', 'thick'] as const) {
        const capacityBytes = ledger.available()[provisioning];
        expect(fits(ledger, volume({ provisioning, capacityBytes }))).toBe(true);
        expect(fits(ledger, volume({ provisioning, capacityBytes: capacityBytes + 20n }))).toBe(false);
      }
    }),
  );
});

test('a thin volume counts in full unless the pool is overcommitted', () => {
  const record = volume({ provisioning: 'thin', capacityBytes: 10n * MiB });
  const full = new PoolLedger({ name: 'fast', capacityBytes: 20n * MiB });
  put(full, record);
  expect(full.available()).toEqual({ thick: 10n * MiB, thin: 10n * MiB });
  const twice = new PoolLedger({ name: 'fast', capacityBytes: 20n * MiB, overcommit: 2 });
  put(twice, record);
  expect(twice.available()).toEqual({ thick: 15n * MiB, thin: 30n * MiB });
});

test('snapshots count as thin volumes, each member of a group in its own pool', () => {
  const ledger = new PoolLedger({ name: 'fast', capacityBytes: 20n * MiB });
  const records: MockRecord[] = [
    { kind: 'snapshot', cluster: 'test', ...entry('fast', 3n * MiB) },
    {
      kind: 'group',
      slot: 'csi-g',
      cluster: 'test',
      name: 'g',
      createdAt: 0,
      members: [entry('fast', 4n * MiB), entry('slow', 5n * MiB)],
    },
  ];
  for (const record of records) put(ledger, record);
  expect(ledger.available().thick).toBe(13n * MiB);
  for (const record of records) ledger.replace(record, undefined);
  expect(ledger.available().thick).toBe(20n * MiB);
});

test('a pool that was made smaller has nothing to give, yet what it holds can change', () => {
  const ledger = new PoolLedger({ name: 'fast', capacityBytes: MiB });
  const held = volume({ capacityBytes: 10n * MiB });
  put(ledger, held);
  expect(ledger.available()).toEqual({ thick: 0n, thin: 0n });
  expect(() => ledger.admit({ ...held, everPublished: true }, held)).not.toThrow();
  expect(() => ledger.admit({ ...held, capacityBytes: 11n * MiB }, held)).toThrow(BackendError);
});

test('a refusal names the pool, what was wanted and what there is', () => {
  const ledger = new PoolLedger({ name: 'fast', capacityBytes: 5n * MiB });
  expect(() => ledger.admit(volume({ capacityBytes: 7n * MiB, name: 'pvc-7' }), undefined)).toThrow(
    'pool fast has no room for volume "pvc-7": wanted are 7 MiB, available 5 MiB',
  );
});

test('an overcommit below 1 is refused', () => {
  expect(() => new PoolLedger({ name: 'fast', capacityBytes: MiB, overcommit: 0.5 })).toThrow('pool fast');
});
