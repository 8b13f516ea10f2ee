import type { Expression } from './ast.ts';
import { ScriptId, type Value } from './value.ts';

/**
 * The properties that a `where` wants to be a given text or id, for menus that find rows by key faster than by asking all.
 * Only what is written out counts: it equals the same text and nothing else, but for numbers, times and ids with that
 * text. The empty one equals a missing property too, and is left out.
 */
export function impliedEqualities(where: Expression): ReadonlyMap<string, Value> {
  const equalities = new Map<string, Value>();
  const open: Expression[] = [where];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.kind !== 'binary') continue;
    const { operator, left, right } = next;
    if (operator === '&&') open.push(left, right);
    else if (operator === '=' && left.kind === 'property' && isGiven(right))
      equalities.set(left.name, right.value);
  }
  return equalities;
}

function isGiven(expression: Expression): expression is Expression & { kind: 'literal' } {
  if (expression.kind !== 'literal' || expression.value === '') return false;
  return expression.value instanceof ScriptId || typeof expression.value === 'string';
}
