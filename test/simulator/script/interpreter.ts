import type { Clock } from '../../../src/core/clock.ts';
import type { MenuSession, Menus } from '../menus/menu.ts';
import { ReturnSignal, StopSignal } from './builtin.ts';
import { Evaluator } from './evaluator.ts';
import { parseScript } from './parser.ts';
import { PARSER_DEFAULTS, type ParserAssumptions } from './parser-assumptions.ts';
import { Scope } from './scope.ts';
import { ScriptError, SyntaxFault } from './script-error.ts';
import type { StatementHook } from './statement-hook.ts';
import type { Value } from './value.ts';

export interface InterpreterOptions {
  /** Global variables of the user, kept from script to script. */
  readonly globals: Map<string, Value>;
  readonly hook?: StatementHook;
  /** For `:delay`, `:time` and `:timestamp`. */
  readonly clock: Clock;
  readonly assumptions?: Partial<ParserAssumptions>;
}

const NO_HOOK: StatementHook = { before: async () => {}, after: async () => {} };

/** RouterOS's script language over an appliance's menus. */
export class Interpreter {
  private readonly assumptions: ParserAssumptions;

  constructor(
    private readonly menus: Menus,
    private readonly options: InterpreterOptions,
  ) {
    this.assumptions = { ...PARSER_DEFAULTS, ...options.assumptions };
  }

  /**
   * Runs a command line or a whole script; it prints to the session. A script that cannot be parsed does not begin.
   * @returns false where an error ended it, or the session did
   */
  async run(text: string, session: MenuSession): Promise<boolean> {
    const { globals, hook = NO_HOOK, clock } = this.options;
    try {
      const body = parseScript(text, this.menus, this.assumptions);
      const evaluator = new Evaluator(this.menus, session, clock, hook, this.assumptions);
      await evaluator.statements(body, { scope: new Scope(undefined, globals), held: false, depth: 0 });
      return true;
    } catch (end) {
      return this.ended(end, session);
    }
  }

  /** Error lines end with a bare line feed, unlike `:put`'s (7.24.4 over SSH, tests of a fleet tool in Go). */
  private ended(end: unknown, session: MenuSession): boolean {
    if (end instanceof ReturnSignal) return true;
    if (end instanceof ScriptError || end instanceof SyntaxFault) {
      session.print(`${end.message}\n`);
      return false;
    }
    if (end instanceof StopSignal || session.signal.aborted) return false;
    throw end;
  }
}
