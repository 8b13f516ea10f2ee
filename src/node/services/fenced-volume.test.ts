import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { NQNS, VOLUME } from '../../../test/support/node/fake-node.ts';
import { NodeCalls } from '../../../test/support/node/node-calls.ts';
import { blockCapability, exportFor, mountCapability } from '../../../test/support/node/node-requests.ts';
import { NodeError } from '../node-error.ts';
import type { Standing } from '../transports/transport.ts';
import { Housekeeping } from './housekeeping.ts';

const REFUSED: Standing = { state: 'refused', why: 'unknown', reason: 'no such subsystem' };
const AWAY: Standing = { state: 'away', reason: 'ECONNREFUSED' };
const NEWER = exportFor(NQNS, VOLUME, { epoch: '00000000000000bb' });
const MINUTE_MS = 60_000;
const notLive = { kind: 'unavailable', message: expect.stringContaining('does not answer') };

let calls: NodeCalls;
beforeEach(() => {
  calls = new NodeCalls();
});
afterEach(() => calls.node.close());

/** The volume is staged, and its storage says that it has no such export. */
async function fence(standing: Standing = REFUSED, capability = mountCapability()) {
  await calls.stage(capability);
  calls.node.transport.dead.add(calls.target.nqn);
  calls.node.transport.standings.set(calls.target.nqn, standing);
}

const cutOff = () => calls.node.transport.cutOff;
const umounts = () => calls.node.programs().filter((program) => program === 'umount');

describe('unstaging a volume whose storage does not answer', () => {
  test('waits while it is away, and starts no umount', async () => {
    await fence(AWAY);
    for (let minute = 0; minute < 5; minute++) {
      await expect(calls.unstage()).rejects.toMatchObject(notLive);
      calls.node.clock.advance(MINUTE_MS);
    }
    expect(umounts()).toEqual([]);
    expect(cutOff()).toEqual([]);
  });

  test('gives it up once the export was refused twice, a minute apart', async () => {
    await fence();
    await expect(calls.unstage()).rejects.toMatchObject({
      ...notLive,
      message: expect.stringContaining('again in a minute'),
    });
    calls.node.clock.advance(MINUTE_MS - 1);
    await expect(calls.unstage()).rejects.toMatchObject(notLive);
    expect(umounts()).toEqual([]);
    calls.node.clock.advance(1);
    await calls.unstage();
    expect(cutOff()).toEqual([calls.target.nqn]);
    expect(calls.mountsAt(calls.staging)).toEqual([]);
    expect(calls.logger.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      nqn: calls.target.nqn,
      mountPoints: [calls.staging],
    });
  });

  test.each([
    ['the storage was away in between', AWAY],
    ['it was there in between', { state: 'exported' } as const],
  ])('counts anew where %s', async (_what, between) => {
    await fence();
    await expect(calls.unstage()).rejects.toMatchObject(notLive);
    calls.node.transport.standings.set(calls.target.nqn, between);
    await expect(calls.unstage()).rejects.toMatchObject(notLive);
    calls.node.clock.advance(MINUTE_MS);
    calls.node.transport.standings.set(calls.target.nqn, REFUSED);
    await expect(calls.unstage()).rejects.toMatchObject(notLive);
    expect(cutOff()).toEqual([]);
  });

  test('counts anew after a long time', async () => {
    await fence();
    await expect(calls.unstage()).rejects.toMatchObject(notLive);
    calls.node.clock.advance(11 * MINUTE_MS);
    await expect(calls.unstage()).rejects.toMatchObject(notLive);
    expect(cutOff()).toEqual([]);
  });

  test('fails where a process still holds the mount, and ends it once that is gone', async () => {
    await fence();
    await expect(calls.unstage()).rejects.toMatchObject(notLive);
    calls.node.clock.advance(MINUTE_MS);
    calls.node.intercept = ([program]) =>
      program === 'umount' ? { exitCode: 32, stdout: '', stderr: 'target is busy' } : undefined;
    await expect(calls.unstage()).rejects.toMatchObject({ kind: 'in-use' });
    calls.node.intercept = () => undefined;
    await calls.unstage();
    expect(calls.mountsAt(calls.staging)).toEqual([]);
  });
});

test('a device that the kernel gives up while it is asked after is gone, and its mount is taken away', async () => {
  await fence();
  calls.node.transport.standing = async ({ nqn }) => {
    calls.node.transport.lose(nqn);
    throw new NodeError('not-found', `${nqn} is not attached any more`);
  };
  await calls.unstage();
  expect(calls.mountsAt(calls.staging)).toEqual([]);
  expect(cutOff()).toEqual([]);
});

test('a published device is taken away although its node is deleted with it', async () => {
  const target = calls.node.path('target');
  await fence(REFUSED, blockCapability());
  calls.node.transport.dead.clear();
  await calls.publish(target, blockCapability());
  calls.node.transport.dead.add(calls.target.nqn);
  const cut = calls.node.transport.cut.bind(calls.node.transport);
  calls.node.transport.cut = async (device) => {
    await cut(device);
    for (const mount of calls.mountsAt(target)) Object.assign(mount, { root: `${mount.root}//deleted` });
    calls.node.kernel.add({ mountPoint: calls.node.path('elsewhere') });
  };
  await calls.stage(blockCapability(), NEWER);
  expect(calls.mountsAt(target)).toEqual([]);
});

