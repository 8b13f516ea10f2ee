import type { CsiServer } from './core/csi/server.ts';
import type { HttpServer } from './core/observe/http-server.ts';
import type { Logger } from './core/observe/logger.ts';

/** Work that nobody asks for, done beside the calls. */
export interface Background {
  start(): void;
  /** Resolves once nothing of it runs any more. */
  stop(): Promise<void>;
}

export interface DriverParts {
  readonly server: CsiServer;
  readonly endpoint: string;
  /** undefined: switched off. */
  readonly http: HttpServer | undefined;
  /** Tells kubelet where the socket is; undefined: a sidecar does, or nobody. */
  readonly registration: Service | undefined;
  /** What goes on beside calls. */
  readonly background: readonly Background[];
  /** Closes what outlives calls: the backend's connections and folders. */
  readonly release: () => Promise<void>;
  readonly logger: Logger;
  /** How long running calls may take to finish at the end, ms. */
  readonly graceMs: number;
}

export interface Service {
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** A running driver: what is started in order, and stopped in the reverse of it. */
export class Driver {
  constructor(private readonly parts: DriverParts) {}

  /** @throws Error where the socket or the HTTP address cannot be had; `stop` is safe then, too */
  async start(): Promise<void> {
    const port = this.parts.http?.start();
    if (port !== undefined) this.parts.logger.info({ port }, 'serving metrics and health');
    await this.parts.server.listen(this.parts.endpoint);
    await this.parts.registration?.listen();
    for (const work of this.parts.background) work.start();
  }

  /** Takes no more calls, lets running ones finish, then lets go of everything. */
  async stop(): Promise<void> {
    const { server, http, background, release, logger, graceMs, registration } = this.parts;
    logger.info({ graceMs }, 'stopping');
    await registration?.close();
    await Promise.all([...background.map((work) => work.stop()), server.close(graceMs)]);
    await release();
    await http?.stop();
    logger.info({}, 'stopped');
  }
}
