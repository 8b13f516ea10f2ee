import type { Clock } from '../../../src/core/clock.ts';
import { ExecFaults, type Line, type Machine } from '../faults/exec-faults.ts';
import type { FaultRules } from '../faults/fault-rules.ts';
import type { ExecRecord, Journal } from '../journal/journal.ts';
import type { Latency } from '../latency/latency.ts';
import type { StatementHook, StatementInfo } from '../script/statement-hook.ts';
import { nextTurn } from '../script/statement-lock.ts';
import type { SessionAssumptions } from './assumptions.ts';
import { Reply, type Sink } from './reply.ts';
import { commandOf, type RunLine } from './run-line.ts';
import { Turns } from './turns.ts';

/** A command line with the session it came in. */
export interface ExecRequest {
  readonly text: string;
  readonly channel: 'exec' | 'shell';
  /** The connection's number. */
  readonly session: number;
  readonly user: string;
  readonly policies: ReadonlySet<string>;
  readonly width: number;
  readonly sink: Sink;
  readonly line: Line;
  /** Aborts when the client is gone, or has interrupted the command. */
  readonly gone: AbortSignal;
}

export interface ExecParts {
  readonly runLine: RunLine;
  readonly faults: FaultRules;
  readonly latency: Latency;
  readonly journal: Journal;
  readonly machine: Machine & {
    /** Aborts when the machine goes down; another signal once it is up again. */
    readonly power: AbortSignal;
  };
  readonly clock: Clock;
  readonly assumptions: Pick<SessionAssumptions, 'deadSession' | 'errorExitCode'>;
}

/** What belongs to one run. */
interface Run {
  readonly reply: Reply;
  readonly record: ExecRecord;
  readonly faults: ExecFaults;
  /** Aborts once the script is to stop. */
  readonly signal: AbortSignal;
}

/** An exit status for what RouterOS has none for: the simulator itself failed. */
const CRASHED = 70;

/** Runs command lines: the appliance's work, with its latency, the faults that strike, and an entry in the journal. */
export class ExecRunner {
  /**
   * Commands whose time has come at once begin one a turn of the event loop, so that each reply leaves before the next
   * command is worked on. An appliance does not keep a reply until it has done what others asked of it.
   */
  private readonly beginnings = new Turns();

  constructor(private readonly parts: ExecParts) {}

  /** @returns the exit status, or undefined where the session ended first */
  async run(request: ExecRequest): Promise<number | undefined> {
    const run = this.open(request);
    const { record, reply } = run;
    const { power } = this.parts.machine;
    const lost = () => request.gone.aborted || power.aborted;
    try {
      const { ok, exit } = await this.play(request, run);
      record.end(lost() ? 'lost' : ok ? 'ok' : 'error', reply.bytes);
      return lost() ? undefined : exit;
    } catch (error) {
      record.end(lost() ? 'lost' : 'crashed', reply.bytes);
      if (lost()) return undefined;
      reply.send(`simulator: ${error instanceof Error ? error.stack : String(error)}\r\n`);
      return CRASHED;
    }
  }

  private open(request: ExecRequest): Run {
    const { faults, journal, machine, clock, assumptions } = this.parts;
    const record = journal.begin(request);
    const reply = new Reply(request.sink, faults.mayHoldReply(request));
    // A machine without power runs nothing; a script whose client is gone may.
    const signal =
      assumptions.deadSession === 'stops' ? AbortSignal.any([request.gone, machine.power]) : machine.power;
    const around = { rules: faults, line: request.line, machine, clock, record, reply, signal };
    return { reply, record, signal, faults: new ExecFaults(request, around) };
  }

  private async play(request: ExecRequest, run: Run): Promise<{ ok: boolean; exit: number }> {
    const { latency, runLine, assumptions } = this.parts;
    const { faults, reply, signal } = run;
    await latency.ofCommand(request, signal);
    await this.beginnings.take(nextTurn);
    await faults.at('before');
    const { user, policies, width } = request;
    const session = { user, policies, width, signal, print: (text: string) => reply.print(text) };
    const ok = await runLine(request.text, session, this.hook(run));
    await faults.at('after');
    await faults.sendReply();
    await reply.drained(request.gone);
    if (faults.cutsReply) request.line.cut();
    await faults.at('replied');
    return { ok, exit: faults.exitCode(ok ? 0 : assumptions.errorExitCode) };
  }

  private hook({ faults, record, signal }: Run): StatementHook {
    const note = (statement: StatementInfo) => record.statement(commandOf(statement));
    const begin = (statement: StatementInfo) => {
      const struck = faults.beforeStatement(statement);
      return struck ? struck.then(() => note(statement)) : note(statement);
    };
    return {
      before: (statement) => {
        const late = this.parts.latency.ofStatement(statement, signal);
        return late ? late.then(() => begin(statement)) : begin(statement);
      },
      after: (statement) => faults.afterStatement(statement),
    };
  }
}
