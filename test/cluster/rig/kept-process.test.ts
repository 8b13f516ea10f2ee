import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { eventually } from './eventually.ts';
import { KeptProcess } from './kept-process.ts';

test('one that is dying is not killed a second time, and comes back once', async () => {
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-kept-`);
  const kept = new KeptProcess(['sleep', '60'], `${folder}/log`);
  try {
    expect([kept.kill(), kept.kill()]).toEqual([true, false]);
    await eventually('it is back', async () => kept.restarts === 1);
    expect(kept.kill()).toBe(true);
    await eventually('it is back again', async () => kept.restarts === 2);
  } finally {
    await kept.stop();
    await rm(folder, { recursive: true });
  }
});
