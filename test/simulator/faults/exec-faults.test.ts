import { afterEach, describe, expect, test } from 'bun:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { HostRig } from '../support/host-rig.ts';
import { PlainClient, seenOf } from '../support/plain-client.ts';
import type { Fault } from './fault.ts';
import type { FaultTarget } from './fault-rule.ts';

/** Three statements that print, one of them between two that write. */
const LINE = '/disk/add say:{"a":1} say:N1.end';
const WHOLE = '{"a":1}\r\nN1.end\r\n';

let rig: HostRig;
let clock: ManualClock;
afterEach(() => rig.stop());

/** What a client sees of the line under one fault, on a connection of its own. */
async function meet(fault: Fault, on: FaultTarget = {}) {
  clock = new ManualClock();
  rig = await HostRig.start({ clock });
  const rule = rig.host.faults.add({ fault, on });
  const client = await rig.login();
  return { rule, client, seen: await client.exec(LINE), ran: [...rig.appliance.ran] };
}

const outcomes = () => rig.host.journal.all().map(({ outcome }) => outcome);

describe('a connection that is cut', () => {
  test('before the command: nothing ran, and no exit status came', async () => {
    const { seen, ran, client } = await meet({ kind: 'cut', at: 'before' });
    expect(seen).toEqual({ out: '' });
    expect(ran).toEqual([]);
    expect(outcomes()).toEqual(['lost']);
    await client.closed;
  });

  test('before the command: nothing runs even where scripts outlive their sessions', async () => {
    rig = await HostRig.start({ assumptions: { deadSession: 'runs-on' } });
    rig.host.faults.add({ fault: { kind: 'cut', at: 'before' } });
    await (await rig.login()).exec(LINE);
    expect(rig.appliance.ran).toEqual([]);
    expect(outcomes()).toEqual(['lost']);
  });

  test('after the k-th statement: what it printed came, the rest did not run', async () => {
    const { seen, ran } = await meet({ kind: 'cut', at: { afterStatement: 2 } });
    expect(seen).toEqual({ out: '{"a":1}\r\n' });
    expect(ran).toEqual(['/disk/add', ':say']);
  });

  test('after the command: all ran, nothing came', async () => {
    const { seen, ran } = await meet({ kind: 'cut', at: 'after' });
    expect(seen).toEqual({ out: '' });
    expect(ran).toHaveLength(3);
  });

  test('after the reply: all came but the exit status', async () => {
    const { seen } = await meet({ kind: 'cut', at: 'replied' });
    expect(seen).toEqual({ out: WHOLE });
    expect(outcomes()).toEqual(['lost']);
  });

  test('at a statement: before it, or after it', async () => {
    const before = await meet({ kind: 'cut', at: 'before' }, { statement: /^:say$/ });
    expect(before.seen).toEqual({ out: '' });
    expect(before.ran).toEqual(['/disk/add']);
    await rig.stop();
    const after = await meet({ kind: 'cut', at: 'after' }, { statement: /^\/disk\/add$/ });
    expect(after.seen).toEqual({ out: '' });
    expect(after.ran).toEqual(['/disk/add']);
  });

  test('cuts every channel of that connection and no other connection', async () => {
    rig = await HostRig.start({ assumptions: { parallelChannels: 'parallel' } });
    const [one, other] = [await rig.login(), await rig.login()];
    const bystanders = [one.exec('wait say:lost'), other.exec('wait say:kept')];
    await until('both run', () => rig.appliance.running === 2);
    rig.host.faults.add({ fault: { kind: 'cut' } });
    await one.exec(LINE);
    rig.appliance.release();
    expect(await Promise.all(bystanders)).toEqual([{ out: '' }, { out: 'kept\r\n', exit: 0 }]);
  });
});

test('a lost reply: the command has run, nothing came, the connection is gone', async () => {
  const { seen, ran, client } = await meet({ kind: 'reply-lost' });
  expect(seen).toEqual({ out: '' });
  expect(ran).toHaveLength(3);
  await client.closed;
});

