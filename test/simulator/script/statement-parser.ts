import type { Menus } from '../menus/menu.ts';
import type { Block, CallStatement, Expression, MenuStatement, Statement } from './ast.ts';
import { BuiltinParser } from './builtin-parser.ts';
import { BUILTINS } from './builtin-syntax.ts';
import type { Cursor } from './cursor.ts';
import { ExpressionParser, type Surroundings } from './expression-parser.ts';
import { MenuArguments } from './menu-arguments.ts';
import { Names } from './names.ts';
import type { ParserAssumptions } from './parser-assumptions.ts';

const WORD = /[A-Za-z0-9][\w.-]*/y;

/** Reads statements, and keeps the menu and the variables that they leave behind. */
export class StatementParser implements Surroundings {
  /** The menu that relative paths start from; empty for the root. */
  private menu = '';
  readonly expressions: ExpressionParser;
  private readonly builtins: BuiltinParser;
  private readonly menuArguments: MenuArguments;

  constructor(
    private readonly cursor: Cursor,
    private readonly menus: Menus,
    public names: Names,
    private readonly assumptions: ParserAssumptions,
  ) {
    this.expressions = new ExpressionParser(cursor, this);
    this.builtins = new BuiltinParser(cursor, this);
    this.menuArguments = new MenuArguments(cursor, menus, this.expressions, assumptions);
  }

  /** Reads a whole script. */
  script(): Block {
    const body = this.statements();
    if (!this.cursor.ended) throw this.cursor.fault('syntax error');
    return body;
  }

  /** Reads `{…}`; the cursor stands on the brace. */
  block(names = new Names(this.names)): Block {
    return this.cursor.nested(() => {
      this.cursor.at++;
      const body = this.inside(names, () => this.statements());
      if (this.cursor.take('}')) return body;
      // Reported at the end of the script (tikoci/centrs, script validation tests).
      throw this.cursor.fault(this.cursor.ended ? 'missing closing brace' : 'syntax error');
    });
  }

  substitution(): Block {
    return this.cursor.nested(() => {
      this.cursor.at++;
      const body = this.inside(new Names(this.names), () => this.statements());
      // ASSUMED[language-edges]: an unclosed bracket is a `syntax error` where the script ends.
      if (!this.cursor.take(']')) throw this.cursor.fault('syntax error');
      return body;
    });
  }

  checkVariable(name: string, at: number): void {
    const known = this.names.knows(name);
    if (known === 'local' || known === 'global') return;
    const free = this.names.inFunction || this.assumptions.undeclared === 'nothing';
    if (known === 'outside' || !free) throw this.cursor.fault('syntax error', at);
  }

  /** Refuses anything that is glued to what was just read. */
  boundary(): void {
    if (this.cursor.ended || /[\s;\]})\\]/.test(this.cursor.peek())) return;
    throw this.cursor.fault('expected end of command');
  }

  private inside<T>(names: Names, parse: () => T): T {
    const before = [this.names, this.menu] as const;
    this.names = names;
    try {
      return parse();
    } finally {
      [this.names, this.menu] = before;
    }
  }

  private statements(): Block {
    const { cursor } = this;
    const statements: Statement[] = [];
    for (this.separators(); !cursor.ended && !/[\]})]/.test(cursor.peek()); this.separators()) {
      const statement = this.statement();
      if (statement) statements.push(statement);
      const closed = cursor.text[cursor.at - 1] === '}';
      cursor.blanks();
      if (!closed && !cursor.ended && !/[\r\n;\]})]/.test(cursor.peek()))
        throw cursor.fault('expected end of command');
    }
    return { statements };
  }

  private separators(): void {
    do this.cursor.gap();
    while (this.cursor.take(';'));
  }

  /** Reads one statement; undefined where it only changes the menu. */
  private statement(): Statement | undefined {
    const { cursor } = this;
    const start = cursor.at;
    const located = <T extends object>(node: T) => ({
      ...node,
      line: cursor.lineAt(start),
      text: cursor.text.slice(start, cursor.at).trimEnd(),
    });
    switch (cursor.peek()) {
      case '{':
        return located({ kind: 'block' as const, body: this.block() });
      case '$':
        return located(this.call(this.expressions.variable()));
      case '[':
        return located(this.call({ kind: 'substitution', body: this.substitution() }));
      case ':': {
        const parsed = this.colon();
        return parsed && located(parsed);
      }
      default: {
        const parsed = this.path();
        return parsed && located(parsed);
      }
    }
  }

  private colon() {
    const { cursor } = this;
    cursor.at++;
    const at = cursor.at;
    const word = cursor.match(WORD);
    if (word === '') throw cursor.fault('syntax error');
    const syntax = BUILTINS.get(word);
    if (syntax) return this.builtins.statement(word, syntax);
    cursor.at = at;
    return this.path('');
  }

  /** Reads the arguments of a function: `$myFunc "x" a=1`, `[:parse $text] a=1`. */
  private call(callee: Expression): Omit<CallStatement, 'line' | 'text'> {
    const args = new Map<string, Expression>();
    const unnamed: Expression[] = [];
    this.boundary();
    for (this.cursor.blanks(); !this.endOfCommand(); this.cursor.blanks()) {
      const name = this.cursor.match(/[A-Za-z0-9][\w-]*=/y);
      if (name === '') unnamed.push(this.expressions.value());
      else args.set(name.slice(0, -1), this.expressions.value());
      this.boundary();
    }
    return { kind: 'call', callee, args, unnamed };
  }

  endOfCommand(): boolean {
    return this.cursor.ended || /[\r\n;\]})]/.test(this.cursor.peek());
  }

  /** Reads a path and the command at its end; a path alone changes the menu. */
  private path(from = this.menu) {
    const { cursor } = this;
    let menu = cursor.take('/') ? '' : from;
    cursor.blanks();
    for (;;) {
      if (cursor.take('..')) menu = menu.slice(0, Math.max(menu.lastIndexOf('/'), 0));
      else {
        const at = cursor.at;
        const word = cursor.match(WORD);
        const found = this.step(menu, word, at);
        if (typeof found !== 'string') return found;
        menu = found;
      }
      if (!cursor.take('/')) cursor.blanks();
      if (this.endOfCommand()) {
        this.menu = menu;
        return undefined;
      }
    }
  }

  /** One word of a path: the menu that it leads to, or the command that it is. */
  private step(menu: string, word: string, at: number) {
    const below = `${menu}/${word}`;
    if (word === '') {
      if (this.endOfCommand()) return menu;
      throw this.cursor.fault('syntax error', at);
    }
    if (this.menus.isMenu(below)) return below;
    if (this.menus.hasCommand(menu, word)) return this.menuCommand(menu, word);
    const syntax = BUILTINS.get(word);
    if (syntax) return this.builtins.statement(word, syntax);
    // `/nonsense/command` and `/nonsense command` on 7.21.5 (notes of a RouterOS client for Go).
    if (this.cursor.peek() === '/') throw this.cursor.fault('syntax error');
    throw this.cursor.fault(`bad command name ${word}`, at);
  }

  private menuCommand(path: string, command: string): Omit<MenuStatement, 'line' | 'text'> {
    // ASSUMED[language-edges]: what stands in a command's arguments starts from its menu: `/disk set [find slot="x"] …`.
    return this.inside(this.names, () => {
      this.menu = path;
      return { kind: 'menu' as const, path, command, ...this.menuArguments.parse(path, command) };
    });
  }
}
