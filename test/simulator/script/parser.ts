import type { Menus } from '../menus/menu.ts';
import type { Block } from './ast.ts';
import { Cursor } from './cursor.ts';
import { Names } from './names.ts';
import { PARSER_DEFAULTS, type ParserAssumptions } from './parser-assumptions.ts';
import { StatementParser } from './statement-parser.ts';

/**
 * Reads a script against the menus.
 * @param form `function` for text that `:parse` reads: variables that are not declared are its parameters
 * @throws SyntaxFault what RouterOS says of a script that it refuses as a whole
 */
export function parseScript(
  text: string,
  menus: Menus,
  assumptions: ParserAssumptions = PARSER_DEFAULTS,
  form: 'script' | 'function' = 'script',
): Block {
  const names = new Names(undefined, form === 'function' ? 'function' : 'block');
  return new StatementParser(new Cursor(text), menus, names, assumptions).script();
}
