import { expect, test } from 'bun:test';
import { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import { DEFAULT_TIMINGS } from '../../src/backends/routeros/ssh/ssh-settings.ts';
import { pool, routerosFixture } from '../contract/routeros-fixtures.ts';
import { SwiftClock } from '../faults/swift-clock.ts';
import { METHODS, type MethodKey } from '../support/edge.ts';
import { mockOptions } from './controller-rig.ts';
import { type Appliance, idempotencyOf } from './idempotency.ts';
import { MUTATIONS } from './mutations.ts';

/** So that two calls at once meet. */
const LATENCY_MS = 2;

async function mock(): Promise<Appliance> {
  const options = await mockOptions({
    latencyMs: LATENCY_MS,
    pools: [{ name: 'main', capacityBytes: 1n << 30n }],
  });
  const backend = new MockBackend(options);
  return {
    backend,
    clusterId: options.clusterId,
    loseReply: ({ operation }) => {
      options.faults.add({ operation, when: 'after' });
      // The caller sees it: this backend does not ask again by itself.
      return () => false;
    },
    close: () => backend.close(),
  };
}

async function routeros(): Promise<Appliance> {
  const { backend, simulator, dispose } = await routerosFixture({
    version: '7.24',
    pools: [pool('fast', 'btrfs', 1n << 30n)],
    assumptions: { existingImage: 'adopted', subvolumeSpace: 'at-once' },
    driver: {
      options: { abilities: { adoptsImages: true } },
      sshClock: new SwiftClock(HURRY),
      ssh: { timings: PATIENT },
    },
    latencyMs: LATENCY_MS,
  });
  return {
    backend,
    clusterId: 'contract',
    loseReply: () => {
      const rule = simulator.faults.add({ fault: { kind: 'reply-lost' }, on: { exec: WRITES } });
      return () => rule.met > 0;
    },
    close: dispose,
  };
}

/** Reconnecting takes 50 ms instead of 1 s; what waits for the appliance is as patient as ever. */
const HURRY = 20;
const PATIENT = Object.fromEntries(
  Object.entries(DEFAULT_TIMINGS).map(([name, ms]) => [name, name === 'keepaliveMs' ? ms : ms * HURRY]),
);

const WRITES = /\/disk[ /](add|set|remove|btrfs[ /]subvolume[ /](add|remove))/;

test('the table has every RPC of the controllers that changes something', () => {
  const changing = /^(create|delete|controller(publish|unpublish|expand|modify))/i;
  const rpcs = new Set(MUTATIONS.map(({ rpc }) => rpc));
  expect([...rpcs].sort()).toEqual(
    (Object.keys(METHODS) as MethodKey[]).filter((key) => changing.test(key)).sort(),
  );
});

idempotencyOf('mock', mock);
idempotencyOf('routeros', routeros);
