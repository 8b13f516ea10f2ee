import { describe, expect, test } from 'bun:test';
import { RawClient } from '../../../test/support/edge.ts';
import { creation, held, made, testEdges, until1 } from '../../../test/support/edges.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { until } from '../../../test/support/until.ts';

const { serve } = testEdges();

describe('deadlines', () => {
  test("at the caller's deadline the signal aborts, and the lock stays until the handler has ended", async () => {
    const { handlers, contexts, release } = held();
    const { client, logger } = await serve(handlers);
    const late = await client.call('createVolume', creation('pvc-1'), { timeoutMs: 50 });
    expect(late.code).toBe('DEADLINE_EXCEEDED');
    await until('the signal aborts', () => contexts[0]?.signal.aborted === true);
    expect(contexts[0]?.signal.reason).toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
    expect((await client.call('createVolume', creation('pvc-1'))).code).toBe('ABORTED');
    release();
    await until(
      'the end is logged',
      () => logger.with('handler succeeded after its caller was gone').length === 1,
    );
    expect((await client.call('createVolume', creation('pvc-1'))).code).toBe('OK');
    expect(logger.with('call failed')[0]).toMatchObject({ fields: { code: 'DEADLINE_EXCEEDED' } });
  });

  test('a call without a deadline has the default one', async () => {
    const clock = new ManualClock();
    const { handlers, contexts, release } = held();
    const { client } = await serve(handlers, { clock, defaultDeadlineMs: 30_000 });
    const call = client.call('createVolume', creation('pvc-1'));
    await until1(contexts);
    clock.advance(29_999);
    expect(contexts[0]?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(await call).toEqual({
      code: 'DEADLINE_EXCEEDED',
      details: 'volume "pvc-1": CreateVolume was not done within 30000 ms; retry',
    });
    release();
  });

  test('a deadline of months does not fire at once', async () => {
    const { client } = await serve({
      createVolume: async (_, { signal }) => {
        await Bun.sleep(20);
        return made(`rds1/${signal.aborted}`);
      },
    });
    const { response } = await client.call('createVolume', creation('pvc-1'), { timeoutMs: 2_000_000_000 });
    expect(response).toEqual(made('rds1/false'));
  });

  test('a cancelled call aborts the signal with CANCELLED', async () => {
    const { handlers, contexts, release } = held();
    const { client } = await serve(handlers);
    const cancel = new AbortController();
    const call = client.call('createVolume', creation('pvc-1'), { signal: cancel.signal });
    await until1(contexts);
    cancel.abort();
    expect((await call).code).toBe('CANCELLED');
    await until('the signal aborts', () => contexts[0]?.signal.aborted === true);
    expect(contexts[0]?.signal.reason).toMatchObject({ codeName: 'CANCELLED' });
    release();
  });

  test('a caller whose connection breaks counts as cancelled', async () => {
    const { handlers, contexts, release } = held();
    const { socket } = await serve(handlers);
    const client = new RawClient(socket);
    const call = client.call('createVolume', creation('pvc-1'), { timeoutMs: 200 });
    await until1(contexts);
    client.close();
    await call;
    await until('the signal aborts', () => contexts[0]?.signal.aborted === true);
    release();
  });

  test('after a normal end nothing aborts, though the stream closes', async () => {
    const signals: AbortSignal[] = [];
    const { client } = await serve({
      createVolume: async (_, { signal }) => {
        signals.push(signal);
        return made('rds1/x');
      },
    });
    await client.call('createVolume', creation('pvc-1'));
    await client.call('probe', {});
    expect(signals[0]?.aborted).toBe(false);
  });
});
