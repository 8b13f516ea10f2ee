import type { Builtin, BuiltinCall } from './builtin.ts';
import { textOf } from './print.ts';
import { ScriptError } from './script-error.ts';
import { ScriptArray, type Value } from './value.ts';

/** `:local`, `:global`, `:set`. */
export const VARIABLES: Record<string, Builtin> = {
  async local(call) {
    const value = call.code('do') ?? (await call.optional('value'));
    call.frame.scope.declareLocal(nameOf(call), value);
    return null;
  },

  /** Without a value it only makes the variable visible. */
  async global(call) {
    const value = call.code('do') ?? (await call.optional('value'));
    const binding = call.frame.scope.declareGlobal(nameOf(call));
    if (call.has('value') || call.has('do')) binding.set(value);
    return null;
  },

  async set(call) {
    const binding = call.frame.scope.find(nameOf(call));
    // The parser knows every variable that is declared; here it may be one whose `:local` has not run.
    if (!binding) throw new ScriptError('failure: variable is not declared');
    if (call.statement.keys.length > 0) await setElement(call, binding);
    else if (call.has('value')) binding.set(await call.optional('value'));
    else binding.unset();
    return null;
  },
};

const nameOf = (call: BuiltinCall): string => call.statement.names[0] ?? '';

async function setElement(
  call: BuiltinCall,
  binding: { get(): Value; set(value: Value): void },
): Promise<void> {
  const keys: Value[] = [];
  for (const key of call.statement.keys) keys.push(await call.machine.evaluate(key, call.frame));
  binding.set(changed(binding.get(), keys, await call.optional('value')));
}

/**
 * A copy of the array in which one element is another. ASSUMED[language-edges]: arrays are values, so that other variables that hold
 * the array keep it as it was; a position beyond the end appends; without a value the element goes.
 */
function changed(container: Value, keys: readonly Value[], value: Value): Value {
  const [key, ...deeper] = keys;
  if (key === undefined) return value;
  const array = container instanceof ScriptArray ? container : new ScriptArray();
  const [list, map] = [[...array.list], new Map(array.map)];
  if (typeof key === 'bigint') {
    const at = Math.min(Number(key), list.length);
    list[at] = changed(list[at], deeper, value);
  } else map.set(textOf(key), changed(map.get(textOf(key)), deeper, value));
  return new ScriptArray(list, map);
}
