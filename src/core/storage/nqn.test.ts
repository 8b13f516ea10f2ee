import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { isNqnBase, NqnNaming } from './nqn.ts';
import { type Epoch, type VolumeId, volumeId } from './volume-id.ts';

const BASE = 'nqn.2026-01.org.example:rose';
const naming = new NqnNaming(BASE);
const epochs = fc.stringMatching(/^[0-9a-f]{16}$/).map((text) => text as Epoch);
const ids = fc
  .tuple(
    fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/),
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
  )
  .map(([appliance, slot]) => volumeId(appliance, slot));

describe('the NQN of an export', () => {
  test('is read back as the volume and epoch that it names', () => {
    fc.assert(
      fc.property(ids, epochs, (id, epoch) => {
        const nqn = naming.forExport(id, epoch);
        expect(naming.parse(nqn)).toEqual({ id, epoch });
        expect(nqn).toStartWith(naming.prefix(id));
      }),
    );
  });

  test('has at most the 223 bytes of the NVMe specification for every base that is allowed', () => {
    const bases = fc.stringMatching(/^nqn\.2026-01\.[a-z]{1,60}\.[a-z]{1,60}(:[A-Za-z0-9._-]{1,30})?$/);
    fc.assert(
      fc.property(bases, ids, epochs, (base, id, epoch) => {
        fc.pre(isNqnBase(base));
        expect(new NqnNaming(base).forExport(id, epoch).length).toBeLessThanOrEqual(223);
      }),
    );
  });

  test('differs between volumes and between epochs', () => {
    fc.assert(
      fc.property(ids, ids, epochs, epochs, (one, other, first, second) => {
        const same = one === other && first === second;
        expect(naming.forExport(one, first) === naming.forExport(other, second)).toBe(same);
      }),
    );
  });

  test('of what is no volume id cannot be made', () => {
    expect(() => naming.prefix('nonsense' as VolumeId)).toThrow(TypeError);
  });
});

test('NQNs that are not ours are not read', () => {
  const epoch = '0123456789abcdef';
  const foreign = [
    '',
    BASE,
    `${BASE}:`,
    `${BASE}:rds.csi-a`,
    `${BASE}:.csi-a.${epoch}`,
    `${BASE}:rds.${epoch}`,
    `${BASE}:rds.csi-a.${epoch}0`,
    `${BASE}:rds.csi-a.${epoch.toUpperCase()}`,
    `${BASE}:other:rds.csi-a.${epoch}`,
    `${BASE}2:rds.csi-a.${epoch}`,
    'nqn.2014-08.org.nvmexpress:uuid:00000000-0000-0000-0000-000000000000',
  ];
  expect(foreign.filter((nqn) => naming.parse(nqn))).toEqual([]);
  expect(naming.parse(`${BASE}:rds.csi-a.${epoch}`)).toBeDefined();
});

test('a base has the form and leaves the room that an NQN needs', () => {
  expect([BASE, 'nqn.2026-01.org.example', 'nqn.2026-01.org.example:a:b'].filter(isNqnBase)).toHaveLength(3);
  const wrong = [
    '',
    'nqn',
    'nqn.2026.org.example',
    'nqn.2026-01.org',
    'NQN.2026-01.org.example',
    `${BASE} `,
    `${BASE}:`,
  ];
  expect(wrong.filter(isNqnBase)).toEqual([]);
  expect(isNqnBase(`nqn.2026-01.org.${'a'.repeat(92)}`)).toBe(true);
  expect(isNqnBase(`nqn.2026-01.org.${'a'.repeat(93)}`)).toBe(false);
});
