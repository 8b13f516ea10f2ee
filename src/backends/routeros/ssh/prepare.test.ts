import { afterEach, describe, expect, test } from 'bun:test';
import { Rig } from '../../../../test/support/ssh/rig.ts';
import { until } from '../../../../test/support/until.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';

let rig: Rig;
afterEach(() => rig.stop());

describe('the prepare hook', () => {
  test('asks each connection before it serves, and calls see the facts of theirs', async () => {
    let count = 0;
    rig = await Rig.connected({
      prepare: async (session) => {
        const { text } = await session.exec({ operation: 'gate', line: ':put version' });
        return `${text} ${++count}`;
      },
    });
    const { received } = await rig.hang('first');
    rig.server.onExec = (exec) => exec.reply(exec.line);
    expect((await rig.exec('$facts').reply).text).toBe(':put version 2');
    received.reply('');
  });

  test('that fails makes the appliance away with its reason, and is asked again by the back-off', async () => {
    let version = '7.20.8';
    rig = await Rig.make({
      prepare: async () => {
        if (version < '7.21')
          throw new BackendError('unsupported', `RouterOS ${version} is too old; update to 7.21`);
        return version;
      },
    });
    rig.appliance.start();
    await rig.untilAway();
    expect(rig.appliance.health().reason).toBe('RouterOS 7.20.8 is too old; update to 7.21');
    await expect(rig.exec('x').reply).rejects.toMatchObject({ kind: 'unavailable', uncertain: false });
    expect(rig.metrics.failures).toEqual(['prepare']);
    await until('its connection is closed', () => rig.server.open === 0);
    version = '7.22.3';
    expect(await rig.advanceUntil('connected', () => rig.state === 'connected')).toBeGreaterThanOrEqual(1000);
  });

  test('that never ends is given up after its time', async () => {
    rig = await Rig.make({ prepare: () => new Promise<string>(() => undefined) });
    rig.appliance.start();
    const waited = await rig.advanceUntil('away', () => rig.metrics.states.at(-1) === 'away');
    expect(waited).toBeGreaterThanOrEqual(10_000);
    expect(rig.appliance.health().reason).toBe('no answer after the login within 10 s');
  });

  test('whose connection breaks is told as that', async () => {
    rig = await Rig.make({
      prepare: async (session) => {
        await session.exec({ operation: 'gate', line: ':put version' });
        return 'facts';
      },
    });
    rig.server.onExec = (exec) => exec.hangUp();
    rig.appliance.start();
    await rig.untilAway();
    expect(rig.metrics.failures).toEqual(['closed']);
    expect(rig.appliance.health().reason).toBe('the appliance closed the connection');
  });
});
