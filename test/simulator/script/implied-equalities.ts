import type { Equality } from '../menus/menu.ts';
import type { Expression } from './ast.ts';
import type { Frame } from './builtin.ts';
import { ScriptId, type Value } from './value.ts';

/**
 * The properties that a `where` wants to be a given text or id, for menus that find rows by key faster than by asking all.
 * Only what is written out counts, or in a variable: it equals the same text and nothing else, but for numbers, times
 * and ids with that text. The empty one equals a missing property too, and is left out.
 */
export function impliedEqualities(where: Expression, frame: Frame): ReadonlyMap<string, Equality> {
  const equalities = new Map<string, Equality>();
  const open: Expression[] = [where];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.kind !== 'binary') continue;
    const { operator, left, right } = next;
    if (operator === '&&') open.push(left, right);
    else if (operator === '=' && left.kind === 'property') {
      const given = givenBy(right, frame);
      if (given && isKey(given.value)) equalities.set(left.name, given);
    }
  }
  return equalities;
}

function givenBy(expression: Expression, { scope, row }: Frame): Equality | undefined {
  if (expression.kind === 'literal') return { value: expression.value };
  // In a `where` within another, the outer row's properties hide variables too.
  if (expression.kind !== 'variable' || row) return undefined;
  return { value: scope.find(expression.name)?.get(), variable: expression.name };
}

const isKey = (value: Value): boolean =>
  value instanceof ScriptId || (typeof value === 'string' && value !== '');
