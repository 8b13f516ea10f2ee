import { describe, expect, test } from 'bun:test';
import { outputOf, ScriptRig } from './script-rig.ts';
import { ScriptArray, ScriptId } from './value.ts';

describe('A menu’s command', () => {
  test.each([
    '/disk/find where slot="csi-a"',
    '/disk find where slot="csi-a"',
    '/disk find slot="csi-a"',
    '/ disk find slot=csi-a',
    '/disk; find slot="csi-a"',
    '/disk/btrfs; .. ; find slot="csi-a"',
    '/disk btrfs; ..; find where slot="csi-a"',
    '/disk/btrfs/subvolume\n/disk find slot="csi-a"',
  ])('is reached by a path in every style: %s', async (path) => {
    const statements = path.split(/[;\n]/);
    const before = statements.slice(0, -1).join(';');
    expect(await outputOf(`${before};:put [${statements.at(-1)}]`)).toBe('*A');
  });

  test('in the arguments of another starts from its menu (manual: /ip route get [find …])', async () => {
    expect(await outputOf(':put [/disk get [find slot="csi-b"] comment]')).toBe('two');
  });

  test('is given named arguments as text, flags as true, ids, lists and unset arguments', async () => {
    const rig = new ScriptRig();
    await rig.run(
      '/disk set [find type=file] comment=yes slot=5 !file-size nvme-tcp-export; /disk get *1f slot',
    );
    const [, set, get] = rig.menus.calls;
    expect(set?.args).toEqual(
      new Map<string, unknown>([
        ['comment', 'yes'],
        ['slot', '5'],
        ['file-size', undefined],
        ['nvme-tcp-export', true],
      ]) as never,
    );
    expect(set?.unnamed).toEqual([new ScriptArray([new ScriptId('*A'), new ScriptId('*1F')])]);
    expect(get?.unnamed).toEqual([new ScriptId('*1F'), 'slot']);
  });

  test('is given lists of words as text, so that the menu reads them by the argument’s type', async () => {
    const rig = new ScriptRig();
    await rig.run('/disk print as-value proplist=slot,size');
    expect(rig.menus.calls[0]?.args).toEqual(
      new Map<string, unknown>([
        ['as-value', true],
        ['proplist', 'slot,size'],
      ]) as never,
    );
  });

  test('is given the value of any other expression', async () => {
    const rig = new ScriptRig();
    await rig.run(':local s "x"; /disk add slot=$s comment=("a" . $s) file-size=[:len "abc"] type="file"');
    expect([...(rig.menus.calls[0]?.args.values() ?? [])]).toEqual(['x', 'ax', 3n, 'file']);
  });

  test('gives its result to brackets, and prints nothing of it elsewhere', async () => {
    expect(await outputOf(':put [/disk add slot="new"]; /disk add slot="newer"')).toBe('*20');
  });

  test('raises errors that name it, which are caught (fleet tool: `no such item (/disk/get; line 1)`)', async () => {
    expect(await outputOf('/disk get [find slot="none"] free')).toBe('no such item (/disk/get; line 1)');
    expect(await outputOf(':onerror e in={/disk add slot="csi-a"} do={:put $e}')).toBe(
      'failure: slot is taken (/disk/add; line 1)',
    );
  });

  test('on an empty list does nothing and says nothing (notes, errors 7)', async () => {
    expect(await outputOf('/disk set [find slot="none"] comment="x"; :put end')).toBe('end');
  });

  test('prints as it likes when it is no value', async () => {
    expect(await outputOf('/disk print where type=file')).toBe('2 rows');
    expect(await outputOf(':put [/disk print count-only where type=file]')).toBe('2');
  });
});

describe('where', () => {
  test.each([
    ['slot="csi-a"', '*A'],
    ['slot="csi-a" comment="one"', '*A'],
    ['slot="csi-a" comment="two"', ''],
    ['slot="csi-a" and comment="one"', '*A'],
    ['slot="csi-a" or comment="two"', '*A;*1F'],
    ['(slot="csi-a" || slot="pool1") type=file', '*A'],
    ['type=file', '*A;*1F'],
    ['type!=file', '*1'],
    ['slot~"^csi-"', '*A;*1F'],
    ['(slot~"^csi-")=false', '*1'],
    ['!(slot~"^csi-")', '*1'],
    ['mounted', '*1'],
    ['!mounted', '*A;*1F'],
    ['mounted=yes', '*1'],
    ['size>1073741824', '*1;*1F'],
    ['size>=1073741824 and size<2147483648', '*A'],
    ['size="1073741824"', '*A'],
    ['nvme-tcp-export', '*A'],
    ['nvme-tcp-export=no', '*1F'],
    ['.id=*1F', '*1F'],
    ['comment=""', '*1'],
    ['slot=$s', '*A'],
    ['slot=("csi" . "-a")', '*A'],
    ['slot=[/disk get *1F slot]', '*1F'],
    ['(size - 1000) > 1073741824', '*1;*1F'],
    ['1073741824 < (size)', '*1;*1F'],
  ])('%s', async (where, ids) => {
    expect(await outputOf(`:local s "csi-a"; :put [/disk find where ${where}]`)).toBe(ids);
  });

  test('tells the menu which properties it wants to be what, where that is written out or in a variable', async () => {
    const rig = new ScriptRig();
    await rig.run(':local s "x"; /disk find where slot="a" .id=*1f (type=file && comment="") fs=$s !mounted');
    expect(rig.menus.calls.map(({ equals }) => [...(equals ?? [])].sort())).toEqual([
      [
        ['.id', { value: new ScriptId('*1F') }],
        ['fs', { value: 'x', variable: 's' }],
        ['slot', { value: 'a' }],
        ['type', { value: 'file' }],
      ],
    ]);
  });

  test('sees the row’s property where a variable has its name (manual, reserved variable names)', async () => {
    expect(await outputOf(':local slot "csi-a"; :put [/disk find where slot=$slot]')).toBe('*1;*A;*1F');
  });
});
