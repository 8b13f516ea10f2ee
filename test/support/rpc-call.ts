import { RpcCall, type RpcCallOptions } from '../../src/core/csi/rpc-call.ts';
import type { RpcMethod } from '../../src/core/csi/rpc-method.ts';
import { RecordingLogger } from './recording-logger.ts';

export const rpcMethod = (name: string): RpcMethod => ({
  name,
  service: 'csi.v1.Controller',
  key: name.charAt(0).toLowerCase() + name.slice(1),
});

/** A call as the server makes it, without a server. */
export const rpcCall = (name = 'CreateVolume', options: Partial<RpcCallOptions> = {}): RpcCall =>
  new RpcCall({
    method: rpcMethod(name),
    id: 'request-1',
    logger: new RecordingLogger(),
    startedAt: 0,
    timeoutMs: 1000,
    traceparent: undefined,
    ...options,
  });
