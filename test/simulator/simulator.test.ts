import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';
import type { SimulatorOptions } from './simulator.ts';
import { SimulatorRig } from './support/simulator-rig.ts';

const ADD = '/disk add type=file file-path="/pool1/a.img" file-size=1048576 slot="csi-a" mount-filesystem=no';
const JSON_OF = (slot: string) =>
  `:put [:serialize to=json options=json.no-string-conversion [/disk print detail as-value where slot="${slot}"]]`;
/** As a driver sends it: guarded, with what was read back, and a sentinel. */
const GUARDED = `:onerror e in={ ${ADD}; ${JSON_OF('csi-a')} } do={ :put [:serialize to=json value={"error"=$e}] }; :put "N1.end"`;

let rig: SimulatorRig;
afterEach(() => rig.stop());

const start = async (options: SimulatorOptions = {}): Promise<SimulatorRig> => {
  rig = await SimulatorRig.start(options);
  return rig;
};

const slots = () => rig.simulator.appliance.disks().map(({ slot }) => slot);

describe('the simulator', () => {
  test('adds a disk, gives it as JSON, and removes it; the image stays', async () => {
    await start();
    expect(await rig.run(ADD)).toBe('');
    const [disk] = JSON.parse(await rig.run(JSON_OF('csi-a')));
    expect(disk).toMatchObject({ slot: 'csi-a', 'file-path': '/pool1/a.img', size: 1048576 });
    expect(await rig.run('/disk remove [find slot="csi-a"]')).toBe('');
    expect(slots()).toEqual([]);
    expect(rig.simulator.appliance.files().map(({ name }) => name)).toContain('pool1/a.img');
  });

  test('runs a guarded line as one exec, and says which statements ran', async () => {
    await start();
    const client = await rig.login();
    const [exec, ...more] = await rig.simulator.journal.during(() => client.exec(GUARDED));
    expect(more).toEqual([]);
    expect(exec).toMatchObject({ outcome: 'ok', user: 'rose-csi', text: GUARDED });
    expect(exec?.statements).toEqual([':onerror', '/disk/add', ':put', ':serialize', '/disk/print', ':put']);
  });

  test('exits with 0 after an error, which is printed', async () => {
    await start();
    const seen = await (await rig.login()).exec('/disk get [find slot="none"] slot');
    expect(seen.exit).toBe(0);
    expect(seen.out).toStartWith('no such item');
  });

  test('plays the version it is told: 7.20 has no nvme-tcp-server-nqn', async () => {
    await start({ appliance: { version: '7.20.8' } });
    expect(await rig.run(`${ADD} nvme-tcp-server-nqn="nqn.x"`)).toStartWith('expected end of command');
    expect(slots()).toEqual([]);
  });

  test('starts in less than 50 ms, keys and appliance included', async () => {
    await start();
    const times: number[] = [];
    for (let run = 0; run < 5; run++) {
      const from = performance.now();
      const other = await SimulatorRig.start();
      times.push(performance.now() - from);
      await other.stop();
    }
    expect(Math.min(...times)).toBeLessThan(50);
  });

  test('lists who is logged in and what runs, and a job that is removed ends', async () => {
    await start({ ssh: { parallelChannels: 'parallel' } });
    const client = await rig.login();
    const waiting = client.exec(':delay 1h; :put "never"');
    await until('it runs', () => rig.simulator.journal.running().length === 1);
    expect(await rig.run(':put [/user/active/print count-only where name="rose-csi"]')).toMatch(/^2/);
    const jobs = rig.simulator.appliance.accounts.jobs();
    for (const { cancel } of jobs) cancel();
    expect((await waiting).out).not.toContain('never');
  });

  test('breaks long lines where that is assumed', async () => {
    await start({ appliance: { assumptions: { wrapPutAt: 10 } } });
    expect(await rig.run(':put "0123456789abc"; :put "short"')).toBe('0123456789\r\nabc\r\nshort\r\n');
  });
});

describe('a hundred connections at once', () => {
  test('add, read and remove a disk each, and none sees or loses another’s', async () => {
    await start({ appliance: { maxSessions: 100 } });
    const numbers = Array.from({ length: 100 }, (_, number) => number);
    const read = await Promise.all(
      numbers.map(async (number) => {
        const client = await rig.login({ readyTimeout: 30_000 });
        const slot = `csi-${number}`;
        await client.exec(ADD.replace('/a.img', `/${number}.img`).replace('csi-a', slot));
        const { out } = await client.exec(JSON_OF(slot));
        if (number % 2 === 1) await client.exec(`/disk remove [find slot="${slot}"]`);
        return JSON.parse(out).map((disk: { slot: string }) => disk.slot);
      }),
    );
    expect(read).toEqual(numbers.map((number) => [`csi-${number}`]));
    const even = numbers.filter((number) => number % 2 === 0).map((number) => `csi-${number}`);
    expect(slots().toSorted()).toEqual(even.toSorted());
    expect(rig.simulator.journal.all().map(({ outcome }) => outcome)).not.toContain('crashed');
  }, 60_000);

  test('set a comment on a condition, and one of them wins', async () => {
    await start({ appliance: { maxSessions: 30 } });
    await rig.run(`${ADD} comment="free"`);
    const lines = Array.from(
      { length: 30 },
      (_, number) =>
        `/disk set [find slot="csi-a" comment="free"] comment="${number}"; :put [/disk get [find slot="csi-a"] comment]`,
    );
    const outs = await Promise.all(lines.map((line) => rig.run(line)));
    expect(new Set(outs).size).toBe(1);
  }, 60_000);
});

