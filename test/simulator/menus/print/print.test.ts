import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { KIND } from '../../appliance/assumptions.ts';
import { fieldsOf, items, MenuRig, matches } from '../menu-rig.ts';

const lines = (...text: readonly string[]) => text.map((line) => `${line}\r\n`).join('');

/** The manual's page «Disks», «Create a partition»; and a comment. */
const USB = new MenuRig({
  pools: [],
  drives: [
    {
      flags: ['block-device', 'mounted'],
      properties: {
        slot: 'usb1',
        model: 'USB Flash Disk',
        serial: 'FBA0911260071572',
        interface: 'USB 2.00 480Mbps',
        size: 2_004_877_312n,
        free: 1_921_835_008n,
        fs: 'ext4',
      },
    },
  ],
});

test('a table is as the manual shows it (manual.mikrotik.com, Hardware, Disks)', async () => {
  // There the legend is `B - BLOCK-DEVICE; M, F - FORMATTING`, of an older version; a 7.24.4 has M - MOUNTED.
  expect(await USB.text('/disk/print', {}, { session: USB.session({ width: 120 }) })).toBe(
    lines(
      'Flags: B - BLOCK-DEVICE; M - MOUNTED',
      'Columns: SLOT, MODEL, SERIAL, INTERFACE, SIZE, FREE, FS',
      '#    SLOT  MODEL           SERIAL            INTERFACE                  SIZE           FREE  FS',
      '0 BM usb1  USB Flash Disk  FBA0911260071572  USB 2.00 480Mbps  2 004 877 312  1 921 835 008  ext4',
    ),
  );
});

test('ASSUMED[text-print]: columns that do not fit are left out', async () => {
  const text = await USB.text('/disk/print', {}, { session: USB.session({ width: 50 }) });
  expect(text).toContain('Columns: SLOT, MODEL, SERIAL\r\n');
});

test('the legend comes without a match too, and only then has every flag', async () => {
  const rig = new MenuRig();
  const text = await rig.text('/disk/print', { detail: true }, { where: matches({ slot: 'none' }) });
  expect(text).toStartWith('Flags: X - DISABLED; A - ACQUIRED; E - EMPTY; B - BLOCK-DEVICE;');
  expect(text).toContain('t - NVME-TCP-EXPORT');
  expect(await rig.text('/disk/print')).toStartWith('Flags: B - BLOCK-DEVICE; M - MOUNTED\r\n');
});

test('a comment stands over its item', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a', { comment: 'my disk' });
  const only = { where: matches({ slot: 'csi-a' }) };
  expect(await rig.text('/disk/print', {}, only)).toContain('\r\n;;; my disk\r\n1 B csi-a');
  expect(await rig.text('/disk/print', { detail: true }, only)).toContain(
    '\r\n 1 B ;;; my disk\r\n     type=file',
  );
  expect(await rig.text('/disk/print', { terse: true }, only)).toStartWith('1 B comment=my disk type=file');
});

test('ids in place of numbers, a value list, a count', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a');
  const proplist = 'slot,size';
  expect(await rig.text('/disk/print', { 'show-ids': true, proplist })).toBe(
    lines(
      'Flags: B - BLOCK-DEVICE; M - MOUNTED',
      'Columns: SLOT, SIZE',
      '#     SLOT                SIZE',
      '*1 BM pool1  1 099 511 627 776',
      '*2 B  csi-a         16 777 216',
    ),
  );
  expect(await rig.text('/disk/print', { 'value-list': true, proplist: 'slot,fs' })).toBe(
    lines('  slot: pool1 csi-a', '    fs: btrfs -'),
  );
  expect(await rig.run('/disk/print', { 'count-only': true })).toBe(2n);
  expect(await rig.text('/disk/print', { 'count-only': true })).toBe('2\r\n');
  const kind = new MenuRig({ assumptions: KIND });
  expect(await kind.text('/disk/print', { 'count-only': true })).toBe('');
});