describe('a reply that is not what was printed', () => {
  test.each<[string, Fault, string]>([
    ['half a line', { kind: 'half-line' }, '{"a"'],
    ['half of the second line', { kind: 'half-line', line: 2 }, '{"a":1}\r\nN1.'],
    ['garbage before', { kind: 'garbage-before', text: '\u0000?' }, `\u0000?${WHOLE}`],
    ['garbage after', { kind: 'garbage-after', text: 'xx' }, `${WHOLE}xx`],
    ['a stray line', { kind: 'stray-line', text: 'warning: loop' }, `warning: loop\r\n${WHOLE}`],
    ['no sentinel', { kind: 'sentinel-missing' }, '{"a":1}\r\n'],
    ['wrapped lines', { kind: 'wrap', columns: 4 }, '{"a"\r\n:1}\r\nN1.e\r\nnd\r\n'],
  ])('%s: all ran, and the exit status is 0', async (_, fault, out) => {
    const { seen, ran } = await meet(fault);
    expect(seen).toEqual({ out, exit: 0 });
    expect(ran).toHaveLength(3);
  });

  test('half a line and then a cut: no exit status', async () => {
    const { seen } = await meet({ kind: 'half-line', end: 'cut' });
    expect(seen).toEqual({ out: '{"a"' });
  });

  test('another exit status: the output is as always', async () => {
    const { seen } = await meet({ kind: 'exit-code', code: 3 });
    expect(seen).toEqual({ out: WHOLE, exit: 3 });
  });

  test('a slow drip: so many bytes at a time', async () => {
    clock = new ManualClock();
    rig = await HostRig.start({ clock });
    rig.host.faults.add({ fault: { kind: 'drip', bytes: 6, everyMs: 1000 } });
    const client = await rig.login();
    const channel = await client.open(LINE);
    let out = '';
    channel.on('data', (bytes: Buffer) => {
      out += bytes.toString();
    });
    const seen = seenOf(channel);
    for (const bytes of [6, 12, 17]) {
      await until(`${bytes} bytes came`, () => out.length === bytes);
      await until('the drip waits', () => clock.sleeping === 1);
      clock.advance(1000);
    }
    expect(await seen).toEqual({ out: WHOLE, exit: 0 });
  });
});

describe('a statement that fails', () => {
  test.each<[string, Fault]>([
    ['disk full', { kind: 'disk-full' }],
    ['permission denied', { kind: 'permission-denied' }],
    ['busy', { kind: 'busy' }],
    ['unknown', { kind: 'unknown-error' }],
  ])('%s: its error is printed, the exit status is 0, and it has not run', async (_, fault) => {
    const { seen, ran } = await meet(fault);
    expect(seen).toEqual({ out: `failure: ${fault.kind}\r\n`, exit: 0 });
    expect(ran).toEqual([]);
    expect(outcomes()).toEqual(['error']);
  });

  test('is the first that writes, or the one that the rule names', async () => {
    rig = await HostRig.start();
    rig.host.faults.add({ fault: { kind: 'busy' }, on: { statement: /^\/disk\/remove$/ } });
    const seen = await (await rig.login()).exec('/disk/add /disk/remove say:end');
    expect(seen).toEqual({ out: 'failure: busy\r\n', exit: 0 });
    expect(rig.appliance.ran).toEqual(['/disk/add']);
  });
});

describe('a command that hangs', () => {
  test('goes on after its time', async () => {
    clock = new ManualClock();
    rig = await HostRig.start({ clock });
    const rule = rig.host.faults.add({ fault: { kind: 'hang', ms: 90_000 } });
    const seen = (await rig.login()).exec(LINE);
    await rule.whenMet();
    await until('it waits', () => clock.sleeping === 1);
    expect(rig.appliance.ran).toEqual([]);
    clock.advance(90_000);
    expect(await seen).toEqual({ out: WHOLE, exit: 0 });
  });

  test('for ever: until the rule is released', async () => {
    rig = await HostRig.start();
    const rule = rig.host.faults.add({ fault: { kind: 'hang', at: { afterStatement: 1 } } });
    const seen = (await rig.login()).exec(LINE);
    await rule.whenMet();
    await until('one statement has run', () => rig.appliance.ran.length === 1);
    rule.release();
    expect(await seen).toEqual({ out: WHOLE, exit: 0 });
  });

  test('for ever: until the client goes, and then it never runs', async () => {
    rig = await HostRig.start();
    const rule = rig.host.faults.add({ fault: { kind: 'hang' } });
    const client = await rig.login();
    client.exec(LINE).catch(() => 'cut off, as the test wants');
    await rule.whenMet();
    await client.close();
    await until('the exec has ended', () => rig.host.journal.running().length === 0);
    expect(rig.appliance.ran).toEqual([]);
  });

  test('comes late where scripts outlive their sessions', async () => {
    rig = await HostRig.start({ assumptions: { deadSession: 'runs-on' } });
    const rule = rig.host.faults.add({ fault: { kind: 'hang' } });
    const client = await rig.login();
    client.exec(LINE).catch(() => 'cut off, as the test wants');
    await rule.whenMet();
    await client.close();
    await until('the session is gone', () => rig.host.sessions === 0);
    rule.release();
    await until('the exec has ended', () => rig.host.journal.running().length === 0);
    expect(rig.appliance.ran).toHaveLength(3);
    expect(outcomes()).toEqual(['lost']);
  });
});

