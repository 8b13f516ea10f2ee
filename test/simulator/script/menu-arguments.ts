import type { Menus } from '../menus/menu.ts';
import type { Expression, MenuStatement } from './ast.ts';
import type { Cursor } from './cursor.ts';
import type { ExpressionParser } from './expression-parser.ts';
import type { ParserAssumptions } from './parser-assumptions.ts';

const NAME = /[A-Za-z0-9.][\w.-]*/y;
/** A bare word given by name is text: the menu reads it by the argument's type. */
const RAW = /[^\s;[\]{}()"$=\\]+/y;
/** ASSUMED[language-edges]: how many values without a name a command takes; commands that are not listed take up to four. */
const UNNAMED_MAX: Record<string, number> = {
  add: 0,
  print: 0,
  export: 0,
  find: 0,
  set: 1,
  remove: 1,
  get: 2,
};

type Parsed = Pick<MenuStatement, 'args' | 'unnamed' | 'where'>;

/** Reads the arguments of a menu's command, and refuses those that it lacks. */
export class MenuArguments {
  constructor(
    private readonly cursor: Cursor,
    private readonly menus: Menus,
    private readonly expressions: ExpressionParser,
    private readonly assumptions: ParserAssumptions,
  ) {}

  parse(path: string, command: string): Parsed {
    const { cursor } = this;
    const args = new Map<string, Expression>();
    const unnamed: Expression[] = [];
    for (cursor.blanks(); !this.atEnd(); cursor.blanks()) {
      const where = this.where(command);
      if (where) return { args, unnamed, where };
      this.argument(path, command, args, unnamed);
      this.boundary();
    }
    return { args, unnamed };
  }

  private atEnd(): boolean {
    return this.cursor.ended || /[\r\n;\]})]/.test(this.cursor.peek());
  }

  /** `where …`; after `find` the word may be left out. */
  private where(command: string): Expression | undefined {
    if (command !== 'find' && command !== 'print') return undefined;
    const word = this.cursor.match(/where(?![\w=-])/y);
    if (word === '' && command === 'print') return undefined;
    this.cursor.blanks();
    if (this.atEnd()) throw this.cursor.fault('missing value for where');
    return this.expressions.where();
  }

  private argument(
    path: string,
    command: string,
    args: Map<string, Expression>,
    unnamed: Expression[],
  ): void {
    const { cursor } = this;
    const at = cursor.at;
    const unset = cursor.take('!');
    const name = cursor.match(NAME);
    const named = name !== '' && cursor.peek() === '=';
    const known = name !== '' && this.menus.hasArgument(path, command, name) && command !== 'get';
    if (known && !named) {
      // `!port` takes an argument's value away (manual, `set`): it is given as nothing.
      args.set(name, { kind: 'literal', value: unset ? undefined : true });
    } else if (unset) throw this.unknown(name, at);
    else if (named) args.set(name, this.named(path, command, name, at));
    else if (unnamed.length < (UNNAMED_MAX[command] ?? 4)) unnamed.push(this.positional(at));
    else throw this.unknown(name, at);
  }

  private named(path: string, command: string, name: string, at: number): Expression {
    if (!this.menus.hasArgument(path, command, name)) throw this.unknown(name, at);
    this.cursor.at++;
    return this.value();
  }

  private positional(at: number): Expression {
    this.cursor.at = at;
    const value = this.expressions.value();
    if (this.cursor.at === at) throw this.cursor.fault('expected end of command');
    return value;
  }

  private value(): Expression {
    this.cursor.blanks();
    const at = this.cursor.at;
    const raw = this.cursor.match(RAW);
    const glued = !this.atEnd() && !/[\s\\]/.test(this.cursor.peek());
    if (raw === '' ? this.atEnd() : !glued) return { kind: 'literal', value: raw };
    this.cursor.at = at;
    return this.expressions.value();
  }

  private unknown(name: string, at: number) {
    if (this.assumptions.unknownArgument === 'expected end of command' || name === '') {
      return this.cursor.fault('expected end of command', at);
    }
    // The column is the one after the name (centrs, 7.23.3).
    return this.cursor.fault(`bad parameter ${name}`, at + name.length);
  }

  /** `note= show-at-login=yes`: the column is the one after the second `=` (7.23.2, sources of a tool in C#). */
  private boundary(): void {
    if (this.atEnd() || /[\s\\]/.test(this.cursor.peek())) return;
    throw this.cursor.fault('expected end of command', this.cursor.at + (this.cursor.peek() === '=' ? 1 : 0));
  }
}
