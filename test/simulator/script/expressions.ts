import type { Expression } from './ast.ts';
import type { Frame } from './builtin.ts';
import { join } from './bytes.ts';
import { applyBinary, applyUnary } from './operators.ts';
import { textOf } from './print.ts';
import { ScriptArray, ScriptCode, type Value } from './value.ts';

/** The expressions that an expression is made of, in the order in which they are evaluated. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'text':
      return expression.parts;
    case 'array':
      return expression.elements.flatMap(({ key, value }) => (key ? [key, value] : [value]));
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    default:
      return [];
  }
}

const plain = new WeakMap<Expression, boolean>();

/** Whether an expression has a value without a command being run. */
export function isPlain(expression: Expression): boolean {
  const known = plain.get(expression);
  if (known !== undefined) return known;
  const found = expression.kind !== 'substitution' && partsOf(expression).every(isPlain);
  plain.set(expression, found);
  return found;
}

/**
 * The value of a plain expression.
 * @throws ScriptError an operator does not take its values
 */
export function plainValue(expression: Expression, frame: Frame): Value {
  // The kinds of a `where`, which is asked for each of thousands of rows: without a list of parts.
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'property':
      return frame.row?.get(expression.name);
    case 'binary': {
      const left = plainValue(expression.left, frame);
      return applyBinary(expression.operator, left, plainValue(expression.right, frame));
    }
    default:
      return combine(
        expression,
        partsOf(expression).map((part) => plainValue(part, frame)),
        frame,
      );
  }
}

/** The value of an expression whose parts have these values. Both sides of `&&` and `||` are parts: all are evaluated. */
export function combine(expression: Expression, parts: readonly Value[], frame: Frame): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'property':
      return frame.row?.get(expression.name);
    case 'variable':
      return variable(expression.name, frame);
    case 'code':
      return new ScriptCode(expression.body, 'function');
    case 'text':
      return join(...parts.map(textOf));
    case 'array':
      return arrayOf(expression.elements, parts);
    case 'unary':
      return applyUnary(expression.operator, parts[0]);
    case 'binary':
      return applyBinary(expression.operator, parts[0], parts[1]);
    case 'substitution':
      throw new TypeError('commands in brackets are run, not combined');
  }
}

/** In a `where`, a property hides the variable of its name (manual, «Reserved variable names»). */
function variable(name: string, frame: Frame): Value {
  if (frame.row?.has(name)) return frame.row.get(name);
  return frame.scope.find(name)?.get();
}

function arrayOf(
  elements: (Expression & { kind: 'array' })['elements'],
  parts: readonly Value[],
): ScriptArray {
  const list: Value[] = [];
  const map = new Map<string, Value>();
  let at = 0;
  for (const { key } of elements) {
    if (key) map.set(textOf(parts[at++]), parts[at++]);
    else list.push(parts[at++]);
  }
  return new ScriptArray(list, map);
}
