import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { printMountInfo } from '../../../test/support/node/mount-info-text.ts';
import { NodeError } from '../node-error.ts';
import { parseMountInfo } from './mount-info.ts';

const odd = fc.string({
  unit: fc.oneof(
    fc.constantFrom(' ', '\t', '\n', '\\', '#', '-', '040', ','),
    fc.string({ unit: 'grapheme' }),
  ),
  minLength: 1,
});
const path = odd.map((name) => `/${name}`);
const word = fc.stringMatching(/^[a-z0-9.=_]{1,12}$/);
const mount = fc.record({
  id: fc.nat(),
  parentId: fc.nat(),
  device: fc.tuple(fc.nat(4095), fc.nat(1_048_575)).map(([major, minor]) => `${major}:${minor}`),
  root: path,
  mountPoint: path,
  options: fc.array(word, { minLength: 1 }),
  fsType: word,
  source: fc.oneof(odd, fc.constant('')),
  superOptions: fc.array(word, { minLength: 1 }),
});
const optionalFields = fc.array(
  fc.oneof(fc.constantFrom('shared:7', 'master:3', 'propagate_from:2', 'unbindable')),
  { maxLength: 3 },
);

describe('mountinfo', () => {
  test('is read back as it was written, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(mount), optionalFields, (mounts, fields) => {
        const group = fields.includes('shared:7') ? { peerGroup: 7 } : {};
        const expected = mounts.map((one) => ({ ...one, ...group }));
        expect(parseMountInfo(printMountInfo(mounts, fields))).toEqual(expected);
      }),
    );
  });

  test('reads the example of proc_pid_mountinfo(5)', () => {
    const line = '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n';
    expect(parseMountInfo(line)).toEqual([
      {
        id: 36,
        parentId: 35,
        device: '98:0',
        root: '/mnt1',
        mountPoint: '/mnt2',
        options: ['rw', 'noatime'],
        fsType: 'ext3',
        source: '/dev/root',
        superOptions: ['rw', 'errors=continue'],
      },
    ]);
  });

  test.each([
    'nonsense',
    '36 35 98:0 / /mnt rw ext3 /dev/root rw',
    'x 35 98:0 / /mnt rw - ext3 /dev/root rw',
    '36 35 98 / /mnt rw - ext3 /dev/root rw',
    '36 35 98:0 / rw - ext3 /dev/root rw',
    '36 35 98:0 / /mnt rw - ext3',
  ])('refuses the line %p', (line) => {
    expect(() => parseMountInfo(`${line}\n`)).toThrow(NodeError);
  });

  test('reads any text or refuses it, and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseMountInfo(text);
        } catch (error) {
          expect(error).toMatchObject({ kind: 'protocol' });
        }
      }),
    );
  });
});
