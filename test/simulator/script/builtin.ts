import type { Clock } from '../../../src/core/clock.ts';
import type { MenuSession } from '../menus/menu.ts';
import type { Block, BuiltinStatement, Expression } from './ast.ts';
import type { Scope } from './scope.ts';
import { ScriptError } from './script-error.ts';
import { ScriptCode, type Value } from './value.ts';

/** Where a piece of script runs: its variables, the row it looks at, and whether the appliance is held. */
export interface Frame {
  readonly scope: Scope;
  /** In a `where`: the properties of the row, which hide variables. */
  readonly row?: ReadonlyMap<string, Value>;
  /** Whether this runs within the arguments of a menu's command, which holds the appliance. */
  readonly held: boolean;
  /** Calls of functions that this is in. */
  readonly depth: number;
}

/** What built-in commands need of the machine that runs them. */
export interface Machine {
  readonly session: MenuSession;
  readonly clock: Clock;
  evaluate(expression: Expression, frame: Frame): Promise<Value>;
  /** Runs a block in a scope of its own. @returns its last statement's value */
  block(body: Block, frame: Frame, declare?: (scope: Scope) => void): Promise<Value>;
  /** Stops the script if its session is dead; lets others run from time to time. */
  tick(): Promise<void>;
  parse(text: string): Value;
}

/** A built-in command, its arguments not evaluated yet. */
export class BuiltinCall {
  constructor(
    readonly machine: Machine,
    readonly statement: BuiltinStatement,
    readonly frame: Frame,
  ) {}

  has(name: string): boolean {
    return this.statement.args.has(name);
  }

  /** An argument's value; nothing where it is not given. */
  async optional(name: string): Promise<Value> {
    const expression = this.statement.args.get(name);
    return expression && this.machine.evaluate(expression, this.frame);
  }

  /** @throws ScriptError it is not given */
  async required(name: string): Promise<Value> {
    if (!this.has(name)) throw new ScriptError(`missing value(s) of argument(s) ${name}`);
    return this.optional(name);
  }

  /** Runs a block argument; nothing where it is not given. */
  async run(name: string, declare?: (scope: Scope) => void): Promise<Value> {
    const expression = this.statement.args.get(name);
    if (expression?.kind !== 'code') return undefined;
    return this.machine.block(expression.body, this.frame, declare);
  }

  /** A block argument as a value: a function. */
  code(name: string): ScriptCode | undefined {
    const expression = this.statement.args.get(name);
    return expression?.kind === 'code' ? new ScriptCode(expression.body, 'function') : undefined;
  }
}

export type Builtin = (call: BuiltinCall) => Promise<Value>;

/** Carries the value of `:return` to the function, the brackets or the `:onerror` that it ends. */
export class ReturnSignal {
  constructor(readonly value: Value) {}
}

/** The session is dead; the script ends without a word. */
export class StopSignal {}