test('what somebody mounted over a dead mount is left, and named', async () => {
  await fence();
  await expect(calls.unstage()).rejects.toMatchObject(notLive);
  calls.node.clock.advance(MINUTE_MS);
  calls.node.kernel.add({ mountPoint: calls.staging, source: 'tmpfs' });
  await expect(calls.unstage()).rejects.toMatchObject({
    kind: 'in-use',
    message: expect.stringContaining(calls.staging),
  });
  expect(umounts()).toEqual([]);
  expect(cutOff()).toEqual([calls.target.nqn]);
});

test('unpublishing follows the same rule, and takes every mount of the volume away', async () => {
  const target = calls.node.path('target');
  await calls.stage();
  await calls.publish(target);
  calls.node.transport.dead.add(calls.target.nqn);
  calls.node.transport.standings.set(calls.target.nqn, REFUSED);
  await expect(calls.unpublish(target)).rejects.toMatchObject(notLive);
  calls.node.clock.advance(MINUTE_MS);
  await calls.unpublish(target);
  expect([...calls.mountsAt(target), ...calls.mountsAt(calls.staging)]).toEqual([]);
  await calls.unstage();
});

describe('staging a newer epoch', () => {
  test('clears the older one at its first refusal, and uses the volume', async () => {
    await fence();
    await calls.stage(mountCapability(), NEWER);
    expect(cutOff()).toEqual([calls.target.nqn]);
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
  });

  test('waits while the older one is away', async () => {
    await fence(AWAY);
    await expect(calls.stage(mountCapability(), NEWER)).rejects.toMatchObject(notLive);
    expect(cutOff()).toEqual([]);
  });

  test.each([
    ['refused', REFUSED, 'not-found'],
    ['not allowed', { state: 'refused', why: 'not-allowed', reason: 'no' } as const, 'permission'],
    ['away', AWAY, 'unavailable'],
  ])('touches nothing where the newer one is %s', async (_what, standing, kind) => {
    await fence();
    calls.node.transport.standings.set(NEWER.nqn, standing);
    await expect(calls.stage(mountCapability(), NEWER)).rejects.toMatchObject({ kind });
    expect(cutOff()).toEqual([]);
  });

  test('takes the mount of a device that the kernel has given up off the staging path', async () => {
    await calls.stage();
    calls.node.transport.lose(calls.target.nqn);
    await calls.stage(mountCapability(), NEWER);
    expect(calls.mountsAt(calls.staging)).toHaveLength(1);
    expect(calls.mountsAt(calls.staging)[0]?.source).toBe('/dev/loop1');
  });
});

describe('housekeeping', () => {
  const housekeeping = () => new Housekeeping(calls.node.deps, calls.logger);

  test('removes what is refused twice and held by nobody, and connections without a device', async () => {
    await fence(REFUSED, blockCapability());
    const keeper = housekeeping();
    await keeper.sweep(calls.context);
    expect(cutOff()).toEqual([]);
    calls.node.clock.advance(5 * MINUTE_MS);
    await keeper.sweep(calls.context);
    expect(cutOff()).toEqual([calls.target.nqn]);
    expect(calls.node.transport.tidied).toBe(2);
  });

  test('leaves alone what is away, and what somebody holds', async () => {
    await fence();
    const keeper = housekeeping();
    for (let round = 0; round < 3; round++) {
      await keeper.sweep(calls.context);
      calls.node.clock.advance(5 * MINUTE_MS);
    }
    await calls.node.kernel.run(['umount', calls.staging]);
    calls.node.transport.standings.set(calls.target.nqn, AWAY);
    for (let round = 0; round < 3; round++) {
      await keeper.sweep(calls.context);
      calls.node.clock.advance(5 * MINUTE_MS);
    }
    expect(cutOff()).toEqual([]);
  });

  test('detaches what works but is exported no more, once nobody holds it: a stage that failed leaves such', async () => {
    await calls.stage();
    const { transport, kernel } = calls.node;
    transport.withdrawn.add(calls.target.nqn);
    await housekeeping().sweep(calls.context);
    expect(transport.detached).toEqual([]);
    await kernel.run(['umount', calls.staging]);
    await housekeeping().sweep(calls.context);
    expect(transport.detached).toEqual([calls.target.nqn]);
  });

  test('goes on where one part fails, and says so', async () => {
    await fence(REFUSED, blockCapability());
    calls.node.transport.tidy = () => Promise.reject(new Error('broken'));
    await housekeeping().sweep(calls.context);
    expect(calls.logger.with('housekeeping failed; it is tried again')).toHaveLength(1);
  });

  test('runs at the start and every five minutes, until it is stopped', async () => {
    const keeper = housekeeping();
    keeper.start();
    await untilSleeping();
    expect(calls.node.transport.tidied).toBe(1);
    calls.node.clock.advance(5 * MINUTE_MS);
    await untilSleeping();
    expect(calls.node.transport.tidied).toBe(2);
    await keeper.stop();
    expect(calls.node.clock.sleeping).toBe(0);
  });

  async function untilSleeping(): Promise<void> {
    while (calls.node.clock.sleeping === 0) await Bun.sleep(1);
  }
});
