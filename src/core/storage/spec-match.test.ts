import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { MiB } from '../bytes.ts';
import { BackendError } from './backend-error.ts';
import { requireSameSpec } from './spec-match.ts';
import type { Volume, VolumeSpec } from './volume.ts';
import { snapshotId, volumeId } from './volume-id.ts';

const volume: Volume = {
  id: volumeId('rds', 'csi-a'),
  name: 'pvc-1',
  capacityBytes: 10n * MiB,
  pool: 'fast',
  provisioning: 'thin',
  compression: false,
  publications: [],
  mayFormat: true,
  conditions: [],
};
const spec: VolumeSpec = {
  name: 'pvc-1',
  requiredBytes: 10n * MiB,
  provisioning: 'thin',
  compression: false,
};

function conflict(existing: Volume, wanted: VolumeSpec): string {
  try {
    requireSameSpec(existing, wanted);
  } catch (error) {
    if (error instanceof BackendError && error.kind === 'conflict') return error.message;
    throw error;
  }
  return 'none';
}

test('a volume matches exactly the sizes that its own lies in', () => {
  const sizes = fc.bigInt({ min: 1n, max: 20n * MiB });
  fc.assert(
    fc.property(sizes, sizes, sizes, (capacityBytes, requiredBytes, limitBytes) => {
      const text = conflict({ ...volume, capacityBytes }, { ...spec, requiredBytes, limitBytes });
      expect(text === 'none').toBe(requiredBytes <= capacityBytes && capacityBytes <= limitBytes);
      const unlimited = conflict({ ...volume, capacityBytes }, { ...spec, requiredBytes });
      expect(unlimited === 'none').toBe(requiredBytes <= capacityBytes);
    }),
  );
});

test('a pool counts only where one is asked for', () => {
  expect(conflict(volume, spec)).toBe('none');
  expect(conflict(volume, { ...spec, pool: 'fast' })).toBe('none');
  expect(conflict(volume, { ...spec, pool: 'slow' })).toContain('its pool is fast, asked for is slow');
});

test('how to connect counts only where it is asked for, option by option', () => {
  const modified: Volume = { ...volume, connection: { queues: 2, fastIoFailTimeout: 'off' } };
  expect(conflict(modified, spec)).toBe('none');
  expect(conflict(modified, { ...spec, connection: { queues: 2 } })).toBe('none');
  expect(conflict(modified, { ...spec, connection: { queues: 3, fastIoFailTimeout: 9 } })).toContain(
    'its fastIoFailTimeout is off, asked for is 9; its queues is 2, asked for is 3',
  );
  expect(conflict(volume, { ...spec, connection: { queues: 3 } })).toContain(
    'its queues is as its StorageClass says, asked for is 3',
  );
});

test('each field that differs is named with both values', () => {
  const snapshot = { kind: 'snapshot', id: snapshotId('rds', 'csi-s') } as const;
  const other = { kind: 'volume', id: volumeId('rds', 'csi-s') } as const;
  const cases: [Volume, VolumeSpec, string][] = [
    [volume, { ...spec, requiredBytes: 11n * MiB }, 'its size is 10 MiB, asked for is at least 11 MiB'],
    [volume, { ...spec, limitBytes: 9n * MiB }, 'its size is 10 MiB, asked for is at most 9 MiB'],
    [volume, { ...spec, provisioning: 'thick' }, 'its provisioning is thin, asked for is thick'],
    [volume, { ...spec, compression: true }, 'its compression is false, asked for is true'],
    [volume, { ...spec, name: 'pvc-2' }, 'its name is "pvc-1", asked for is "pvc-2"'],
    [
      volume,
      { ...spec, contentSource: snapshot },
      'its content source is none, asked for is snapshot rds/csi-s',
    ],
    [
      { ...volume, contentSource: snapshot },
      spec,
      'its content source is snapshot rds/csi-s, asked for is none',
    ],
    [
      { ...volume, contentSource: snapshot },
      { ...spec, contentSource: other },
      'its content source is snapshot rds/csi-s, asked for is volume rds/csi-s',
    ],
  ];
  for (const [existing, wanted, text] of cases) expect(conflict(existing, wanted)).toContain(text);
});

test('all differences are told at once, with the volume and what to do', () => {
  const text = conflict(volume, { ...spec, provisioning: 'thick', compression: true });
  for (const part of ['rds/csi-a', '"pvc-1"', 'provisioning', 'compression', 'use another name']) {
    expect(text).toContain(part);
  }
});