describe('a peer that falls silent', () => {
  test.each([
    ['before', 'before', 3],
    ['after', 'after', 3],
  ] as const)('%s the command: nothing comes any more, and nobody closes', async (_, at, statements) => {
    rig = await HostRig.start();
    rig.host.faults.add({ fault: { kind: 'silent', at } });
    const client = await rig.login();
    const ends: string[] = [];
    void client.exec(LINE).then(() => ends.push('exec'));
    void client.closed.then(() => ends.push('connection'));
    await until('the command has run', () => rig.host.journal.all()[0]?.outcome === 'ok');
    expect(rig.appliance.ran).toHaveLength(statements);
    // What another client is told meanwhile, this one would have been told too.
    expect((await (await rig.login()).exec('say:there')).out).toBe('there\r\n');
    expect(ends).toEqual([]);
    expect(rig.host.sessions).toBe(2);
  });
});

describe('a reboot', () => {
  test('drops every session, is away for its time, and comes back on the same port', async () => {
    clock = new ManualClock();
    rig = await HostRig.start({ clock });
    const { port } = rig.host;
    const bystander = await rig.login();
    rig.host.faults.add({ fault: { kind: 'reboot', at: { afterStatement: 1 }, awayMs: 60_000 } });
    const seen = await (await rig.login()).exec(LINE);
    expect(seen).toEqual({ out: '' });
    expect(rig.appliance.ran).toEqual(['/disk/add']);
    await bystander.closed;
    await until('it is away', () => clock.sleeping === 1);
    await expect(rig.login()).rejects.toThrow('ECONNREFUSED');
    clock.advance(60_000);
    await rig.host.whenUp();
    expect(rig.appliance.reboots).toBe(1);
    const again = await rig.login();
    expect((await again.exec('say:back')).out).toBe('back\r\n');
    expect(rig.host.port).toBe(port);
  });
});

test('a clock jump moves the appliance’s time and nothing else', async () => {
  rig = await HostRig.start({ clock: new ManualClock(1000) });
  rig.host.faults.add({ fault: { kind: 'clock-jump', ms: -500 } });
  const seen = await (await rig.login()).exec(LINE);
  expect(seen).toEqual({ out: WHOLE, exit: 0 });
  expect(rig.appliance.clockAheadMs).toBe(-500);
  expect(rig.host.journal.all()[0]?.endedAt).toBe(1000);
});

describe('a connection fault', () => {
  const connect = (port: number) =>
    PlainClient.connect({ port, username: 'rose-csi', privateKey: rig.userKey.pem, readyTimeout: 1000 });

  test('refuse-connection: reset as soon as it is made', async () => {
    rig = await HostRig.start();
    const rule = rig.host.faults.add({ fault: { kind: 'refuse-connection' }, times: 2 });
    for (let time = 0; time < 2; time++) await expect(connect(rig.host.port)).rejects.toThrow();
    expect(rule.met).toBe(2);
    await (await connect(rig.host.port)).close();
  });

  test('auth-failure: the right key is refused once, and taken on the next connection', async () => {
    rig = await HostRig.start();
    rig.host.faults.add({ fault: { kind: 'auth-failure' }, on: { user: 'rose-csi' } });
    await expect(connect(rig.host.port)).rejects.toThrow('All configured authentication methods failed');
    await (await connect(rig.host.port)).close();
  });

  test('changed-host-key: another key is shown, the same at each time', async () => {
    rig = await HostRig.start();
    rig.host.faults.add({ fault: { kind: 'changed-host-key' }, times: 2 });
    const shown: string[] = [];
    const hostVerifier = (key: Buffer) => shown.push(key.toString('base64')) > 0;
    for (let time = 0; time < 3; time++) await rig.login({ hostVerifier });
    expect(shown[0]).toBe(shown[1] ?? '');
    expect(rig.hostKey.line).not.toContain(shown[0] ?? '');
    expect(rig.hostKey.line).toContain(shown[2] ?? '');
  });

  test('silent-connection: it is made, and nothing ever comes', async () => {
    rig = await HostRig.start();
    rig.host.faults.add({ fault: { kind: 'silent-connection' } });
    const config = { port: rig.host.port, username: 'rose-csi', privateKey: rig.userKey.pem };
    await expect(PlainClient.connect({ ...config, readyTimeout: 50 })).rejects.toThrow('Timed out');
  });
});