test('as-value prints nothing; without detail it has the columns, with a proplist that and the id', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a', { 'nvme-tcp-export': true, comment: 'record' });
  const only = { where: matches({ slot: 'csi-a' }) };
  expect(await rig.text('/disk/print', { 'as-value': true, detail: true })).toBe('');
  const fields = async (args: Record<string, unknown>) =>
    Object.keys(
      fieldsOf(items(await rig.run('/disk/print', { 'as-value': true, ...args } as never, only))[0]),
    );
  // danikf/tik4net, wiki, «CLI tips and tricks».
  expect(await fields({})).toEqual([
    '.id',
    'block-device',
    'comment',
    'fs',
    'model',
    'nvme-tcp-export',
    'raid-master',
    'size',
    'slot',
  ]);
  expect(await fields({ proplist: 'size,mounted,slot' })).toEqual(['.id', 'mounted', 'size', 'slot']);
  expect(await rig.failure('/disk/print', { 'as-value': true, proplist: 'nope' })).toBe(
    'input does not match any value of proplist',
  );
});

test('flags that are off are absent or false, by assumption', async () => {
  const mounted = async (falseFlags: 'absent' | 'false') => {
    const rig = new MenuRig({ assumptions: { falseFlags } });
    await rig.addDisk('csi-a');
    return (await rig.rows('/disk', { slot: 'csi-a' }))[0]?.['mounted'];
  };
  expect(await mounted('absent')).toBeUndefined();
  expect(await mounted('false')).toBe(false);
});

/** Reads a `print detail` of one item that wasn't wrapped. */
function parseDetail(text: string): Record<string, string> {
  const tokens = text.matchAll(/([a-z][a-z-]*)=("(?:[^"\\]|\\.)*"|\d{1,3}(?: \d{3})+|\S*)/g);
  return Object.fromEntries(
    [...tokens].map(([, name = '', value = '']) => [name, value.startsWith('"') ? unquote(value) : value]),
  );
}

const unquote = (text: string) =>
  text
    .slice(1, -1)
    .replace(/\\(["\\]|[0-9A-F]{2})/g, (_, code: string) =>
      code.length === 2 ? String.fromCharCode(Number.parseInt(code, 16)) : code,
    );

const anyDisk = fc.record({
  slot: fc.string({ minLength: 1, maxLength: 32 }).filter((slot) => slot !== 'pool1'),
  nqn: fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }),
  bytes: fc.bigInt({ min: 1n, max: 1n << 39n }),
  port: fc.integer({ min: 1, max: 65_535 }),
});

test('reading a printed disk gives its values: parse(print(x)) = x', async () => {
  await fc.assert(
    fc.asyncProperty(anyDisk, async ({ slot, nqn, bytes, port }) => {
      const rig = new MenuRig();
      await rig.addDisk(slot, {
        'file-path': 'pool1/a.img',
        'file-size': bytes,
        'nvme-tcp-export': true,
        'nvme-tcp-server-port': BigInt(port),
        'nvme-tcp-server-nqn': nqn,
      });
      const only = { where: matches({ type: 'file' }) };
      const wide = { ...only, session: rig.session({ width: 100_000 }) };
      const parsed = parseDetail(await rig.text('/disk/print', { detail: true }, wide));
      expect(parsed).toMatchObject({
        slot,
        'nvme-tcp-server-nqn': nqn,
        'nvme-tcp-server-port': port.toString(),
      });
      expect(BigInt((parsed['size'] ?? '').replaceAll(' ', ''))).toBe(bytes);
      const narrow = await rig.text('/disk/print', { detail: true }, only);
      const solid = (text: string) => text.replace(/\s/g, '');
      expect(solid(narrow)).toBe(solid(await rig.text('/disk/print', { detail: true }, wide)));
    }),
    { numRuns: 200 },
  );
});
