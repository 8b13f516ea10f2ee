import { chmod } from 'node:fs/promises';
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import type { Tracer } from '@opentelemetry/api';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { RpcMetrics } from '../observe/metrics.ts';
import { CsiError } from './csi-error.ts';
import { claimSocketPath, socketPath } from './endpoint.ts';
import { ControllerService, GroupControllerService, IdentityService, NodeService } from './generated/csi.ts';
import type {
  ControllerHandlers,
  GroupControllerHandlers,
  IdentityHandlers,
  NodeHandlers,
} from './handlers.ts';
import { InFlight } from './in-flight.ts';
import { cancelled, deadline, expired } from './interceptors/deadline.ts';
import { errors } from './interceptors/errors.ts';
import { type EdgeHandler, type Interceptor, onion } from './interceptors/interceptor.ts';
import { lock, type SlotOf } from './interceptors/lock.ts';
import { log } from './interceptors/log.ts';
import { metrics } from './interceptors/metrics.ts';
import { trace } from './interceptors/trace.ts';
import { validate } from './interceptors/validate.ts';
import { KeyedTryLock } from './keyed-try-lock.ts';
import { RpcCall } from './rpc-call.ts';
import { type HandlerTable, methodsOf, type RpcMethod, type ServiceDefinition } from './rpc-method.ts';
import type { RequestSchemas } from './schemas/node-request-schemas.ts';
import { statusDetails } from './status-details.ts';

export interface EdgeServices {
  readonly identity: IdentityHandlers;
  readonly controller?: ControllerHandlers;
  readonly groupController?: GroupControllerHandlers;
  readonly node?: NodeHandlers;
}

export interface EdgeOptions {
  readonly logger: Logger;
  readonly metrics: RpcMetrics;
  readonly clock: Clock;
  readonly tracer: Tracer;
  /** Of every RPC that is served. */
  readonly schemas: RequestSchemas;
  /** For calls whose client set no deadline. */
  readonly defaultDeadlineMs: number;
  readonly newRequestId: () => string;
  /** Creation locks the slot that a name leads to. */
  readonly slotOf: SlotOf;
  /** Shared with others of this process who work on volumes; undefined: nobody else does. */
  readonly locks?: KeyedTryLock;
}

/** gRPC's own default, more than any CSI request needs; larger messages are refused with RESOURCE_EXHAUSTED. */
const RECEIVE_MAX_BYTES = 4 * 1024 * 1024;
/** A list of 10,000 volumes is about 4 MiB. */
const SEND_MAX_BYTES = 64 * 1024 * 1024;
/**
 * Owner and group. kubelet is root; sidecars that are not share the socket's folder, an `emptyDir` to which
 * `fsGroup` gives their group (set-gid, so the socket inherits it). Nobody else on the node may attach volumes.
 */
const SOCKET_MODE = 0o660;
/** How long aborted handlers have to end, ms. */
const ABORT_GRACE_MS = 2000;
/** setTimeout(3) of JavaScript: longer delays would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** grpc-js times the client's deadline by a timer of its own, which may be a little ahead of the clock. */
const DEADLINE_SLACK_MS = 5;

