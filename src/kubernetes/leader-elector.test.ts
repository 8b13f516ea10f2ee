import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { until } from '../../test/support/until.ts';
import { silentLogger } from '../core/observe/logger.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { LeaderElector, type LeaseTimings, type Term } from './leader-elector.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from './lease.ts';

const TIMINGS: LeaseTimings = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** One Lease, with the API server's rule on versions. */
class SharedLease {
  record: StoredLease | undefined;
  writes = 0;

  /** The lease as one candidate sees it: its network may be cut. */
  store(network: { cut: boolean }): LeaseStore {
    const pass = () => {
      if (network.cut) throw new KubernetesError('unavailable', 'cut');
    };
    return {
      read: async () => {
        pass();
        return this.record;
      },
      write: async (record: LeaseRecord, version: string | undefined) => {
        pass();
        if (this.record?.resourceVersion !== version) throw new KubernetesError('conflict', 'changed');
        this.writes += 1;
        this.record = { ...record, resourceVersion: String(this.writes) };
        return this.record;
      },
    };
  }
}

function candidate(lease: SharedLease, identity: string, clock: ManualClock) {
  const network = { cut: false };
  const stop = new AbortController();
  const terms: Term[] = [];
  const elector = new LeaderElector({
    store: lease.store(network),
    identity,
    timings: TIMINGS,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    onChange: () => undefined,
  });
  const running = elector.run(stop.signal, async (term) => {
    terms.push(term);
    await new Promise<void>((resolve) => term.signal.addEventListener('abort', () => resolve()));
  });
  const end = async () => {
    stop.abort(new Error('over'));
    await running;
  };
  return { network, terms, elector, end };
}

/** Lets everything that is due happen, in steps that no timer outruns. */
async function pass(clock: ManualClock, ms: number, look: () => void = () => undefined): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    clock.advance(Math.min(500, left));
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
    look();
  }
}

describe('the leader elector', () => {
  test('takes a lease that nobody has, renews it, and releases it at the end so that the next one has it at once', async () => {
    const clock = new ManualClock();
    const lease = new SharedLease();
    const one = candidate(lease, 'one', clock);
    await until('the first leads', () => one.elector.leads());
    await pass(clock, 60_000);
    expect(one.terms).toHaveLength(1);
    expect(one.elector.leads()).toBe(true);
    const two = candidate(lease, 'two', clock);
    await pass(clock, 60_000);
    expect(two.elector.leads()).toBe(false);
    await one.end();
    expect(lease.record).toMatchObject({ holder: '', seconds: 1 });
    await pass(clock, 3_000);
    expect(two.elector.leads()).toBe(true);
    expect(lease.record).toMatchObject({ holder: 'two', transitions: 1 });
    await two.end();
  });

  test('writes as often as it must, and no more', async () => {
    const clock = new ManualClock();
    const lease = new SharedLease();
    const one = candidate(lease, 'one', clock);
    await until('it leads', () => one.elector.leads());
    await pass(clock, 60_000);
    expect(lease.writes).toBeGreaterThan(25);
    expect(lease.writes).toBeLessThan(35);
    await one.end();
  });

  test('stops acting before anybody else can take over, when its network is cut', async () => {
    const clock = new ManualClock();
    const lease = new SharedLease();
    const one = candidate(lease, 'one', clock);
    await until('the first leads', () => one.elector.leads());
    const two = candidate(lease, 'two', clock);
    one.network.cut = true;
    let both = 0;
    let taken = 0;
    for (let elapsed = 0; elapsed < 40_000; elapsed += 500) {
      await pass(clock, 500);
      if (one.elector.leads() && two.elector.leads()) both += 1;
      if (two.elector.leads() && taken === 0) taken = elapsed;
    }
    expect(both).toBe(0);
    expect(one.terms[0]?.signal.aborted).toBe(true);
    expect(taken).toBeGreaterThan(14_000);
    expect(taken).toBeLessThan(25_000);
    await Promise.all([one.end(), two.end()]);
  });

  test('takes over what a crashed holder has left, whatever the holder said about the time', async () => {
    const clock = new ManualClock();
    const lease = new SharedLease();
    lease.record = {
      holder: 'crashed',
      seconds: 15,
      transitions: 4,
      renewTime: '2099-01-01T00:00:00.000000Z',
      acquireTime: '2099-01-01T00:00:00.000000Z',
      resourceVersion: '7',
    };
    lease.writes = 7;
    const one = candidate(lease, 'one', clock);
    await pass(clock, 14_000);
    expect(one.elector.leads()).toBe(false);
    await pass(clock, 6_000);
    expect(one.elector.leads()).toBe(true);
    expect(lease.record).toMatchObject({ holder: 'one', transitions: 5 });
    await one.end();
  });

  test('gives back a lease that it got in the very moment of its end', async () => {
    const lease = new SharedLease();
    const stop = new AbortController();
    const real = lease.store({ cut: false });
    const elector = new LeaderElector({
      store: {
        read: real.read,
        write: async (record, version, signal) => {
          const written = await real.write(record, version, signal);
          if (record.holder === 'one') {
            stop.abort(new Error('over'));
            throw stop.signal.reason;
          }
          return written;
        },
      },
      identity: 'one',
      timings: TIMINGS,
      clock: new ManualClock(),
      random: () => 0.5,
      logger: silentLogger,
      onChange: () => undefined,
    });
    await elector.run(stop.signal, async () => undefined);
    expect(lease.record?.holder).toBe('');
  });

  test('no two ever lead at once, whatever is cut when, for however long', async () => {
    const step = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      cut: fc.boolean(),
      ms: fc.integer({ min: 100, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const clock = new ManualClock();
        const lease = new SharedLease();
        const all = ['a', 'b', 'c'].map((name) => candidate(lease, name, clock));
        for (const { who, cut, ms } of steps) {
          const network = all[who]?.network;
          if (network) network.cut = cut;
          await pass(clock, ms, () =>
            expect(all.filter(({ elector }) => elector.leads()).length).toBeLessThan(2),
          );
        }
        for (const { network } of all) network.cut = false;
        await pass(clock, 30_000);
        expect(all.filter(({ elector }) => elector.leads())).toHaveLength(1);
        await Promise.all(all.map(({ end }) => end()));
      }),
      { numRuns: 40 },
    );
  });
});
