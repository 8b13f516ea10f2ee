import type { Block, BuiltinStatement, Expression } from './ast.ts';
import type { BuiltinSyntax } from './builtin-syntax.ts';
import type { Cursor } from './cursor.ts';
import type { ExpressionParser } from './expression-parser.ts';
import { Names } from './names.ts';

type Parsed = Omit<BuiltinStatement, 'line' | 'text'>;

/** What the parser of built-in commands needs of the one for statements. */
interface Statements {
  names: Names;
  readonly expressions: ExpressionParser;
  block(names?: Names): Block;
  boundary(): void;
  endOfCommand(): boolean;
}

/** Reads the arguments of `:put`, `:if` and their like; the cursor stands behind the name. */
export class BuiltinParser {
  constructor(
    private readonly cursor: Cursor,
    private readonly statements: Statements,
  ) {}

  statement(name: string, syntax: BuiltinSyntax): Parsed {
    this.statements.boundary();
    this.cursor.blanks();
    const { names, keys } = this.targets(name, syntax);
    const args = new Map<string, Expression>();
    for (this.cursor.blanks(); !this.statements.endOfCommand(); this.cursor.blanks()) {
      this.argument(name, syntax, names, args);
      if (this.cursor.text[this.cursor.at - 1] !== '}') this.statements.boundary();
    }
    if (name === 'local' || name === 'global')
      for (const own of names) this.statements.names.declare(own, name);
    return { kind: 'builtin', name, names, keys, args };
  }

  private argument(
    name: string,
    syntax: BuiltinSyntax,
    names: readonly string[],
    args: Map<string, Expression>,
  ) {
    const { cursor } = this;
    const at = cursor.at;
    const word = cursor.match(/[a-z][a-z-]*(?==)/y);
    const known = syntax.positional.includes(word) || syntax.named?.includes(word);
    // A word with `=` that is no argument begins a positional value: `:put a=b`. ASSUMED[language-edges]: and is refused there.
    if (!known && word !== '') throw cursor.fault('expected end of command', at);
    if (known) cursor.at++;
    const key = known ? word : syntax.positional.find((each) => !args.has(each));
    if (key === undefined || args.has(key)) throw cursor.fault('expected end of command', at);
    cursor.blanks();
    args.set(
      key,
      syntax.blocks?.includes(key) ? this.code(name, names) : this.statements.expressions.value(),
    );
    if (cursor.at === at) throw cursor.fault('syntax error');
  }

  private code(name: string, names: readonly string[]): Expression {
    if (this.cursor.peek() !== '{') throw this.cursor.fault('syntax error');
    const isFunction = name === 'local' || name === 'global';
    const inner = new Names(this.statements.names, isFunction ? 'function' : 'block');
    if (!isFunction) for (const own of names) inner.declare(own, 'local');
    return { kind: 'code', body: this.statements.block(inner) };
  }

  private targets(command: string, syntax: BuiltinSyntax): Pick<Parsed, 'names' | 'keys'> {
    if (!syntax.names) return { names: [], keys: [] };
    const { cursor } = this;
    const at = cursor.at;
    if (command === 'set' && cursor.peek() === '(') return this.elementTarget(at);
    const names = [this.name()];
    if (syntax.names === 'pair' && cursor.take(',')) names.push(this.name());
    this.statements.boundary();
    if (command === 'set') this.checkDeclared(names[0] ?? '', at);
    return { names, keys: [] };
  }

  /** `:set ($a->"x") 5` */
  private elementTarget(at: number): Pick<Parsed, 'names' | 'keys'> {
    const keys: Expression[] = [];
    let target = this.statements.expressions.target();
    while (target.kind === 'binary' && target.operator === '->') {
      keys.unshift(target.right);
      target = target.left;
    }
    if (target.kind !== 'variable' || keys.length === 0) throw this.cursor.fault('syntax error', at);
    return { names: [target.name], keys };
  }

  /** `:set` needs a declaration everywhere, in functions too (notes on 7.21, scoping, 2.5). */
  private checkDeclared(name: string, at: number): void {
    const known = this.statements.names.knows(name);
    if (known !== 'local' && known !== 'global') throw this.cursor.fault('syntax error', at);
  }

  private name(): string {
    const { cursor } = this;
    const at = cursor.at;
    const quoted = cursor.match(/"[^"\\$]*"/y);
    const name = quoted === '' ? cursor.match(/[A-Za-z][A-Za-z0-9]*/y) : quoted.slice(1, -1);
    if (name === '' || ['and', 'or', 'in'].includes(name)) throw cursor.fault('syntax error', at);
    return name;
  }
}
