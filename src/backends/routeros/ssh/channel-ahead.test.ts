import { afterEach, describe, expect, test } from 'bun:test';
import { Rig } from '../../../../test/support/ssh/rig.ts';
import { TcpProxy } from '../../../../test/support/ssh/tcp-proxy.ts';
import { TestSshServer } from '../../../../test/support/ssh/test-ssh-server.ts';
import { until } from '../../../../test/support/until.ts';

const GIVEN_UP = 'channels are not opened ahead any longer';

let rig: Rig;
afterEach(() => rig.stop());

test.each([
  [true, 1],
  [false, 2],
])('a call alone, with channels ahead: %p, takes %p round trips', async (channelAhead, roundTrips) => {
  const server = await TestSshServer.start();
  const proxy = await TcpProxy.start(() => server.port);
  rig = await Rig.connected({ server, settings: { port: proxy.port, channelAhead } });
  // The first call also brings what the handshake has left behind.
  await rig.exec('first').reply;
  if (channelAhead) await until('the channel is open', () => server.channels === 2);
  await Bun.sleep(1);
  proxy.hold();
  let replied = false;
  const sent = rig.exec('second');
  sent.reply.then(() => {
    replied = true;
  });
  let waitedFor = 0;
  while (!replied) {
    await until('bytes wait, or the reply is there', () => proxy.holding || replied);
    if (!replied && proxy.cross()) waitedFor++;
  }
  expect((await sent.reply).text).toBe('ran second');
  expect(waitedFor).toBe(roundTrips);
  proxy.stop();
});

describe('a channel opened ahead', () => {
  test('waits on the idle connection, and a new one after each call', async () => {
    rig = await Rig.connected();
    await until('the first', () => rig.server.channels === 1);
    await rig.exec('a').reply;
    await until('the second', () => rig.server.channels === 2);
    await rig.exec('b').reply;
    await until('the third', () => rig.server.channels === 3);
    expect(rig.server.execs.map(({ line }) => line)).toEqual(['a', 'b']);
  });

  test('is not opened where the setting says so', async () => {
    rig = await Rig.connected({ settings: { channelAhead: false } });
    expect(rig.server.channels).toBe(0);
    await rig.exec('a').reply;
    expect(rig.server.channels).toBe(1);
  });

  test('takes the line only when it is written', async () => {
    rig = await Rig.make();
    rig.server.stallChannels = true;
    rig.appliance.start();
    await rig.untilConnected();
    const sent = rig.exec('a');
    await until('the channel is asked for', () => rig.server.channels === 1);
    expect(sent.lines).toBe(0);
    expect(sent.ended).toBeUndefined();
  });

  test('that is refused is done without from then on, and no call fails', async () => {
    rig = await Rig.make();
    rig.server.refuseChannels = true;
    rig.appliance.start();
    await until('given up', () => rig.logger.with(GIVEN_UP).length === 1);
    rig.server.refuseChannels = false;
    expect((await rig.exec('a').reply).text).toBe('ran a');
    expect((await rig.exec('b').reply).text).toBe('ran b');
    expect(rig.server.channels).toBe(3);
    expect(rig.metrics.states).toEqual(['connecting', 'connected']);
  });

  test('that is refused while a call waits for it is replaced by an ordinary one', async () => {
    rig = await Rig.make();
    rig.server.refuseChannels = true;
    rig.server.onRefusal = () => {
      rig.server.refuseChannels = false;
    };
    rig.appliance.start();
    await rig.untilConnected();
    expect((await rig.exec('a').reply).text).toBe('ran a');
    expect(rig.server.authenticated).toBe(1);
  });

  test('that the appliance closes is done without from then on', async () => {
    rig = await Rig.connected();
    await until('it waits', () => rig.server.channels === 1);
    rig.server.closeChannels();
    await until('given up', () => rig.logger.with(GIVEN_UP).length === 1);
    expect((await rig.exec('a').reply).text).toBe('ran a');
  });

  test('is done without after three connections in a row that were closed with one waiting', async () => {
    rig = await Rig.connected();
    for (let round = 1; round <= 3; round++) {
      expect(rig.logger.with(GIVEN_UP)).toHaveLength(0);
      await until('it waits', () => rig.server.channels === round);
      rig.server.hangUp();
      await rig.untilAway();
      await rig.advanceUntil('connected', () => rig.state === 'connected');
    }
    expect(rig.logger.with(GIVEN_UP)).toHaveLength(1);
  });

  test('whose command is refused makes that one call uncertain, and is done without from then on', async () => {
    rig = await Rig.connected();
    await until('it waits', () => rig.server.channels === 1);
    rig.server.refuseExecs = true;
    await expect(rig.exec('a').reply).rejects.toMatchObject({ uncertain: true });
    expect(rig.logger.with(GIVEN_UP)).toHaveLength(1);
  });
});
