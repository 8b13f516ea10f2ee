import type { BinaryOperator, Block, Element, Expression } from './ast.ts';
import type { Cursor } from './cursor.ts';
import type { Names } from './names.ts';
import { parseString } from './string-parser.ts';
import { parseNumber, scalarOf } from './words.ts';

/** What the expression parser needs of the one for statements. */
export interface Surroundings {
  readonly names: Names;
  /** Reads `[…]`; the cursor stands on the bracket. */
  substitution(): Block;
  /** Refuses a variable that is not declared here. @param at where its name begins */
  checkVariable(name: string, at: number): void;
}

/**
 * How tightly operators bind. `,` above comparisons: `(60s,1d!=1m,3600s)` compares arrays (manual of 2.9).
 * ASSUMED[language-edges]: the rest, as in C but with the bitwise ones above comparisons.
 */
const PRECEDENCE: Record<BinaryOperator, number> = {
  '||': 1,
  '&&': 2,
  '=': 3,
  '!=': 3,
  '<': 3,
  '>': 3,
  '<=': 3,
  '>=': 3,
  '~': 3,
  in: 3,
  ',': 4,
  '.': 5,
  '|': 6,
  '^': 7,
  '&': 8,
  '<<': 9,
  '>>': 9,
  '+': 10,
  '-': 10,
  '*': 11,
  '/': 11,
  '%': 11,
  '->': 13,
};
const UNARY_PRECEDENCE = 12;
const COMPARISON = 3;
const OPERATOR = /->|&&|\|\||<=|>=|!=|<<|>>|[=<>~.,+\-*/%|^&]|(?:and|or|in)(?![\w-])/y;
const SPELLINGS: Record<string, BinaryOperator> = { and: '&&', or: '||' };

/** ASSUMED[language-limits]: operators in one expression at most; it keeps the evaluation's stack small. */
const OPERATORS_MAX = 1000;

