import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { trace } from '@opentelemetry/api';
import { SystemClock } from '../../src/core/clock.ts';
import {
  ControllerService,
  GroupControllerService,
  IdentityService,
  NodeService,
} from '../../src/core/csi/generated/csi.ts';
import { REQUEST_SCHEMAS } from '../../src/core/csi/schemas/request-schemas.ts';
import { CsiServer, type EdgeOptions, type EdgeServices } from '../../src/core/csi/server.ts';
import { noMetrics } from '../../src/core/observe/metrics.ts';
import { RecordingLogger } from './recording-logger.ts';

/** Every RPC of every service, by the name of its handler. */
export const METHODS = {
  ...IdentityService,
  ...ControllerService,
  ...GroupControllerService,
  ...NodeService,
};
export type MethodKey = keyof typeof METHODS;

/** What a call came to: `OK` with a response, or the code's name with its details. */
export interface Outcome {
  readonly code: string;
  readonly details: string;
  readonly response?: unknown;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** Changes the message on its way to the wire. */
  readonly garble?: (bytes: Buffer) => Buffer;
}

/** A real gRPC client of the socket that takes any request, also one that no schema allows. */
export class RawClient {
  private readonly client: Client;

  constructor(socket: string) {
    this.client = new Client(`unix:${socket}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': -1,
    });
  }

  call(key: MethodKey, request: object, options: CallOptions = {}): Promise<Outcome> {
    const method = METHODS[key];
    const { garble = (bytes: Buffer) => bytes } = options;
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
    const deadline = options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
    return new Promise((resolve) => {
      const call = this.client.makeUnaryRequest(
        method.path,
        (value: object) => garble((method.requestSerialize as (value: object) => Buffer)(value)),
        method.responseDeserialize as (bytes: Buffer) => unknown,
        request,
        metadata,
        deadline,
        (error, response) => resolve(error ? failed(error) : { code: 'OK', details: '', response }),
      );
      options.signal?.addEventListener('abort', () => call.cancel());
    });
  }

  close(): void {
    this.client.close();
  }
}

const failed = (error: ServiceError): Outcome => ({ code: status[error.code], details: error.details });

/** A server on a socket of its own, with a client. */
export class TestEdge {
  readonly logger = new RecordingLogger();
  readonly folder: string;
  readonly socket: string;
  readonly server: CsiServer;
  readonly client: RawClient;

  private constructor(folder: string, services: EdgeServices, options: Partial<EdgeOptions>) {
    let requests = 0;
    this.folder = folder;
    this.socket = join(folder, 'csi.sock');
    this.server = new CsiServer(services, {
      logger: this.logger,
      metrics: noMetrics,
      clock: new SystemClock(),
      tracer: trace.getTracer('test'),
      schemas: REQUEST_SCHEMAS,
      defaultDeadlineMs: 10_000,
      newRequestId: () => `request-${++requests}`,
      slotOf: (_, name) => `slot-of-${name}`,
      ...options,
    });
    this.client = new RawClient(this.socket);
  }

  static async start(services: EdgeServices, options: Partial<EdgeOptions> = {}): Promise<TestEdge> {
    const edge = new TestEdge(await mkdtemp(join(tmpdir(), 'rose-csi-edge-')), services, options);
    await edge.server.listen(`unix://${edge.socket}`);
    return edge;
  }

  async stop(graceMs = 2000): Promise<void> {
    this.client.close();
    await this.server.close(graceMs);
    await rm(this.folder, { recursive: true, force: true });
  }
}
