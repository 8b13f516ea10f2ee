import { type Builtin, type BuiltinCall, ReturnSignal } from './builtin.ts';
import { condition } from './operators.ts';
import { textOf } from './print.ts';
import { ScriptError } from './script-error.ts';
import { ScriptArray, type Value } from './value.ts';

const STEPS_ZERO = 'failure: step is zero';

/** `:if`, loops, errors. */
export const CONTROL: Record<string, Builtin> = {
  if: async (call) => call.run(condition(await call.required('condition')) ? 'do' : 'else'),

  async while(call) {
    while (condition(await call.required('condition'))) await turn(call);
    return undefined;
  },

  async do(call) {
    if (!call.has('on-error')) return untilFalse(call);
    try {
      return await untilFalse(call);
    } catch (error) {
      if (error instanceof ScriptError) return call.run('on-error');
      throw error;
    }
  },

  /** From 5 to 1 it counts down, whether or not a step is given (notes on 7.21, flow control, 2.3 and 2.4). */
  async for(call) {
    const [from, to] = [await whole(call, 'from'), await whole(call, 'to')];
    const step = call.has('step') ? await whole(call, 'step') : from <= to ? 1n : -1n;
    // ASSUMED[error-texts]: the wording, and that a step away from the end is turned around.
    if (step === 0n) throw new ScriptError(STEPS_ZERO);
    const stride = step < 0n === from > to ? step : -step;
    for (let at = from; stride > 0n ? at <= to : at >= to; at += stride) await turn(call, [at]);
    return undefined;
  },

  async foreach(call) {
    const value = await call.required('in');
    const pairs = call.statement.names.length > 1;
    for (const [key, element] of entriesOf(value)) await turn(call, pairs ? [key, element] : [element]);
    return undefined;
  },

  /** True if there was an error, else false; what `:return` gives, where it is used (manual, `:onerror`). */
  async onerror(call) {
    const [name = ''] = call.statement.names;
    return returned(async () => {
      try {
        await call.run('in');
        return false;
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error;
        await call.run('do', (scope) => scope.declareLocal(name, error.message));
        return true;
      }
    });
  },

  async error(call) {
    throw new ScriptError(textOf(await call.required('message')));
  },

  async return(call) {
    throw new ReturnSignal(await call.required('value'));
  },
};

/** Runs `do={}` once, its counters set. */
async function turn(call: BuiltinCall, counters: readonly Value[] = []): Promise<void> {
  await call.machine.tick();
  await call.run('do', (scope) => {
    call.statement.names.forEach((name, index) => {
      scope.declareLocal(name, counters[index]);
    });
  });
}

async function untilFalse(call: BuiltinCall): Promise<Value> {
  let value = await call.run('command');
  while (call.has('while') && condition(await call.optional('while'))) {
    await call.machine.tick();
    value = await call.run('command');
  }
  return value;
}

/** What the task gives, or what `:return` gives in it: that leaves `:onerror` only, not the function around it. */
async function returned(task: () => Promise<Value>): Promise<Value> {
  try {
    return await task();
  } catch (signal) {
    if (signal instanceof ReturnSignal) return signal.value;
    throw signal;
  }
}

async function whole(call: BuiltinCall, name: string): Promise<bigint> {
  const value = await call.required(name);
  // ASSUMED[error-texts]: the wording.
  if (typeof value !== 'bigint') throw new ScriptError(`invalid value for argument ${name}`);
  return value;
}

/** ASSUMED[language-edges]: what is no array is gone through as an array of one; nothing and nil as an empty one. */
function entriesOf(value: Value): readonly (readonly [Value, Value])[] {
  if (value instanceof ScriptArray) return value.entries();
  return value === undefined || value === null ? [] : [[0n, value]];
}