/** Words inside parentheses: numbers, times and addresses; names with dashes and dots; paths. */
const WORD =
  /\d(?:\w|[.:/](?=\w))*|\.?[A-Za-z_](?:\w|[-.:/@](?=\w))*|\/[^\s()[\]{};"$=!<>&|~,]+|\*[0-9A-Fa-f]+/y;
/** A number with its sign: the least one has no positive counterpart. */
const NEGATIVE = /-\w+(?![.:/]\w)/y;
/** A bare word as an argument: up to a blank, a bracket, a separator. */
const ARGUMENT_WORD = /[^\s;[\]{}()"$,=\\]+/y;

export class ExpressionParser {
  /** Whether bare words are properties of rows, and the line's end ends the expression. */
  private inWhere = false;
  private parentheses = 0;
  private operators = 0;

  constructor(
    private readonly cursor: Cursor,
    private readonly surroundings: Surroundings,
  ) {}

  /** Reads the conditions after `where`: those that follow each other must all hold. */
  where(): Expression {
    this.operators = 0;
    return this.within(true, 0, () => {
      let all = this.binary(1);
      while (this.blanks() && !this.atEnd()) {
        if (++this.operators > OPERATORS_MAX) throw this.cursor.fault('syntax error');
        all = { kind: 'binary', operator: '&&', left: all, right: this.binary(1) };
      }
      return all;
    });
  }

  /** Reads the target of `:set ($a->"x") 5`; the cursor stands on the parenthesis. */
  target(): Expression {
    this.operators = 0;
    return this.parenthesised();
  }

  /** Reads `(…)`; the cursor stands on the parenthesis. */
  private parenthesised(): Expression {
    return this.cursor.nested(() => {
      this.cursor.at++;
      const inner = this.within(this.inWhere, this.parentheses + 1, () => this.binary(1));
      this.cursor.space();
      if (!this.cursor.take(')')) throw this.cursor.fault('syntax error');
      return inner;
    });
  }

  /** Reads a value that stands without parentheses: an argument's, an array element's. `a,b` is an array. */
  value(): Expression {
    if (this.parentheses === 0) this.operators = 0;
    return this.within(false, this.parentheses, () => {
      const first = this.element();
      if (this.cursor.peek() !== ',') return first;
      const elements: Element[] = [{ value: first }];
      while (this.cursor.take(',')) elements.push({ value: this.element() });
      return { kind: 'array', elements };
    });
  }

  private element(): Expression {
    const structured = this.structured();
    if (structured) return structured;
    return { kind: 'literal', value: scalarOf(this.cursor.match(ARGUMENT_WORD)) };
  }

  private within<T>(inWhere: boolean, parentheses: number, parse: () => T): T {
    const before = [this.inWhere, this.parentheses] as const;
    [this.inWhere, this.parentheses] = [inWhere, parentheses];
    try {
      return parse();
    } finally {
      [this.inWhere, this.parentheses] = before;
    }
  }

  /** Steps over blanks, inside parentheses over line ends too. */
  private blanks(): true {
    if (this.parentheses > 0) this.cursor.space();
    else this.cursor.blanks();
    return true;
  }

  private atEnd(): boolean {
    return this.cursor.ended || /[\s;\]})]/.test(this.cursor.peek());
  }

  private binary(least: number): Expression {
    let left = this.unary();
    for (;;) {
      const operator = this.operator(least);
      if (operator === undefined) return left;
      if (++this.operators > OPERATORS_MAX) throw this.cursor.fault('syntax error');
      const right = this.rightOf(operator);
      left = { kind: 'binary', operator, left, right };
    }
  }

  /** Takes the operator that stands here if it binds at least so tightly. */
  private operator(least: number): BinaryOperator | undefined {
    const before = this.cursor.at;
    this.blanks();
    const spelling = this.cursor.match(OPERATOR);
    const operator = SPELLINGS[spelling] ?? (spelling as BinaryOperator);
    // Conditions that follow each other: `slot="x" .id=*1` joins no texts.
    const nextCondition = spelling === '.' && this.parentheses === 0 && /[a-z]/.test(this.cursor.peek());
    if (spelling !== '' && !nextCondition && PRECEDENCE[operator] >= least) return operator;
    this.cursor.at = before;
    return undefined;
  }

  /** ASSUMED[language-edges]: in a `where`, a bare word right of a comparison is text (`type=file`), a quoted one left of it too. */
  private rightOf(operator: BinaryOperator): Expression {
    const precedence = PRECEDENCE[operator];
    this.blanks();
    const structured = this.cursor.peek() === '(' || (precedence !== COMPARISON && operator !== '->');
    if (structured) return this.binary(precedence + 1);
    return this.within(false, this.parentheses, () => this.binary(precedence + 1));
  }

  private unary(): Expression {
    this.blanks();
    const before = this.cursor.at;
    const number = parseNumber(this.cursor.match(NEGATIVE));
    if (number !== undefined) return { kind: 'literal', value: number };
    this.cursor.at = before;
    const operator = this.cursor.match(/[!~-]/y);
    if (operator === '') return this.operand();
    return this.cursor.nested(() => ({
      kind: 'unary',
      operator: operator as '!' | '~' | '-',
      operand: this.binary(UNARY_PRECEDENCE),
    }));
  }

  private operand(): Expression {
    const structured = this.structured();
    if (structured) return structured;
    const word = this.cursor.match(WORD);
    if (word === '') throw this.cursor.fault('syntax error');
    const value = scalarOf(word);
    if (this.inWhere && typeof value === 'string') return { kind: 'property', name: word };
    return { kind: 'literal', value };
  }

  /** A string, variable, substitution, parenthesis or array; undefined where none of them begins here. */
  private structured(): Expression | undefined {
    switch (this.cursor.peek()) {
      case '"':
        return parseString(this.cursor, () => this.interpolation());
      case '$':
        return this.variable();
      case '[':
        return this.substitution();
      case '(':
        return this.parenthesised();
      case '{':
        return this.array();
      default:
        return undefined;
    }
  }

  private substitution(): Expression {
    return this.within(false, 0, () => ({ kind: 'substitution', body: this.surroundings.substitution() }));
  }

  private interpolation(): Expression | undefined {
    if (this.cursor.peek() === '(') return this.within(false, 0, () => this.parenthesised());
    if (this.cursor.peek() === '[') return this.substitution();
    return this.named(this.cursor.at);
  }

  /** Reads `$name` or `$"any name"`; the cursor stands on the dollar. */
  variable(): Expression {
    const dollar = this.cursor.at++;
    const at = this.cursor.at;
    const quoted = this.cursor.peek() === '"' ? parseString(this.cursor, () => undefined) : undefined;
    const variable = quoted?.kind === 'literal' ? this.declared(String(quoted.value), at) : this.named(at);
    if (variable === undefined) throw this.cursor.fault('syntax error', dollar);
    return variable;
  }

  private named(at: number): Expression | undefined {
    const name = this.cursor.match(/[A-Za-z0-9]+/y);
    return name === '' ? undefined : this.declared(name, at);
  }

  private declared(name: string, at: number): Expression {
    this.surroundings.checkVariable(name, at);
    return { kind: 'variable', name };
  }

  /**
   * Reads `{1;2;k=v}`. An empty one is code, and so a syntax error, except in parentheses (syntax notes of
   * tikoci/routeros-skills): `({})`.
   */
  private array(): Expression {
    const { cursor } = this;
    return cursor.nested(() => {
      const opening = cursor.at++;
      const elements: Element[] = [];
      for (cursor.gap(); !cursor.take('}'); cursor.gap()) {
        if (cursor.ended) throw cursor.fault('missing closing brace');
        elements.push(this.keyed());
        cursor.gap();
        if (!cursor.take(';') && cursor.peek() !== '}') throw cursor.fault('syntax error');
      }
      if (elements.length === 0 && this.parentheses === 0) throw cursor.fault('syntax error', opening);
      return { kind: 'array', elements };
    });
  }

  private keyed(): Element {
    const before = this.cursor.at;
    const first = this.value();
    if (!this.cursor.take('=')) {
      if (this.cursor.at === before) throw this.cursor.fault('syntax error');
      return { value: first };
    }
    return { key: first, value: this.value() };
  }
}
