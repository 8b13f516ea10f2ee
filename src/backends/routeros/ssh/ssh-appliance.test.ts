import { afterEach, describe, expect, test } from 'bun:test';
import { Rig, type RigOptions } from '../../../../test/support/ssh/rig.ts';
import { until } from '../../../../test/support/until.ts';

let rig: Rig;
afterEach(() => rig.stop());

const connected = async (options: RigOptions = {}) => {
  rig = await Rig.connected(options);
  return rig;
};
const made = async (options: RigOptions = {}) => {
  rig = await Rig.make(options);
  return rig;
};

describe('a call', () => {
  test('gets what its line printed, on both streams, and the exit status', async () => {
    await connected();
    rig.server.onExec = (exec) => {
      exec.channel.write('out ✓\r\n');
      exec.channel.stderr.write('err\r\n');
      exec.reply('end', 7);
    };
    const reply = await rig.exec(':put 1').reply;
    expect(reply.exitCode).toBe(7);
    expect(reply.text).toContain('out ✓\r\n');
    expect(reply.text).toContain('err\r\n');
    expect(rig.server.execs.map(({ line }) => line)).toEqual([':put 1']);
  });

  test('has no exit status if the channel was closed without one', async () => {
    await connected();
    rig.server.onExec = (exec) => {
      exec.channel.write('text');
      exec.channel.end();
    };
    expect(await rig.exec(':put 1').reply).toEqual({ text: 'text', exitCode: undefined });
  });

  test('asks for its line once, with the facts of its connection', async () => {
    await connected({ prepare: async () => 'uptime 12' });
    const sent = rig.exec('$facts');
    await sent.reply;
    expect(rig.server.execs.at(-1)?.line).toBe('uptime 12');
    expect(sent.lines).toBe(1);
  });

  test('whose line cannot be made fails with that error, and the connection serves the next', async () => {
    await connected();
    const broken = rig.appliance.exec({
      operation: 'test',
      signal: new AbortController().signal,
      line: () => {
        throw new RangeError('too long');
      },
    });
    await expect(broken).rejects.toThrow('too long');
    expect((await rig.exec('next').reply).text).toBe('ran next');
    expect(rig.server.authenticated).toBe(1);
  });

  test('with an aborted signal never begins', async () => {
    await connected();
    const controller = new AbortController();
    controller.abort(new Error('cancelled'));
    const request = { operation: 'test', signal: controller.signal, line: () => 'never' };
    await expect(rig.appliance.exec(request)).rejects.toThrow('cancelled');
    expect(rig.server.execs).toEqual([]);
  });

  test('is timed and counted', async () => {
    await connected();
    await rig.exec(':put 1', 'createVolume').reply;
    expect(rig.metrics.executions).toEqual([{ operation: 'createVolume', outcome: 'replied', seconds: 0 }]);
    expect(rig.metrics.waits).toEqual([{ operation: 'createVolume', seconds: 0 }]);
  });
});

describe('an appliance that is away', () => {
  test('lets every call fail at once, with the reason and since when', async () => {
    await made();
    rig.server.stop();
    rig.appliance.start();
    await rig.untilAway();
    const error = await rig.exec('x').reply.catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: 'unavailable', uncertain: false });
    expect(String(error)).toMatch(/appliance rds is away since 2023-11-14T\S+Z: connection refused/);
  });

  test('lets calls fail at once even before the first attempt has ended', async () => {
    await made();
    await expect(rig.exec('x').reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
    expect(rig.appliance.health()).toEqual({
      connected: false,
      since: rig.clock.now(),
      reason: 'not connected yet',
    });
  });

  test('is tried again after 1, 2, 4, 8, 16 s, then every 16 s', async () => {
    await made();
    rig.server.stop();
    rig.appliance.start();
    await until('the first failure', () => rig.metrics.failures.length === 1);
    for (const [index, seconds] of [1, 2, 4, 8, 16, 16, 16].entries()) {
      await until('the back-off', () => rig.clock.sleeping === 1);
      rig.clock.advance(seconds * 1000 - 1);
      await Bun.sleep(1);
      expect(rig.metrics.attempts).toBe(index + 1);
      rig.clock.advance(1);
      await until('the next failure', () => rig.metrics.failures.length === index + 2);
    }
    expect(new Set(rig.metrics.failures)).toEqual(new Set(['refused']));
  });

  test('says the same reason once, and keeps since when', async () => {
    await made();
    rig.server.stop();
    rig.appliance.start();
    await rig.untilAway();
    const begin = rig.clock.now();
    await rig.advanceUntil('several attempts', () => rig.metrics.failures.length === 4);
    await until('the state after it', () => rig.logger.with('the appliance is still away').length === 3);
    expect(rig.logger.with('the appliance is away')).toHaveLength(1);
    expect(rig.appliance.health()).toMatchObject({ connected: false, since: begin });
  });

  test('is connected within its next attempt once it is back, and a lost connection begins anew with 1 s', async () => {
    await connected();
    for (let round = 0; round < 2; round++) {
      rig.server.stop();
      await rig.untilAway();
      await rig.server.listen();
      const waited = await rig.advanceUntil('connected', () => rig.state === 'connected');
      expect(waited).toBeLessThanOrEqual(2000);
    }
    expect((await rig.exec('x').reply).text).toBe('ran x');
  });
});

describe('those who listen to connections', () => {
  test('are told of the first and of each after an absence, with its facts, until they leave', async () => {
    let uptime = 0;
    await made({ prepare: async () => `uptime ${++uptime}` });
    const told: unknown[] = [];
    rig.appliance.onConnected(() => {
      throw new Error('broken listener');
    });
    const leave = rig.appliance.onConnected((event) => told.push(event));
    rig.appliance.start();
    await rig.untilConnected();
    rig.server.cut();
    await rig.untilAway();
    await rig.advanceUntil('connected', () => rig.state === 'connected');
    leave();
    rig.server.cut();
    await rig.untilAway();
    await rig.advanceUntil('connected', () => rig.state === 'connected');
    expect(told).toEqual([
      { facts: 'uptime 1', first: true },
      { facts: 'uptime 2', first: false },
    ]);
    expect(rig.logger.with('a listener to connections failed')).toHaveLength(3);
  });
});

describe('closing', () => {
  test('ends connections and what runs on them, and refuses calls from then on', async () => {
    await connected();
    const { sent } = await rig.hang('slow');
    await rig.appliance.close();
    await expect(sent.reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: true });
    await expect(rig.exec('x').reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
    await until('the server sees it', () => rig.server.open === 0);
    expect(rig.clock.sleeping).toBe(0);
  });

  test('ends a wait for the next attempt', async () => {
    await made();
    rig.server.stop();
    rig.appliance.start();
    await rig.untilAway();
    await rig.appliance.close();
    expect(rig.clock.sleeping).toBe(0);
    expect(rig.appliance.health()).toMatchObject({
      connected: false,
      reason: 'the driver has closed the connection',
    });
  });
});
