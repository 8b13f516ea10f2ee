/** Where RouterOS's versions or its documents differ. */
export interface ParserAssumptions {
  /**
   * A variable that was never declared: the manual says a syntax error (and shows it on a terminal); notes on 7.21
   * say that it reads as nothing. The unkind one finds slips in scripts.
   */
  readonly undeclared: 'syntax error' | 'nothing';
  /**
   * An argument that the command lacks: `expected end of command` was seen on 7.21.5, `bad parameter <name>` on 7.23.3.
   */
  readonly unknownArgument: 'expected end of command' | 'bad parameter';
}

export const PARSER_DEFAULTS: ParserAssumptions = {
  undeclared: 'syntax error',
  unknownArgument: 'expected end of command',
};
