import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DriverProcess } from '../../../src/commands/demo/driver-process.ts';
import { SystemClock } from '../../../src/core/clock.ts';
import type { ExecEntry } from '../../simulator/journal/journal.ts';
import { Relay } from '../../simulator/relay/relay.ts';
import { SimulatorProcess } from '../../support/simulator-process.ts';
import { WireLog } from './wire-log.ts';

const START_TIMEOUT_MS = 60_000;

/** Where time goes: into each command on the appliance, or into a network whose every byte is late. */
export type LatencyKind = 'per command' | 'round trip';

export interface Line {
  readonly kind: LatencyKind;
  readonly ms: number;
  /** The driver's limit of connections. Default: the driver's own. */
  readonly sessions?: number;
  /** What the connections carry is logged. */
  readonly logged?: boolean;
}

/** A driver in a process of its own, with a line of its own to the appliance. */
export interface Connected {
  readonly driver: DriverProcess;
  readonly relay: Relay;
  /** Empty unless it was asked for. */
  readonly log: WireLog;
  /** The number in `log` of a connection that the appliance's journal numbers. */
  connectionOf(session: number): number;
}

/** A simulated appliance in a process of its own. */
export class Rig {
  private drivers = 0;
  private lastSession = 0;

  private constructor(
    readonly simulator: SimulatorProcess,
    private readonly folder: string,
    private readonly command: readonly string[],
  ) {}

  /** @param flags as `make simulator` takes them */
  static async with<T>(
    command: readonly string[],
    flags: readonly string[],
    work: (rig: Rig) => Promise<T>,
  ): Promise<T> {
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-bench-`);
    try {
      // Without a state to keep: to write all of it after each command takes the processors from what is measured.
      const simulator = await SimulatorProcess.start({ flags });
      try {
        return await work(new Rig(simulator, folder, command));
      } finally {
        await simulator.stop();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** A driver that is connected, for as long as the work takes. */
  async connected<T>(line: Line, work: (connected: Connected) => Promise<T>): Promise<T> {
    const { kind, ms, sessions, logged = false } = line;
    const log = new WireLog();
    const before = await this.sessions();
    await this.simulator.setLatency({ perCommandMs: kind === 'per command' ? ms : 0 });
    const relay = await Relay.start({
      target: { host: '127.0.0.1', port: this.simulator.port },
      roundTripMs: kind === 'round trip' ? ms : 0,
      clock: new SystemClock(),
      ...(logged && { observe: (...seen) => log.note(...seen) }),
    });
    const direct = !logged && (kind === 'per command' || ms === 0);
    const port = direct ? this.simulator.port : relay.port;
    const folder = `${this.folder}/driver-${++this.drivers}`;
    await mkdir(folder);
    try {
      const driver = await DriverProcess.start({
        command: this.command,
        folder,
        settings: {
          ...this.simulator.settings(port),
          CSI_MODE: 'controller',
          NODE_NAME: 'bench-node',
          RDS_EXISTING_IMAGES: 'adopted',
          RDS_SETTLE_SECONDS: '0',
          LOG_LEVEL: 'warn',
          ...(sessions !== undefined && { RDS_SESSIONS: String(sessions) }),
        },
        timeoutMs: START_TIMEOUT_MS,
      });
      try {
        return await work({ driver, relay, log, connectionOf: (session) => session - before });
      } finally {
        await driver.stop();
      }
    } finally {
      await relay.stop();
    }
  }

  /** How many the appliance has had. To be asked before its journal forgets. */
  private async sessions(): Promise<number> {
    const seen = (await this.simulator.journal()).map(({ session }) => session);
    this.lastSession = Math.max(this.lastSession, ...seen);
    return this.lastSession;
  }

  /** What the appliance ran meanwhile. */
  async execsDuring(work: () => Promise<unknown>): Promise<readonly ExecEntry[]> {
    await this.sessions();
    await this.simulator.forget();
    await work();
    return this.simulator.journal();
  }
}
