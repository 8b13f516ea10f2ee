import { expect, test } from 'bun:test';
import { MenuRig, matches } from './menu-rig.ts';

const MANY = 10_000;

/** How often the condition is asked for `find where slot="…"`, and how many it finds. */
async function search(rig: MenuRig, slot: string, hint?: string) {
  const where = matches({ slot });
  let asked = 0;
  const counting = (row: Parameters<typeof where>[0]) => {
    asked += 1;
    return where(row);
  };
  const equals = hint === undefined ? {} : { equals: new Map([['slot', { value: hint }]]) };
  const found = await rig.run('/disk/find', {}, { where: counting, ...equals });
  return { asked, found: found as { list?: unknown[] } };
}

// On two idle cores: adding 0.35 s, one search without the hint 0.06 s, as-value with detail 0.26 s. Not timed here.
test('ten thousand disks are added, listed, and found by slot without asking each', async () => {
  const rig = new MenuRig({ pools: [{ slot: 'pool1', fs: 'btrfs', bytes: 1n << 50n }] });
  for (let at = 0; at < MANY; at += 1) await rig.addDisk(`csi-${at}`, { 'nvme-tcp-export': true });
  expect(await rig.rows('/disk', { type: 'file' })).toHaveLength(MANY);
  expect(await search(rig, 'csi-777')).toMatchObject({
    asked: MANY + 1,
    found: { list: [expect.anything()] },
  });
  expect(await search(rig, 'csi-777', 'csi-777')).toMatchObject({
    asked: 1,
    found: { list: [expect.anything()] },
  });
}, 60_000);

test('a hint that names nothing finds nothing, and one that is wrong is not believed', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a');
  expect(await search(rig, 'csi-b', 'csi-b')).toMatchObject({ asked: 0, found: { list: [] } });
  expect(await search(rig, 'csi-b', 'csi-a')).toMatchObject({ asked: 1, found: { list: [] } });
});

test('a hint from a variable that a property hides is none', async () => {
  const rig = new MenuRig();
  await rig.addDisk('csi-a');
  const found = (variable: string) => {
    const equals = new Map([['slot', { value: 'csi-b', variable }]]);
    return rig.run('/disk/find', {}, { where: matches({ slot: 'csi-a' }), equals });
  };
  expect(await found('size')).toMatchObject({ list: [expect.anything()] });
  expect(await found('wanted')).toMatchObject({ list: [] });
});
