import type { handleUnaryCall } from '@grpc/grpc-js';
import type { CallContext } from '../call-context.ts';
import type { ControllerServer, GroupControllerServer, IdentityServer, NodeServer } from './generated/csi.ts';

/** One RPC as a promise: what services implement and interceptors wrap. Throws `DriverError` or `CsiError`. */
export type Handler<Request = unknown, Response = unknown> = (
  request: Request,
  context: CallContext,
) => Promise<Response>;

/**
 * A generated service definition with promises for callbacks. An RPC that is left out answers UNIMPLEMENTED.
 */
export type Handlers<Server> = {
  readonly [Method in keyof Server as string extends Method
    ? never
    : Method]?: Server[Method] extends handleUnaryCall<infer Request, infer Response>
    ? Handler<Request, Response>
    : never;
};

export type IdentityHandlers = Handlers<IdentityServer>;
export type ControllerHandlers = Handlers<ControllerServer>;
export type GroupControllerHandlers = Handlers<GroupControllerServer>;
export type NodeHandlers = Handlers<NodeServer>;