/** The CSI services on a unix socket, each call through the onion of `interceptors/`. */
export class CsiServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': RECEIVE_MAX_BYTES,
    'grpc.max_send_message_length': SEND_MAX_BYTES,
  });
  private readonly inFlight = new InFlight();
  private closing: Promise<void> | undefined;

  constructor(
    services: EdgeServices,
    private readonly edge: EdgeOptions,
  ) {
    const { clock } = edge;
    const outer = [trace(edge.tracer), log(clock), metrics(edge.metrics, clock), errors];
    const inner = [
      deadline(clock, this.inFlight),
      validate(edge.schemas),
      lock(edge.locks ?? new KeyedTryLock(), edge.slotOf),
    ];
    const add = (definition: ServiceDefinition, handlers: object | undefined) => {
      if (handlers) this.register(definition, handlers as HandlerTable, outer, inner);
    };
    add(IdentityService, services.identity);
    add(ControllerService, services.controller);
    add(GroupControllerService, services.groupController);
    add(NodeService, services.node);
  }

  /**
   * Listens; the socket of a killed process is replaced.
   * @param endpoint see {@link socketPath}
   * @throws RangeError for a wrong endpoint, Error where the socket cannot be had; both say why
   */
  async listen(endpoint: string): Promise<void> {
    const path = socketPath(endpoint);
    await claimSocketPath(path);
    await new Promise<void>((resolve, reject) => {
      this.server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(new Error(`cannot listen on ${path}: ${error.message}`, { cause: error })) : resolve(),
      );
    });
    await chmod(path, SOCKET_MODE);
    this.edge.logger.info({ socket: path }, 'serving CSI');
  }

  /**
   * Accepts no more calls and removes the socket, lets what runs finish for `graceMs`, then aborts it.
   * Ends soon after that, whatever the handlers do. A second call waits for the first.
   */
  close(graceMs: number): Promise<void> {
    this.closing ??= this.shutDown(graceMs);
    return this.closing;
  }

  private async shutDown(graceMs: number): Promise<void> {
    const { logger } = this.edge;
    const closed = new Promise<void>((resolve) => {
      this.server.tryShutdown(() => resolve());
    });
    if (!(await this.within(graceMs, Promise.all([closed, this.inFlight.idle()])))) {
      logger.warn({ calls: this.inFlight.methods() }, 'calls did not finish in time: aborting them');
      this.inFlight.abortAll(
        new CsiError(status.UNAVAILABLE, 'the driver is shutting down; retry when it is back'),
      );
      if (!(await this.within(ABORT_GRACE_MS, Promise.all([closed, this.inFlight.idle()])))) {
        logger.error({ calls: this.inFlight.methods() }, 'aborted calls did not end: leaving them');
      }
    }
    this.server.forceShutdown();
  }

  private async within(ms: number, work: Promise<unknown>): Promise<boolean> {
    const timer = new AbortController();
    const late = this.edge.clock.sleep(ms, timer.signal).then(
      () => false,
      () => false, // Aborted below: `work` has won.
    );
    const inTime = await Promise.race([work.then(() => true), late]);
    timer.abort();
    return inTime;
  }

  private register(
    definition: ServiceDefinition,
    handlers: HandlerTable,
    outer: readonly Interceptor[],
    inner: readonly Interceptor[],
  ): void {
    const implementation: Record<string, handleUnaryCall<unknown, unknown>> = {};
    for (const method of methodsOf(definition)) {
      const handler = handlers[method.key];
      const core = handler ? onion(inner, method, handler) : unimplemented(method);
      implementation[method.key] = this.unary(method, onion(outer, method, core));
    }
    // The generated definitions have unary methods only, which the table above cannot express to the compiler.
    this.server.addService(definition as Parameters<Server['addService']>[0], implementation);
  }

  private unary(method: RpcMethod, handler: EdgeHandler): handleUnaryCall<unknown, unknown> {
    return (grpc, answer) => {
      const call = this.begin(method, grpc);
      grpc.on('cancelled', () => this.gone(call));
      handler(grpc.request, call).then(
        (response) => answer(null, response),
        (error) => {
          // The layers throw nothing else: this is a fault of a layer outside of the log's.
          if (!(error instanceof CsiError)) call.logger.error({ cause: error }, 'the edge itself failed');
          answer(failure(CsiError.from(error), call.id));
        },
      );
    };
  }

  private begin(method: RpcMethod, grpc: ServerUnaryCall<unknown, unknown>): RpcCall {
    const { clock, logger, newRequestId, defaultDeadlineMs } = this.edge;
    const [traceparent] = grpc.metadata.get('traceparent');
    const until = Number(grpc.getDeadline());
    const timeoutMs = Number.isFinite(until) ? until - clock.now() : defaultDeadlineMs;
    return new RpcCall({
      method,
      id: newRequestId(),
      logger,
      startedAt: clock.monotonic(),
      timeoutMs: Math.min(Math.max(timeoutMs, 0), TIMER_MAX_MS),
      traceparent: traceparent?.toString(),
    });
  }

  /** The stream has ended: by the client, by its deadline, or because we have answered (then nobody listens). */
  private gone(call: RpcCall): void {
    const elapsed = this.edge.clock.monotonic() - call.startedAt;
    call.abort(elapsed + DEADLINE_SLACK_MS >= call.timeoutMs ? expired(call) : cancelled(call));
  }
}

const unimplemented =
  ({ name }: RpcMethod): EdgeHandler =>
  async () => {
    throw new CsiError(status.UNIMPLEMENTED, `${name} is not implemented by this driver`);
  };

/** An internal error says nothing but where to look: the request's id leads to its line in the log. */
const failure = ({ code, message }: CsiError, id: string) => ({
  code,
  details: statusDetails(code === status.INTERNAL ? `${message} (request ${id})` : message),
  metadata: new Metadata(),
});
