import { DriverError } from '../../driver-error.ts';
import { quote } from '../../observe/quote.ts';
import { secretScrub } from '../../observe/redaction.ts';
import { parseHandle } from '../../storage/volume-id.ts';
import { CsiError } from '../csi-error.ts';
import type { Interceptor } from './interceptor.ts';
import { requestSubject } from './request-subject.ts';

/**
 * Whatever is thrown below leaves as a `CsiError` that names its volume or snapshot, without the request's secrets: callers make
 * events of it. What the kernel or a program said of a path or a device names no volume by itself.
 */
export const errors: Interceptor =
  (next, { name }) =>
  async (request, call) => {
    try {
      return await next(request, call);
    } catch (thrown) {
      const error = CsiError.from(thrown);
      const isOurs = thrown instanceof CsiError || thrown instanceof DriverError;
      const text = isOurs ? naming(error.message, name, request) : error.message;
      const message = secretScrub(request)?.(text) ?? text;
      throw message === error.message ? error : new CsiError(error.code, message, { cause: error.cause });
    }
  };

function naming(message: string, method: string, request: unknown): string {
  const subject = requestSubject(method, request);
  if (!subject) return message;
  const { kind, label } = subject;
  const written = parseHandle(label) ? label : quote(label);
  return message.includes(written) ? message : `${kind} ${written}: ${message}`;
}
