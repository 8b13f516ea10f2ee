import { expect, test } from 'bun:test';
import type { ApplianceHealth } from './core/storage/fleet.ts';
import { fleetReadiness, readyToWork } from './readiness.ts';

const healthOf = (...connected: boolean[]) => ({
  health: (): ApplianceHealth[] =>
    connected.map((answers, at) => ({
      ...{ appliance: `a${at}`, connected: answers, since: 0 },
      ...(!answers && { reason: 'unplugged' }),
    })),
});

test('a controller is ready while one of its appliances answers, and tells which do not', () => {
  expect(fleetReadiness(healthOf(true, true))).toEqual({ ready: true });
  const away = 'appliance a1 is away since 1970-01-01T00:00:00.000Z: unplugged';
  expect(fleetReadiness(healthOf(true, false))).toEqual({ ready: true, reason: away });
  expect(fleetReadiness(healthOf(false, false)).ready).toBeFalse();
  expect(readyToWork(healthOf(true, false), undefined)).toEqual({ healthy: true, reason: away });
});

test('a node is ready once kubelet has registered it', () => {
  expect(readyToWork(undefined, { state: 'registered', reason: '' })).toEqual({ healthy: true });
  expect(readyToWork(undefined, { state: 'refused', reason: 'no' })).toEqual({
    healthy: false,
    reason: 'kubelet has refused the driver: no',
  });
  expect(readyToWork(undefined, { state: 'waiting', reason: '' }).healthy).toBeFalse();
});
