/** How a built-in command is written. */
export interface BuiltinSyntax {
  /** How many variable names come first: `:for i`, `:onerror e`; `pair` for `:foreach k,v`. */
  readonly names?: 'one' | 'pair';
  /** Positional arguments, in order; they may be given by name too. */
  readonly positional: readonly string[];
  /** Arguments by name only. */
  readonly named?: readonly string[];
  /** Those of them that are blocks: `do={…}`. */
  readonly blocks?: readonly string[];
}

const VALUE: BuiltinSyntax = { positional: ['value'] };

/** The commands of the language (manual, «Global commands»); `:log` is a menu. */
export const BUILTINS: ReadonlyMap<string, BuiltinSyntax> = new Map<string, BuiltinSyntax>([
  ['put', { positional: ['message'] }],
  ['error', { positional: ['message'] }],
  ['return', VALUE],
  ['local', { names: 'one', positional: ['value'], named: ['do'], blocks: ['do'] }],
  ['global', { names: 'one', positional: ['value'], named: ['do'], blocks: ['do'] }],
  ['set', { names: 'one', positional: ['value'] }],
  ['if', { positional: ['condition'], named: ['do', 'else'], blocks: ['do', 'else'] }],
  ['for', { names: 'one', positional: [], named: ['from', 'to', 'step', 'do'], blocks: ['do'] }],
  ['foreach', { names: 'pair', positional: [], named: ['in', 'do'], blocks: ['do'] }],
  ['while', { positional: ['condition'], named: ['do'], blocks: ['do'] }],
  ['do', { positional: ['command'], named: ['while', 'on-error'], blocks: ['command', 'on-error'] }],
  ['onerror', { names: 'one', positional: ['in'], named: ['do'], blocks: ['in', 'do'] }],
  ['len', VALUE],
  ['typeof', VALUE],
  ['pick', { positional: ['counter', 'begin', 'end'] }],
  ['find', { positional: ['in', 'key', 'from'] }],
  ['toarray', { positional: ['value'], named: ['delimiter'] }],
  ['tobool', VALUE],
  ['toid', VALUE],
  ['tonsec', VALUE],
  ['tonum', VALUE],
  ['tostr', VALUE],
  ['totime', VALUE],
  ['range', { positional: ['from', 'to'] }],
  ['serialize', { positional: ['value'], named: ['to', 'options', 'delimiter', 'order'] }],
  ['deserialize', { positional: ['value'], named: ['from', 'options', 'delimiter'] }],
  ['delay', { positional: ['delay-time'] }],
  ['nothing', { positional: [] }],
  ['time', { positional: ['command'], blocks: ['command'] }],
  ['timestamp', { positional: [] }],
  ['parse', VALUE],
]);
