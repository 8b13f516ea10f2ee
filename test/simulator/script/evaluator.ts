import type { Clock } from '../../../src/core/clock.ts';
import type { MenuCall, MenuSession, Menus } from '../menus/menu.ts';
import type { Block, CallStatement, Expression, MenuStatement, Statement } from './ast.ts';
import { type Builtin, BuiltinCall, type Frame, type Machine, ReturnSignal, StopSignal } from './builtin.ts';
import { CONTROL } from './builtins-control.ts';
import { OUTPUT } from './builtins-output.ts';
import { VALUES } from './builtins-values.ts';
import { VARIABLES } from './builtins-variables.ts';
import { combine, isPlain, partsOf, plainValue } from './expressions.ts';
import { impliedEqualities } from './implied-equalities.ts';
import { condition } from './operators.ts';
import { parseScript } from './parser.ts';
import type { ParserAssumptions } from './parser-assumptions.ts';
import type { Scope } from './scope.ts';
import { ScriptError, SyntaxFault } from './script-error.ts';
import type { StatementHook } from './statement-hook.ts';
import { atomically, nextTurn } from './statement-lock.ts';
import { ScriptCode, type Value } from './value.ts';
import { Watched } from './watched.ts';

const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  Object.entries({ ...CONTROL, ...VARIABLES, ...VALUES, ...OUTPUT }),
);
/** Statements and turns of loops between two looks at the world outside. */
const TICKS_PER_TURN = 256;
/** ASSUMED[language-limits]: how deep functions may call each other. */
const CALLS_MAX = 200;

/** Runs the statements of one script for one session. */
export class Evaluator implements Machine {
  private ticks = 0;

  constructor(
    private readonly menus: Menus,
    readonly session: MenuSession,
    readonly clock: Clock,
    private readonly hook: StatementHook,
    private readonly assumptions: ParserAssumptions,
  ) {}

  async tick(): Promise<void> {
    if (this.session.signal.aborted) throw new StopSignal();
    if (++this.ticks % TICKS_PER_TURN === 0) await nextTurn();
  }

  parse(text: string): Value {
    try {
      return new ScriptCode(parseScript(text, this.menus, this.assumptions, 'function'), 'parsed');
    } catch (error) {
      // `:parse` does not throw: it gives the message (7.21.5, notes of a RouterOS client for Go, R2).
      if (error instanceof SyntaxFault) return error.message;
      throw error;
    }
  }

  async block(body: Block, frame: Frame, declare?: (scope: Scope) => void): Promise<Value> {
    const scope = frame.scope.within();
    declare?.(scope);
    return this.statements(body, { ...frame, scope });
  }

  async statements(body: Block, frame: Frame): Promise<Value> {
    let value: Value = null;
    for (const statement of body.statements) value = await this.statement(statement, frame);
    return value;
  }

  private async statement(statement: Statement, frame: Frame): Promise<Value> {
    await this.tick();
    switch (statement.kind) {
      case 'block':
        return this.block(statement.body, frame);
      case 'call':
        return this.call(statement, frame);
      case 'builtin':
        return this.watched(statement, `:${statement.name}`, frame, () =>
          this.builtin(new BuiltinCall(this, statement, frame)),
        );
      case 'menu':
        return this.watched(statement, `${statement.path}/${statement.command}`, frame, () =>
          this.menu(statement, frame),
        );
    }
  }

  /** Runs a command between the calls of the hook, and puts its name to its errors. */
  private async watched(
    statement: Exclude<Statement, { kind: 'block' | 'call' }>,
    origin: string,
    frame: Frame,
    run: () => Promise<Value>,
  ): Promise<Value> {
    try {
      if (frame.held) return await run();
      const info = new Watched(statement, () => this.known(statement.args, frame));
      const ready = this.hook.before(info);
      if (ready) await ready;
      if (this.session.signal.aborted) throw new StopSignal();
      try {
        return await run();
      } finally {
        const done = this.hook.after(info);
        if (done) await done;
      }
    } catch (error) {
      // ASSUMED[error-texts]: the wording. Arrays in arrays in arrays …, which a script can build, exhaust the stack.
      const exhausted = error instanceof RangeError && statement.kind === 'builtin';
      const raised = exhausted ? new ScriptError('failure: not enough memory') : error;
      throw raised instanceof ScriptError ? raised.at(origin, statement.line) : raised;
    }
  }