describe('a fault', () => {
  test('at a statement is the statement’s own error, which the script catches', async () => {
    await start({
      faults: [{ fault: { kind: 'disk-full' }, on: { statement: /^\/disk\/add$/, slot: 'csi-a' } }],
    });
    const [answer, sentinel] = (await rig.run(GUARDED)).split('\r\n');
    expect(JSON.parse(answer ?? '').error).toStartWith('failure: not enough space');
    expect(sentinel).toBe('N1.end');
    expect(slots()).toEqual([]);
  });

  test('of the connection strikes between the statements inside of a guard', async () => {
    await start();
    rig.simulator.faults.add({ fault: { kind: 'cut', at: 'after' }, on: { statement: /^\/disk\/add$/ } });
    const seen = await (await rig.login()).exec(GUARDED);
    expect(seen).toEqual({ out: '' });
    expect(slots()).toEqual(['csi-a']);
    expect(rig.simulator.journal.all()[0]).toMatchObject({ outcome: 'lost', faults: ['cut'] });
  });

  test('counts statements as they end', async () => {
    await start();
    const cutAfter = async (count: number) => {
      rig.simulator.faults.add({ fault: { kind: 'cut', at: { afterStatement: count } } });
      return (await rig.login()).exec(':onerror e in={ :put 1; :put 2 } do={}; :put 3');
    };
    expect(await cutAfter(1)).toEqual({ out: '1\r\n' });
    expect(await cutAfter(2)).toEqual({ out: '1\r\n2\r\n' });
    // The third to end is :onerror itself.
    expect(await cutAfter(3)).toEqual({ out: '1\r\n2\r\n' });
    expect(await cutAfter(4)).toEqual({ out: '1\r\n2\r\n3\r\n' });
  });

  test('lets another session in between two statements of a script', async () => {
    await start();
    await rig.run(ADD);
    const held = rig.simulator.faults.add({ fault: { kind: 'hang', at: { afterStatement: 1 } } });
    const late = rig.run(':put 1; :put [/disk get [find slot="csi-a"] comment]');
    await held.whenMet();
    await rig.run('/disk set [find slot="csi-a"] comment="between"');
    held.release();
    expect(await late).toBe('1\r\nbetween\r\n');
  });
});

describe('a reboot', () => {
  test('keeps the configuration, and loses globals, sessions and uptime', async () => {
    const clock = new ManualClock();
    await start({ appliance: { clock } });
    await rig.run(`${ADD}; :global kept "yes"`);
    expect(await rig.run(':global kept; :put $kept')).toBe('yes\r\n');
    clock.advance(3_600_000);
    const { port } = rig.simulator;
    const client = await rig.login();
    const back = rig.simulator.reboot({ awayMs: 5000 });
    await client.closed;
    await until('it is away', () => clock.sleeping > 0);
    clock.advance(5000);
    await back;
    expect(rig.simulator.port).toBe(port);
    expect(await rig.run(':global kept; :put [:typeof $kept]')).toBe('nothing\r\n');
    expect(await rig.run(':put [/system/resource/get uptime]')).toBe('00:00:00\r\n');
    expect(slots()).toEqual(['csi-a']);
  });

  test('takes away every export at once, and gives it back when the appliance is up again', async () => {
    const clock = new ManualClock();
    await start({ appliance: { clock, assumptions: { rebootExports: 'at-once' } } });
    await rig.run(`${ADD} nvme-tcp-export=yes nvme-tcp-server-nqn="nqn.2026-01.test:a"`);
    const served = () => rig.simulator.appliance.exports().map(({ slot }) => slot);
    expect(served()).toEqual(['csi-a']);
    const back = rig.simulator.reboot({ awayMs: 5000 });
    expect(served()).toEqual([]);
    await until('it is away', () => clock.sleeping > 0);
    clock.advance(5000);
    await back;
    expect(served()).toEqual(['csi-a']);
  });

  test('is not what a clock jump is: the wall clock moves, the uptime does not', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    await start({ appliance: { clock } });
    rig.simulator.faults.add({ fault: { kind: 'clock-jump', ms: 24 * 3_600_000 } });
    expect(await rig.run(':put [/system/clock/get date]')).toBe('2026-01-02\r\n');
    expect(await rig.run(':put [/system/resource/get uptime]')).toBe('00:00:00\r\n');
  });
});

describe('the state', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rose-csi-state-'));
  });
  afterEach(async () => {
    // Stopping saves: it would make the folder again.
    await rig.stop();
    await rm(folder, { recursive: true });
  });

  test('outlives the process', async () => {
    await start({ stateFolder: folder });
    await rig.run(ADD);
    const before = await rig.run(JSON_OF('csi-a'));
    await rig.stop();
    await start({ stateFolder: folder });
    expect(await rig.run(JSON_OF('csi-a'))).toBe(before);
  });

  test('is saved before the reply to an exec that wrote', async () => {
    await start({ stateFolder: folder });
    await rig.run(ADD);
    const other = await SimulatorRig.start({ stateFolder: folder });
    expect(other.simulator.appliance.disks().map(({ slot }) => slot)).toEqual(['csi-a']);
    // Stopping saves too: the one that knows of more comes last.
    await other.stop();
  });
});

test('over a relay everything costs its round trips', async () => {
  await start();
  const relay = await rig.simulator.relay({ roundTripMs: 20 });
  const client = await rig.login({ port: relay.port });
  const from = performance.now();
  await client.exec(':put 1');
  expect(performance.now() - from).toBeGreaterThanOrEqual(39);
});

test('the control interface is there where it is wanted', async () => {
  await start({ controlPort: 0 });
  await rig.run(ADD);
  const state = await (await fetch(`${rig.simulator.controlUrl}state`)).text();
  expect(state).toContain('csi-a');
});
