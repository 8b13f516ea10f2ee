import { secretScrub } from '../../observe/redaction.ts';
import { CsiError } from '../csi-error.ts';
import type { Interceptor } from './interceptor.ts';

/** Whatever is thrown below leaves as a `CsiError`, without the request's secrets: callers make events of it. */
export const errors: Interceptor = (next) => async (request, call) => {
  try {
    return await next(request, call);
  } catch (thrown) {
    const error = CsiError.from(thrown);
    const message = secretScrub(request)?.(error.message) ?? error.message;
    throw message === error.message ? error : new CsiError(error.code, message, { cause: error.cause });
  }
};