  /** The arguments that can be told without running a command: the hook sees those. */
  private known(args: MenuStatement['args'], frame: Frame): Map<string, Value> {
    const known = new Map<string, Value>();
    for (const [name, expression] of args) {
      if (!isPlain(expression) || expression.kind === 'code') continue;
      try {
        known.set(name, plainValue(expression, frame));
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error;
      }
    }
    return known;
  }

  private async builtin(call: BuiltinCall): Promise<Value> {
    const run = BUILTINS.get(call.statement.name);
    if (!run) throw new ScriptError(`failure: :${call.statement.name} is not played here`);
    return run(call);
  }

  private menu(statement: MenuStatement, frame: Frame): Promise<Value> {
    if (frame.held) return this.menuCall(statement, frame).then((call) => this.menus.run(call));
    const held = { ...frame, held: true };
    return atomically(this.menus, this.session.signal, async () => {
      const call = await this.menuCall(statement, held);
      return () => this.menus.run(call);
    });
  }

  private async menuCall(statement: MenuStatement, frame: Frame): Promise<MenuCall> {
    const { path, command, where } = statement;
    const args = await this.arguments(statement.args, frame);
    const unnamed = await this.all(statement.unnamed, frame);
    const call = { path, command, args, unnamed, session: this.session };
    if (!where) return call;
    return { ...call, where: this.condition(where, frame), equals: impliedEqualities(where, frame) };
  }

  /** A `where`, at once if it runs no command: it is asked for each of thousands of rows. */
  private condition(where: Expression, frame: Frame): NonNullable<MenuCall['where']> {
    if (isPlain(where)) return (row) => condition(plainValue(where, { ...frame, row }));
    return async (row) => condition(await this.evaluate(where, { ...frame, row }));
  }

  private async arguments(args: MenuStatement['args'], frame: Frame): Promise<Map<string, Value>> {
    const values = new Map<string, Value>();
    for (const [name, expression] of args) values.set(name, await this.evaluate(expression, frame));
    return values;
  }

  private async all(expressions: readonly Expression[], frame: Frame): Promise<Value[]> {
    const values: Value[] = [];
    for (const expression of expressions) values.push(await this.evaluate(expression, frame));
    return values;
  }

  /** Calls a function: `$1`, `$2` … are its unnamed arguments. A statement that is only a value does nothing. */
  private async call(statement: CallStatement, frame: Frame): Promise<Value> {
    const callee = await this.evaluate(statement.callee, frame);
    if (!(callee instanceof ScriptCode)) return callee;
    // ASSUMED[error-texts]: the wording.
    if (frame.depth >= CALLS_MAX) throw new ScriptError('failure: functions call each other too deeply');
    const parameters = await this.arguments(statement.args, frame);
    for (const [index, value] of (await this.all(statement.unnamed, frame)).entries()) {
      parameters.set(`${index + 1}`, value);
    }
    const { row: _, ...outer } = frame;
    const inner = { ...outer, scope: frame.scope.forCall(parameters), depth: frame.depth + 1 };
    return this.returned(() => this.statements(callee.body, inner));
  }

  /** What `:return` gives in the task, or what the task gives. */
  private async returned(task: () => Promise<Value>): Promise<Value> {
    try {
      return await task();
    } catch (signal) {
      if (signal instanceof ReturnSignal) return signal.value;
      throw signal;
    }
  }

  async evaluate(expression: Expression, frame: Frame): Promise<Value> {
    if (isPlain(expression)) return plainValue(expression, frame);
    if (expression.kind === 'substitution') return this.returned(() => this.block(expression.body, frame));
    return combine(expression, await this.all(partsOf(expression), frame), frame);
  }
}
