import { status } from '@grpc/grpc-js';
import type { Clock } from '../../clock.ts';
import { CsiError } from '../csi-error.ts';
import type { InFlight } from '../in-flight.ts';
import type { RpcCall } from '../rpc-call.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Answers the caller as soon as its deadline passes or it cancels, and aborts the call's signal. The handler goes
 * on to its own end and keeps its lock until then: a retry must not meet half-done work. How a handler ended whose
 * caller was gone is logged.
 */
export const deadline =
  (clock: Clock, inFlight: InFlight): Interceptor =>
  (next) =>
  (request, call) =>
    new Promise((resolve, reject) => {
      if (call.signal.aborted) {
        reject(call.signal.reason);
        return;
      }
      const timer = new AbortController();
      call.signal.addEventListener(
        'abort',
        () => {
          timer.abort();
          reject(call.signal.reason);
        },
        { once: true },
      );
      clock.sleep(call.timeoutMs, timer.signal).then(
        () => call.abort(expired(call)),
        () => undefined, // The call ended first.
      );
      const end = () => {
        timer.abort();
        call.finish();
        inFlight.delete(call);
      };
      inFlight.add(call);
      next(request, call).then(
        (response) => {
          end();
          if (call.signal.aborted) call.logger.info({}, 'handler succeeded after its caller was gone');
          resolve(response);
        },
        (error: unknown) => {
          end();
          if (call.signal.aborted) logLateFailure(call, error);
          reject(error);
        },
      );
    });

export const expired = (call: RpcCall): CsiError =>
  new CsiError(
    status.DEADLINE_EXCEEDED,
    `${call.method.name} was not done within ${Math.round(call.timeoutMs)} ms; retry`,
  );

export const cancelled = (call: RpcCall): CsiError =>
  new CsiError(status.CANCELLED, `${call.method.name} was cancelled by its caller`);

/** Ending because of the abort is what was asked for; any other failure would be seen nowhere else. */
function logLateFailure(call: RpcCall, error: unknown): void {
  if (error === call.signal.reason) call.logger.debug({}, 'handler ended by the abort of its call');
  else call.logger.warn({ cause: error }, 'handler failed after its caller was gone');
}
