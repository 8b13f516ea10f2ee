import { join } from 'node:path';
import type { ApplianceState } from '../simulator/appliance/state.ts';
import type { FaultRule } from '../simulator/faults/fault-rule.ts';
import type { ExecEntry } from '../simulator/journal/journal.ts';
import type { LatencyRules } from '../simulator/latency/latency.ts';
import { Simulator } from '../simulator/simulator.ts';
import { PlainClient } from '../simulator/support/plain-client.ts';

const MAIN = join(import.meta.dir, '../simulator/main.ts');
const START_TIMEOUT_MS = 30_000;

export interface SimulatorProcessOptions {
  /** Keys and state lie in it; it must exist. Default: one of its own, with keys only, which goes with it. */
  readonly folder?: string;
  /** As `make simulator` takes them, such as `['--version', '7.24']`. */
  readonly flags?: readonly string[];
}

/** What JSON makes of the appliance's state: sizes are text. */
export type SeenState = Pick<ApplianceState, 'disks' | 'nodes'>;

/** The simulator as a process of its own, so that its work is not counted as the driver's. */
export class SimulatorProcess {
  private constructor(
    private readonly child: Bun.Subprocess,
    private readonly controlUrl: string,
    /** Where it answers SSH, on 127.0.0.1. */
    readonly port: number,
    /** `SHA256:…` */
    readonly hostKey: string,
    readonly userKeyFile: string,
  ) {}

  /** Resolves once it serves. @throws Error with what it said */
  static async start({ folder, flags = [] }: SimulatorProcessOptions = {}): Promise<SimulatorProcess> {
    const state = folder === undefined ? [] : ['--state', folder];
    const child = Bun.spawn(
      [process.execPath, MAIN, ...state, '--port', '0', '--control-port', '0', ...flags],
      { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit', detached: true },
    );
    const text = await greeting(child.stdout);
    const [, port, userKeyFile] = /ssh -p (\d+) -i (\S+) /.exec(text) ?? [];
    const [hostKey] = /SHA256:\S+/.exec(text) ?? [];
    const [, control] = /curl (\S+)/.exec(text) ?? [];
    if (!port || !userKeyFile || !hostKey || !control) {
      child.kill('SIGKILL');
      throw new Error(`the simulator did not start: ${text}`);
    }
    return new SimulatorProcess(child, control, Number(port), hostKey, userKeyFile);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** What a driver is told to find it. @param port of a relay in front of it */
  settings(port = this.port): Readonly<Record<string, string>> {
    return {
      RDS_BACKEND: 'routeros',
      RDS_ADDRESS: '127.0.0.1',
      RDS_PORT: String(port),
      RDS_USER: Simulator.user,
      RDS_PRIVATE_KEY_FILE: this.userKeyFile,
      RDS_HOST_KEY: this.hostKey,
      CLUSTER_ID: 'simulated',
    };
  }

  async setLatency(rules: Pick<LatencyRules, 'perCommandMs'>): Promise<void> {
    await this.ask('latency', { method: 'PUT', body: JSON.stringify(rules) });
  }

  /** @param rule its expressions as text */
  async addFault(rule: Pick<FaultRule, 'fault'> & { readonly times?: number | 'always' }): Promise<void> {
    await this.ask('faults', { method: 'POST', body: JSON.stringify(rule) });
  }

  async clearFaults(): Promise<void> {
    await this.ask('faults', { method: 'DELETE' });
  }

  /** Every exec since the start, or since {@link forget}. */
  async journal(): Promise<readonly ExecEntry[]> {
    return (await (await this.ask('journal')).json()) as ExecEntry[];
  }

  async forget(): Promise<void> {
    await this.ask('journal', { method: 'DELETE' });
  }

  /** Logins since the start, and sessions now. */
  async sessions(): Promise<{ readonly now: number; readonly logins: number }> {
    return (await (await this.ask('sessions')).json()) as { now: number; logins: number };
  }

  async state(): Promise<SeenState> {
    return (await (await this.ask('state')).json()) as SeenState;
  }

  /** Resolves once it is on its way down; it is back after so many ms. */
  async reboot(awayMs: number): Promise<void> {
    await this.ask('reboot', { method: 'POST', body: JSON.stringify({ awayMs }) });
  }

  /** Moves the appliance's wall clock. */
  async jumpClock(ms: number): Promise<void> {
    await this.ask('clock', { method: 'POST', body: JSON.stringify({ ms }) });
  }

  /** Ends every session; new ones are taken. */
  async drop(): Promise<void> {
    await this.ask('drop', { method: 'POST' });
  }

  /** What the portal tells an initiator; null: it is let in. */
  async refusal(nqn: string, port: number): Promise<string | null> {
    const hostNqn = 'nqn.2014-08.org.nvmexpress:uuid:00000000-0000-0000-0000-000000000000';
    const answer = await this.ask('connect', {
      method: 'POST',
      body: JSON.stringify({ nqn, port, hostNqn }),
    });
    return ((await answer.json()) as { refused: string | null }).refused;
  }

  /** As a person at the console. @throws Error where the appliance says anything */
  async console(line: string): Promise<void> {
    const client = await PlainClient.connect({
      port: this.port,
      username: Simulator.user,
      privateKey: await Bun.file(this.userKeyFile).text(),
    });
    const { out } = await client.exec(line);
    await client.close();
    if (out.trim() !== '') throw new Error(`${line}: ${out}`);
  }

  /** @returns the exit code */
  async stop(): Promise<number> {
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    try {
      return await this.child.exited;
    } finally {
      clearTimeout(impatience);
    }
  }

  private async ask(path: string, request: RequestInit = {}): Promise<Response> {
    const answer = await fetch(`${this.controlUrl}${path}`, request);
    if (!answer.ok) throw new Error(`the simulator answered ${path}: ${await answer.text()}`);
    return answer;
  }
}

/** Reads until it says that it runs, or ends. What it says later is read and forgotten, lest it wait for a reader. */
async function greeting(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const late = setTimeout(() => resolve('nothing in time'), START_TIMEOUT_MS);
  void (async () => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of stdout) {
      text += decoder.decode(bytes, { stream: true });
      if (text.includes('stops it')) resolve(text);
    }
    resolve(text);
  })();
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}
