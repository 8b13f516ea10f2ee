import type { Scalar } from './scalar.ts';

export type BinaryOperator =
  | '||'
  | '&&'
  | '='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '~'
  | 'in'
  | ','
  | '.'
  | '|'
  | '^'
  | '&'
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '->';

export type UnaryOperator = '!' | '-' | '~';

export type Expression =
  | { readonly kind: 'literal'; readonly value: Scalar }
  /** A bare word in a `where`: a property of the row that is looked at. */
  | { readonly kind: 'property'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  /** A string with `$var`, `$(…)` or `$[…]` in it. */
  | { readonly kind: 'text'; readonly parts: readonly Expression[] }
  | { readonly kind: 'substitution'; readonly body: Block }
  | { readonly kind: 'array'; readonly elements: readonly Element[] }
  | { readonly kind: 'code'; readonly body: Block }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

/** An element of an array literal, with or without a key. */
export interface Element {
  readonly key?: Expression;
  readonly value: Expression;
}

export interface Block {
  readonly statements: readonly Statement[];
}

interface Located {
  /** Line of the script where it begins, from 1. */
  readonly line: number;
  /** As it was written. */
  readonly text: string;
}

export type Arguments = ReadonlyMap<string, Expression>;

/** `:put`, `:if` and their like. */
export interface BuiltinStatement extends Located {
  readonly kind: 'builtin';
  readonly name: string;
  /** Variables that it declares, sets or counts with. */
  readonly names: readonly string[];
  /** Keys of `:set ($a->"x"->0)`. */
  readonly keys: readonly Expression[];
  readonly args: Arguments;
}

/** `/disk/set [find slot="x"] comment="y"`. */
export interface MenuStatement extends Located {
  readonly kind: 'menu';
  readonly path: string;
  readonly command: string;
  readonly args: Arguments;
  readonly unnamed: readonly Expression[];
  readonly where?: Expression;
}

/** `$myFunc "x" a=1`, `[:parse $text]`; a callee that is no code is a value that is looked at. */
export interface CallStatement extends Located {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: Arguments;
  readonly unnamed: readonly Expression[];
}

export type Statement =
  | BuiltinStatement
  | MenuStatement
  | CallStatement
  | (Located & { readonly kind: 'block'; readonly body: Block });
