import { connect } from 'node:net';
import { type CsiClient, connectCsi } from '../../core/csi/client.ts';

/** The first call on an emulated or overloaded machine takes seconds. */
const PROBE_MS = 10_000;

/** The command line that starts this very program again: the compiled executable, or Bun with the source. */
export function selfCommand(execPath: string, main: string): string[] {
  return main.startsWith('/$bunfs/') ? [execPath] : [execPath, main];
}

export interface DriverProcessOptions {
  /** The driver's command line, see {@link selfCommand}. */
  readonly command: readonly string[];
  /** Socket, data, state and log lie below it. */
  readonly folder: string;
  /** Settings beside those that put everything into the folder. */
  readonly settings: Readonly<Record<string, string>>;
  /** How long it may take to be ready, ms. */
  readonly timeoutMs: number;
}

/** Whether a process accepts connections on a Unix socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A driver as a process of its own, with all it keeps below one folder. */
export class DriverProcess {
  private constructor(
    private readonly child: Bun.Subprocess,
    readonly endpoint: string,
    readonly client: CsiClient,
  ) {}

  get pid(): number {
    return this.child.pid;
  }

  /** Starts the driver and waits until Probe says that it is ready. @throws Error with the log's end */
  static async start({ command, folder, settings, timeoutMs }: DriverProcessOptions): Promise<DriverProcess> {
    const endpoint = `unix://${folder}/csi.sock`;
    const log = Bun.file(`${folder}/driver.log`);
    const child = Bun.spawn([...command, 'serve'], {
      env: {
        PATH: process.env['PATH'],
        CSI_ENDPOINT: endpoint,
        MOCK_DATA_DIR: `${folder}/data`,
        STATE_DIR: `${folder}/state`,
        HTTP_ADDRESS: 'off',
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
        ...settings,
      },
      stdin: 'ignore',
      stdout: log,
      stderr: log,
      // A group of its own: Ctrl-C reaches the demo alone, which then takes the driver down in order.
      detached: true,
    });
    const driver = new DriverProcess(child, endpoint, connectCsi(endpoint));
    try {
      await driver.untilReady(performance.now() + timeoutMs);
      return driver;
    } catch (error) {
      await driver.stop();
      throw new Error(`the driver did not start: ${(await log.text()).slice(-2000)}`, { cause: error });
    }
  }

  private async untilReady(deadline: number): Promise<void> {
    const path = this.endpoint.replace('unix://', '');
    while (performance.now() < deadline && this.child.exitCode === null) {
      // A gRPC client that found nobody would wait for a second before it looks again.
      if (await isListening(path)) {
        // A failed call is no reason to give up: the channel may remember a driver that was killed on this socket.
        const answer = await this.client.identity.probe({}, PROBE_MS).catch(() => undefined);
        if (answer?.ready) return;
      }
      await Bun.sleep(5);
    }
    throw new Error('no answer to Probe');
  }

  /** Ends the client and the driver. @returns the driver's exit code */
  stop(): Promise<number> {
    this.client.close();
    return this.terminate();
  }

  /** Ends the driver as Kubernetes does: SIGTERM, and only past its grace SIGKILL. Running calls are answered. */
  async terminate(): Promise<number> {
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), 35_000);
    try {
      return await this.child.exited;
    } finally {
      clearTimeout(impatience);
    }
  }
}
