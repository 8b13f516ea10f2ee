import { afterEach, describe, expect, test } from 'bun:test';
import { completed, FakePortal, initialized, terminated } from '../../../../test/support/node/fake-portal.ts';
import { derivedIdentity } from './host-identity.ts';
import { PortalProbe } from './portal-probe.ts';

const NQN = 'nqn.2026-01.test.unit:rds.csi-a.00000000000000aa';
const probe = new PortalProbe(derivedIdentity('node-1'));
const signal = () => AbortSignal.timeout(5_000);

let portal: FakePortal;
afterEach(() => portal.stop());

async function ask(answers: readonly Uint8Array[], by = probe) {
  portal = await FakePortal.start(answers);
  return by.ask(NQN, { address: '127.0.0.1', port: portal.port }, signal());
}

describe('a portal', () => {
  test('that accepts has the export, and is let go', async () => {
    expect(await ask([initialized(), completed(0)])).toEqual({ state: 'exported' });
    expect(portal.received.map(({ length }) => length)).toEqual([128, 72 + 1024]);
  });

  test.each([
    [0x182, 'unknown', 'no subsystem'],
    [0x184, 'not-allowed', 'does not allow'],
  ])('that completes with %i refuses', async (status, why, reason) => {
    expect(await ask([initialized(), completed(status)])).toMatchObject({
      state: 'refused',
      why,
      reason: expect.stringContaining(reason),
    });
  });

  test.each([
    ['is busy', [initialized(), completed(0x181)]],
    ['ends the connection', [initialized(), terminated(1)]],
    ['starts otherwise', [completed(0)]],
    ['speaks something else', [Buffer.from('HTTP/1.1 400 Bad Request\r\n')]],
  ])('that %s says neither', async (_what, answers) => {
    expect(await ask(answers)).toMatchObject({ state: 'away' });
  });

  test('that is silent is away after a time', async () => {
    const hasty = new PortalProbe(derivedIdentity('node-1'), 50);
    expect(await ask([], hasty)).toMatchObject({
      state: 'away',
      reason: expect.stringContaining('no answer within 50 ms'),
    });
  });

  test('where nobody listens is away', async () => {
    portal = await FakePortal.start([]);
    const { port } = portal;
    await portal.stop();
    const standing = await probe.ask(NQN, { address: '127.0.0.1', port }, signal());
    expect(standing).toMatchObject({ state: 'away', reason: expect.stringContaining('ECONNREFUSED') });
    portal = await FakePortal.start([]);
  });

  test('is not waited for beyond the signal', async () => {
    portal = await FakePortal.start([]);
    const stop = new AbortController();
    const asking = probe.ask(NQN, { address: '127.0.0.1', port: portal.port }, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(asking).rejects.toThrow('stopped');
  });
});
