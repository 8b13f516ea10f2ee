import type { RpcCall } from '../rpc-call.ts';
import type { RpcMethod } from '../rpc-method.ts';

/** A handler inside the edge: it sees the whole call. */
export type EdgeHandler = (request: unknown, call: RpcCall) => Promise<unknown>;

/**
 * One layer of the onion. It is applied once a method when the server is made, so that what depends on the
 * method alone (its schema, its lock, its log level) is looked up there and not at each call.
 */
export type Interceptor = (next: EdgeHandler, method: RpcMethod) => EdgeHandler;

/** Puts layers around a handler, the first one outermost. */
export function onion(layers: readonly Interceptor[], method: RpcMethod, core: EdgeHandler): EdgeHandler {
  return layers.reduceRight((next, layer) => layer(next, method), core);
}
