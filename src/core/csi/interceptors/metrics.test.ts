import { expect, test } from 'bun:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { invalidArgument } from '../csi-error.ts';
import { metrics } from './metrics.ts';

test('every call is counted at its beginning, and timed at its end by method and code', async () => {
  const clock = new ManualClock();
  const events: unknown[] = [];
  const layer = metrics(
    {
      started: (method) => void events.push(method),
      handled: (...given) => void events.push(given),
    },
    clock,
  );
  const good = layer(async () => clock.advance(1500), rpcMethod('CreateVolume'));
  await good({}, rpcCall());
  const bad = layer(() => Promise.reject(invalidArgument('no')), rpcMethod('DeleteVolume'));
  await expect(bad({}, rpcCall('DeleteVolume', { startedAt: 1000 }))).rejects.toThrow('no');
  expect(events).toEqual([
    'CreateVolume',
    ['CreateVolume', 'OK', 1.5],
    'DeleteVolume',
    ['DeleteVolume', 'INVALID_ARGUMENT', 0.5],
  ]);
});
