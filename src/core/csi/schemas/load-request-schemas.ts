import type { RequestSchemas } from './node-request-schemas.ts';

/**
 * The schemas of the RPCs that are served. Those of a controller are imported for a controller alone: made, they would
 * be 0.7 MiB of every node plugin's memory.
 */
export async function loadRequestSchemas(forController: boolean): Promise<RequestSchemas> {
  if (forController) return (await import('./request-schemas.ts')).REQUEST_SCHEMAS;
  return (await import('./node-request-schemas.ts')).NODE_REQUEST_SCHEMAS;
}
