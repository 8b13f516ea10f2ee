import type { ExecEnd, ExecReply, Prepare } from '../../../src/backends/routeros/ssh/appliance.ts';
import { SshAppliance } from '../../../src/backends/routeros/ssh/ssh-appliance.ts';
import type { SshSettings } from '../../../src/backends/routeros/ssh/ssh-settings.ts';
import { ManualClock } from '../manual-clock.ts';
import { RecordingLogger } from '../recording-logger.ts';
import { until } from '../until.ts';
import { RecordingSshMetrics } from './recording-ssh-metrics.ts';
import { type ReceivedExec, TestSshServer } from './test-ssh-server.ts';

export interface RigOptions {
  /** Over those that fit the server; undefined takes one away. */
  readonly settings?: SettingsChanges;
  readonly prepare?: Prepare<string>;
  readonly server?: TestSshServer;
  /** 0.5 makes the back-off exact. */
  readonly random?: () => number;
}

/** A call that is under way. */
export interface Sent {
  readonly reply: Promise<ExecReply>;
  readonly controller: AbortController;
  /** How often its line was asked for. */
  lines: number;
  /** Set once the line was written. */
  ended?: Promise<ExecEnd>;
}

/** An SSH server, and the driver's side under test with a clock that stands still. */
export class Rig {
  readonly clock = new ManualClock();
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingSshMetrics();
  readonly appliance: SshAppliance<string>;

  private constructor(
    readonly server: TestSshServer,
    options: RigOptions,
  ) {
    this.appliance = new SshAppliance<string>({
      settings: settingsFor(server, options.settings),
      prepare: options.prepare ?? (async () => 'facts'),
      clock: this.clock,
      random: options.random ?? (() => 0.5),
      logger: this.logger,
      metrics: this.metrics,
    });
  }

  /** Not started. */
  static async make(options: RigOptions = {}): Promise<Rig> {
    return new Rig(options.server ?? (await TestSshServer.start()), options);
  }

  static async connected(options: RigOptions = {}): Promise<Rig> {
    const rig = await Rig.make(options);
    rig.appliance.start();
    await rig.untilConnected();
    return rig;
  }

  get state(): 'connected' | 'not connected' {
    return this.appliance.health().connected ? 'connected' : 'not connected';
  }

  exec(line: string, operation = 'test'): Sent {
    const controller = new AbortController();
    const sent: Sent = { controller, lines: 0, reply: Promise.resolve({ text: '', exitCode: 0 }) };
    const reply = this.appliance.exec({
      operation,
      signal: controller.signal,
      line: (facts) => {
        sent.lines++;
        return line.replace('$facts', facts);
      },
      onSent: (ended) => {
        sent.ended = ended;
      },
    });
    reply.catch(() => undefined); // Looked at later.
    return Object.assign(sent, { reply });
  }

  /** Sends and waits until the server has it unanswered. */
  async hang(line: string): Promise<{ sent: Sent; received: ReceivedExec }> {
    this.server.onExec = () => undefined;
    const sent = this.exec(line);
    return { sent, received: await this.received(line) };
  }

  async received(line: string): Promise<ReceivedExec> {
    const find = () => this.server.execs.find((exec) => exec.line === line);
    await until(`the server receives ${line}`, () => find() !== undefined);
    const exec = find();
    if (exec === undefined) throw new Error(`${line} is gone`);
    return exec;
  }

  untilConnected(): Promise<void> {
    return until('connected', () => this.state === 'connected');
  }

  untilAway(): Promise<void> {
    return until('away', () => this.metrics.states.at(-1) === 'away');
  }

  /** Lets the clock run in steps, as time does, until something has happened. */
  async advanceUntil(what: string, condition: () => boolean, limitMs = 60_000): Promise<number> {
    const begin = this.clock.monotonic();
    while (!condition()) {
      if (this.clock.monotonic() - begin >= limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
      this.clock.advance(250);
      await Bun.sleep(2);
    }
    return this.clock.monotonic() - begin;
  }

  async stop(): Promise<void> {
    await this.appliance.close();
    this.server.stop();
  }
}

type SettingsChanges = { readonly [K in keyof SshSettings]?: SshSettings[K] | undefined };

function settingsFor(server: TestSshServer, changes: SettingsChanges = {}): SshSettings {
  const settings = {
    name: 'rds',
    address: '127.0.0.1',
    port: server.port,
    user: 'rose-csi',
    privateKey: server.userKey.private,
    hostKey: server.hostKey.public,
  };
  const entries = Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as unknown as SshSettings;
}
