import type { Clock } from '../../src/core/clock.ts';
import { UNKIND } from './appliance/assumptions.ts';
import type { Machine } from './faults/exec-faults.ts';
import type { StatementFault } from './faults/fault.ts';
import { FaultRules } from './faults/fault-rules.ts';
import { Journal } from './journal/journal.ts';
import { Latency, type LatencyRules } from './latency/latency.ts';
import { Relay } from './relay/relay.ts';
import type { Accounts } from './ssh/accounts.ts';
import { type SessionAssumptions, SSH_ASSUMPTIONS } from './ssh/assumptions.ts';
import { ExecRunner } from './ssh/exec-runner.ts';
import type { KeyPair } from './ssh/key-pair.ts';
import { commandOf, type RunLine, writes } from './ssh/run-line.ts';
import type { ShellMenus } from './ssh/shell.ts';
import { SshServer } from './ssh/ssh-server.ts';

/** The appliance as the shell around it needs it. */
export interface HostedAppliance {
  readonly runLine: RunLine;
  readonly accounts: Accounts;
  readonly menus: ShellMenus;
  maxSessions(): number;
  /** A statement's own error, as the interpreter throws it. */
  statementError(fault: StatementFault): Error;
  /** Moves the wall clock; uptime goes on as before. */
  jumpClock(ms: number): void;
  /** Power is lost: nothing is served any more. */
  poweredDown(): void;
  /** Power was lost and came back: what is not configuration is gone. */
  rebooted(): void;
  /** Called after an exec that wrote, before its reply leaves. */
  changed?(): Promise<void>;
}

export interface HostOptions {
  readonly appliance: HostedAppliance;
  readonly hostKeys: readonly KeyPair[];
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly latency?: LatencyRules;
  readonly assumptions?: Partial<SessionAssumptions>;
}

/** A machine with power, a network and an SSH service, around an appliance that runs lines of script. */
export class Host implements Machine {
  readonly faults = new FaultRules();
  readonly journal: Journal;
  readonly latency: Latency;
  private readonly server: SshServer;
  private readonly relays: Relay[] = [];
  private readonly stopped = new AbortController();
  private readonly address: { readonly host: string };
  private listening: number;
  private supply = new AbortController();
  private restarting: Promise<void> = Promise.resolve();

  private constructor(private readonly options: HostOptions) {
    const { clock, random, latency } = options;
    this.address = { host: options.listen?.host ?? '127.0.0.1' };
    this.listening = options.listen?.port ?? 0;
    this.journal = new Journal(clock);
    this.latency = new Latency(clock, random, latency);
    this.server = this.newServer();
  }

  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    await host.listen();
    return host;
  }

  /** The same through every reboot. */
  get port(): number {
    return this.listening;
  }

  /** Sessions that are logged in. */
  get sessions(): number {
    return this.server.sessions;
  }

  /** Aborts when the machine goes down; another signal once it is up again. */
  get power(): AbortSignal {
    return this.supply.signal;
  }

  /** Every session drops, every script dies, configuration is kept. Resolves once the machine serves again. */
  reboot(awayMs: number): Promise<void> {
    const down = this.powerDown();
    this.restarting = this.restarting.then(() => this.powerUp(down, awayMs));
    return this.restarting;
  }

  /** Resolves once every reboot that has begun is over. */
  whenUp(): Promise<void> {
    return this.restarting;
  }

  jumpClock(ms: number): void {
    this.options.appliance.jumpClock(ms);
  }

  statementError(fault: StatementFault): Error {
    return this.options.appliance.statementError(fault);
  }

  /** Ends every connection at once; new ones are taken. */
  dropSessions(): void {
    this.server.dropAll();
  }

  /** Drops every packet of the connections there are, which stay open. New ones are served. */
  silenceSessions(): void {
    this.server.silenceAll();
  }

  /** A network with a round trip of so many ms. Stopped together with the host. */
  async relay({ roundTripMs }: { readonly roundTripMs: number }): Promise<Relay> {
    const target = { host: this.address.host, port: this.port };
    const relay = await Relay.start({ target, roundTripMs, clock: this.options.clock });
    this.relays.push(relay);
    return relay;
  }

  async stop(): Promise<void> {
    this.stopped.abort(new Error('the simulator was stopped'));
    this.supply.abort(new Error('the simulator was stopped'));
    this.faults.clear();
    await this.restarting;
    await this.server.close();
    await Promise.all(this.relays.map((relay) => relay.stop()));
  }

  private newServer(): SshServer {
    const { hostKeys, assumptions, appliance } = this.options;
    const { accounts, menus } = appliance;
    const all = { ...UNKIND, ...SSH_ASSUMPTIONS, ...assumptions };
    const shared = { faults: this.faults, latency: this.latency, journal: this.journal, assumptions: all };
    const runLine: RunLine = (text, session, hook) => this.runLine(text, session, hook);
    const runner = new ExecRunner({ ...shared, runLine, machine: this, clock: this.options.clock });
    const maxSessions = () => appliance.maxSessions();
    return new SshServer({ ...shared, hostKeys, accounts, menus, maxSessions, runner });
  }

  private async listen(): Promise<void> {
    this.listening = await this.server.listen(this.address.host, this.listening);
  }

  private powerDown(): Promise<void> {
    this.supply.abort(new Error('the machine went down'));
    this.options.appliance.poweredDown();
    return this.server.close();
  }

  private async powerUp(down: Promise<void>, awayMs: number): Promise<void> {
    await down;
    try {
      await this.options.clock.sleep(awayMs, this.stopped.signal);
    } catch {
      return;
    }
    this.options.appliance.rebooted();
    this.supply = new AbortController();
    await this.listen();
  }

  private async runLine(...[text, session, hook]: Parameters<RunLine>): Promise<boolean> {
    let wrote = false;
    const watching = {
      before: (statement: Parameters<typeof hook.before>[0]) => {
        const note = () => {
          wrote ||= writes(commandOf(statement));
        };
        const begun = hook.before(statement);
        return begun ? begun.then(note) : note();
      },
      after: (statement: Parameters<typeof hook.after>[0]) => hook.after(statement),
    };
    try {
      return await this.options.appliance.runLine(text, session, watching);
    } finally {
      if (wrote) await this.options.appliance.changed?.();
    }
  }
}
