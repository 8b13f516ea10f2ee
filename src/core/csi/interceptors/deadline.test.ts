import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { RecordingLogger } from '../../../../test/support/recording-logger.ts';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { InFlight } from '../in-flight.ts';
import { cancelled, deadline } from './deadline.ts';

/** A call whose handler ends when it is told. */
function running() {
  const clock = new ManualClock();
  const inFlight = new InFlight();
  const logger = new RecordingLogger();
  const call = rpcCall('CreateVolume', { logger, timeoutMs: 1000 });
  const gate = Promise.withResolvers<string>();
  const answer = deadline(clock, inFlight)(() => gate.promise, rpcMethod('CreateVolume'))({}, call);
  answer.catch(() => undefined);
  return { clock, inFlight, logger, call, gate, answer };
}

describe('deadline', () => {
  test('a handler in time is answered, and leaves no timer and nothing in flight', async () => {
    const { clock, inFlight, gate, answer, call } = running();
    expect([clock.sleeping, inFlight.size]).toEqual([1, 1]);
    gate.resolve('done');
    expect(await answer).toBe('done');
    expect([clock.sleeping, inFlight.size]).toEqual([0, 0]);
    expect(call.signal.aborted).toBe(false);
  });

  test('the failure of a handler in time is passed on and not logged here', async () => {
    const { gate, answer, logger, inFlight } = running();
    gate.reject(new Error('failed'));
    await expect(answer).rejects.toThrow('failed');
    expect([logger.lines.length, inFlight.size]).toEqual([0, 0]);
  });

  test('at the deadline the caller is answered and the signal aborts, while the handler is in flight', async () => {
    const { clock, inFlight, call, gate, answer } = running();
    clock.advance(1000);
    await expect(answer).rejects.toMatchObject({
      codeName: 'DEADLINE_EXCEEDED',
      message: 'CreateVolume was not done within 1000 ms; retry',
    });
    expect(call.signal.aborted).toBe(true);
    expect(inFlight.size).toBe(1);
    gate.resolve('late');
    await inFlight.idle();
    expect(inFlight.size).toBe(0);
  });

  test('a cancelled call is answered at once', async () => {
    const { call, answer, clock, inFlight, gate } = running();
    call.abort(cancelled(call));
    await expect(answer).rejects.toMatchObject({ codeName: 'CANCELLED' });
    expect(clock.sleeping).toBe(0);
    gate.resolve('late');
    await inFlight.idle();
  });

  test('a call that was cancelled before it began does not reach its handler', async () => {
    const inFlight = new InFlight();
    const call = rpcCall();
    call.abort(cancelled(call));
    let called = false;
    const layer = deadline(new ManualClock(), inFlight)(async () => {
      called = true;
    }, rpcMethod('CreateVolume'));
    await expect(layer({}, call)).rejects.toMatchObject({ codeName: 'CANCELLED' });
    expect([called, inFlight.size]).toEqual([false, 0]);
  });

  test('how a late handler ended is logged', async () => {
    const success = running();
    success.clock.advance(1000);
    success.gate.resolve('late');
    await expect(success.answer).rejects.toThrow();
    await success.inFlight.idle();
    expect(success.logger.lines).toMatchObject([
      { level: 'info', message: 'handler succeeded after its caller was gone' },
    ]);

    const failure = running();
    failure.clock.advance(1000);
    await expect(failure.answer).rejects.toThrow();
    failure.gate.reject(new Error('disk full'));
    await failure.inFlight.idle();
    expect(failure.logger.lines).toMatchObject([
      {
        level: 'warn',
        message: 'handler failed after its caller was gone',
        fields: { cause: new Error('disk full') },
      },
    ]);

    const obedient = running();
    obedient.clock.advance(1000);
    await expect(obedient.answer).rejects.toThrow();
    obedient.gate.reject(obedient.call.signal.reason);
    await obedient.inFlight.idle();
    expect(obedient.logger.lines).toMatchObject([{ level: 'debug' }]);
  });

  test('after the end nothing is aborted: the stream closes after every call', async () => {
    const { gate, answer, call } = running();
    gate.resolve('done');
    await answer;
    call.abort(cancelled(call));
    expect(call.signal.aborted).toBe(false);
  });
});
