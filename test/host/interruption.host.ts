import { afterAll, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { blockCapability, MiB, mountCapability } from '../support/node/node-requests.ts';
import { until } from '../support/until.ts';
import { Host } from './support/host.ts';
import { HuntedVolume } from './support/hunted-volume.ts';
import { requirePrograms } from './support/requirements.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', 'mkfs.xfs': 'xfsprogs', 'mkfs.btrfs': 'btrfs-progs' });
const host = new Host();
afterAll(() => host.close());

const COMMAND = [process.execPath, `${import.meta.dir}/../../src/main.ts`];
const ROUNDS = 40;
const TEST_TIMEOUT_MS = 120_000;
/** The longest that a call takes here is a format; later kills would hit nothing. */
const KILL_WITHIN_MS = 250;

/** Numerical Recipes' generator: the same calls again for the same seed, if not the same interleaving. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

async function killed(driver: DriverProcess): Promise<void> {
  process.kill(driver.pid, 'SIGKILL');
  await driver.stop();
}

test.each([1, 2])(
  'whatever is called at once, and whenever the driver is killed, the data is there (seed %d)',
  async (seed) => {
    const folder = host.newFolder('hunted');
    const start = () =>
      DriverProcess.start({
        command: COMMAND,
        folder,
        settings: { NODE_NAME: 'hunted', CLUSTER_ID: `seed-${seed}`, LOG_LEVEL: 'info' },
        timeoutMs: 20_000,
      });
    let driver = await start();
    host.atEnd(() => driver.stop());
    const roll = dice(seed);
    const volume = (kind: string, bytes: bigint, capability = mountCapability({ fsType: kind })) =>
      new HuntedVolume(() => driver.client, folder, kind, capability, bytes);
    const volumes = [
      volume('ext4', 64n * MiB),
      volume('xfs', 304n * MiB),
      volume('btrfs', 260n * MiB),
      volume('block', 32n * MiB, blockCapability()),
    ];
    for (const each of volumes) await each.create();

    const anyCall = (of: HuntedVolume): Promise<unknown> => {
      const pod = roll(2);
      const { attach, detach, stage, unstage, publish, unpublish } = of.calls;
      const single = [attach, detach, stage, unstage, () => publish(pod), () => unpublish(pod)];
      const whole = [() => of.bringUp(pod), () => of.unmount(), () => of.takeDown()];
      const choices = [...single, ...whole, ...whole];
      const choice = choices[roll(choices.length)] ?? attach;
      return choice();
    };
    const faults: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const calls = volumes.flatMap((each) => Array.from({ length: 1 + roll(3) }, () => anyCall(each)));
      const kill = roll(5) < 2 ? Bun.sleep(roll(KILL_WITHIN_MS)).then(() => killed(driver)) : undefined;
      await Promise.allSettled([...calls, kill]);
      if (kill) driver = await start();
      for (const each of volumes) faults.push(...each.examine(`round ${round}`));
    }
    expect(faults).toEqual([]);

    for (const each of volumes) {
      await each.takeDown();
      await each.bringUp(0);
      expect(each.examine('the end')).toEqual([]);
      await each.takeDown();
      await each.delete();
    }
    expect(await driver.stop()).toBe(0);
    expect(readdirSync(join(folder, 'data', 'volumes'))).toEqual([]);
    expect(host.mounts()).toEqual([]);
    await until('every device is gone', () => host.loops().length === 0);
  },
  TEST_TIMEOUT_MS,
);
