import {
  Client,
  credentials,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import {
  type ControllerServer,
  ControllerService,
  type GroupControllerServer,
  GroupControllerService,
  type IdentityServer,
  IdentityService,
  type NodeServer,
  NodeService,
} from './generated/csi.ts';

/** A service as its client sees it: promises that reject with grpc-js' `ServiceError`. */
type Calls<Server> = {
  readonly [Method in keyof Server as string extends Method
    ? never
    : Method]: Server[Method] extends handleUnaryCall<infer Request, infer Response>
    ? (request: Request, timeoutMs?: number) => Promise<Response>
    : never;
};

/** A CSI client over a Unix socket, as the demo and the tests need one. Every call has a deadline. */
export interface CsiClient {
  readonly identity: Calls<IdentityServer>;
  readonly controller: Calls<ControllerServer>;
  readonly groupController: Calls<GroupControllerServer>;
  readonly node: Calls<NodeServer>;
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** @param endpoint such as `unix:///csi/csi.sock` */
export function connectCsi(endpoint: string): CsiClient {
  const client = new Client(endpoint, credentials.createInsecure());
  return {
    identity: callsOf<IdentityServer>(client, IdentityService),
    controller: callsOf<ControllerServer>(client, ControllerService),
    groupController: callsOf<GroupControllerServer>(client, GroupControllerService),
    node: callsOf<NodeServer>(client, NodeService),
    close: () => client.close(),
  };
}

function callsOf<Server>(client: Client, service: ServiceDefinition): Calls<Server> {
  const calls = Object.entries(service).map(([name, method]) => [name, unaryCall(client, method)]);
  return Object.fromEntries(calls);
}

function unaryCall(client: Client, method: MethodDefinition<unknown, unknown>) {
  return (request: unknown, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<unknown> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new Metadata(),
        { deadline: Date.now() + timeoutMs },
        (error, response) => (error ? reject(error) : resolve(response)),
      );
    });
}
