import { requestFault } from '../schemas/request-fault.ts';
import { REQUEST_SCHEMAS } from '../schemas/request-schemas.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Refuses a request that its schema does not allow with INVALID_ARGUMENT and all its faults.
 * @throws TypeError when the server is made, for a method that has no schema
 */
export const validate: Interceptor = (next, { name }) => {
  const schema = REQUEST_SCHEMAS[name];
  if (!schema) throw new TypeError(`${name} has a handler but no schema`);
  return async (request, call) => {
    const fault = requestFault(schema, request);
    if (fault) throw fault;
    return next(request, call);
  };
};
