import type { RequestSchemas } from '../schemas/node-request-schemas.ts';
import { requestFault } from '../schemas/request-fault.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Refuses a request that its schema does not allow with INVALID_ARGUMENT and all its faults.
 * @throws TypeError when the server is made, for a method that has no schema
 */
export const validate =
  (schemas: RequestSchemas): Interceptor =>
  (next, { name }) => {
    const schema = schemas[name];
    if (!schema) throw new TypeError(`${name} has a handler but no schema`);
    return async (request, call) => {
      const fault = requestFault(schema, request);
      if (fault) throw fault;
      return next(request, call);
    };
  };
