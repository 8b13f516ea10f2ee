/**
 * Run by `make test-kube`: the controller's own clock jumps, by an interposed library (Debian's `libfaketime`), on a real
 * API server. The monotonic clock stays as it is, as on a machine whose time is set.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rename } from 'node:fs/promises';
import { Drivers, SWIFT } from './rig/drivers.ts';
import { eventually } from './rig/eventually.ts';
import { MAIN_COMMAND } from './rig/programs.ts';

const CLEAR_AFTER_MS = Number(SWIFT.CLEAR_AFTER_SECONDS) * 1000;
const MINUTE_MS = 60_000;
/** Seconds from the true time. */
const JUMPS = ['+3600', '-3600', '+86400', '-86400'];

let rig: Drivers;

beforeAll(async () => {
  rig = await Drivers.start(['node-a']);
  await set('+0');
  for (const name of ['first', 'second']) {
    await rig.run(name, MAIN_COMMAND, { ...SWIFT, ...(name === 'first' && (await faked())) });
    await eventually('somebody leads', async () => (await rig.leader()) === 'first');
  }
}, 120_000);

afterAll(() => rig?.stop(), 60_000);

/** Seconds by which the clock of the first controller is wrong from now on. */
async function set(seconds: string): Promise<void> {
  await Bun.write(`${rig.folder}/clock.new`, `${seconds}\n`);
  await rename(`${rig.folder}/clock.new`, `${rig.folder}/clock`);
}

async function faked(): Promise<Record<string, string>> {
  const find = Bun.spawn(['dpkg', '-L', 'libfaketime'], { stdout: 'pipe', stderr: 'ignore' });
  const library = (await find.stdout.text()).split('\n').find((line) => line.endsWith('/libfaketimeMT.so.1'));
  if (library === undefined) throw new Error('libfaketime is not installed: scripts/clock-tools.sh');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: `${rig.folder}/clock`,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
}

/** Of the last line that the first controller has written, ms since 1970. */
const told = async (): Promise<number> => {
  const [last] = (await rig.log('first')).trim().split('\n').slice(-1);
  return Date.parse(String((JSON.parse(last ?? '{}') as { time?: unknown }).time));
};

describe('the clock of the controller that leads', () => {
  for (const jump of JUMPS) {
    test(`is set to ${jump} s: it leads on, keeps what is attached, and clears what is not, no sooner than it may`, async () => {
      const name = jump.replace('+', 'on-').replace('-', 'by-');
      const before = await rig.transitions();
      await set(jump);
      const kept = await rig.attached(`kept-${name}`, 'node-a', 'first');
      await eventually(
        'its log shows it',
        async () => Math.abs((await told()) - Date.now() - Number(jump) * 1000) < MINUTE_MS,
      );
      const lost = await rig.attached(`lost-${name}`, 'node-a', 'second');
      await rig.detach(lost, 'node-a');
      const took = await eventually(
        'it is cleared',
        async () => (await rig.holders('first')).get(lost)?.length === 0,
      );
      expect(took).toBeGreaterThan(CLEAR_AFTER_MS);
      expect((await rig.holders('first')).get(kept)).toEqual(['node-a']);
      expect(await rig.leader()).toBe('first');
      expect(await rig.transitions()).toBe(before);
    }, 120_000);
  }
});
