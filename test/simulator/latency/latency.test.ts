import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { HostRig } from '../support/host-rig.ts';
import { Latency, type LatencyRules } from './latency.ts';

const never = new AbortController().signal;
const DISK_ADD = { path: '/disk', command: 'add', text: '/disk add', args: new Map() };

/** How long a command and a statement wait. */
async function waits(rules: LatencyRules, random = 0.5): Promise<number[]> {
  const slept: number[] = [];
  const clock = new ManualClock();
  clock.sleep = async (ms) => void slept.push(ms);
  const latency = new Latency(clock, () => random, rules);
  await latency.ofCommand({ text: '/disk add', user: 'rose-csi' }, never);
  await latency.ofStatement(DISK_ADD, never);
  return slept;
}

describe('the appliance’s latency', () => {
  test('is none where nothing is set', async () => {
    expect(await waits({})).toEqual([]);
  });

  test('is fixed, for each command', async () => {
    expect(await waits({ perCommandMs: 200 })).toEqual([200]);
  });

  test('is uniform between two bounds', async () => {
    expect(await waits({ perCommandMs: { min: 150, max: 250 } }, 0)).toEqual([150]);
    expect(await waits({ perCommandMs: { min: 150, max: 250 } }, 0.25)).toEqual([175]);
  });

  test('is by class of command where a function says so', async () => {
    const perStatementMs = ({ command }: { command: string }) => (command === '/disk/add' ? 428 : 0);
    expect(await waits({ perStatementMs })).toEqual([428]);
  });

  test('ends with the session', async () => {
    const latency = new Latency(new ManualClock(), () => 0, { perCommandMs: 1000 });
    const stop = new AbortController();
    const wait = latency.ofCommand({ text: '', user: '' }, stop.signal);
    stop.abort(new Error('gone'));
    await expect(wait).rejects.toThrow('gone');
  });

  test('holds up logins and execs of a real session', async () => {
    const clock = new ManualClock();
    const rig = await HostRig.start({ clock, latency: { perLoginMs: 300, perCommandMs: 200 } });
    const login = rig.login();
    // The key is offered first and then proven: two attempts.
    for (let attempt = 0; attempt < 2; attempt++) {
      await until('the login waits', () => clock.sleeping === 1);
      clock.advance(300);
    }
    const seen = (await login).exec('say:hello');
    await until('the exec waits', () => clock.sleeping === 1);
    expect(rig.appliance.ran).toEqual([]);
    clock.advance(200);
    expect((await seen).out).toBe('hello\r\n');
    const [entry] = rig.host.journal.all();
    expect((entry?.endedAt ?? 0) - (entry?.startedAt ?? 0)).toBe(200);
    await rig.stop();
  });
});
