import type { Clock } from '../../clock.ts';
import type { RpcMetrics } from '../../observe/metrics.ts';
import { CsiError } from '../csi-error.ts';
import type { Interceptor } from './interceptor.ts';

/** Counts and times each call by method and code. */
export const metrics =
  (sink: RpcMetrics, clock: Clock): Interceptor =>
  (next, { name }) =>
  async (request, call) => {
    sink.started(name);
    let code = 'OK';
    try {
      return await next(request, call);
    } catch (error) {
      code = CsiError.from(error).codeName;
      throw error;
    } finally {
      sink.handled(name, code, (clock.monotonic() - call.startedAt) / 1000);
    }
  };
