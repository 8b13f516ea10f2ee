import type { Builtin, BuiltinCall } from './builtin.ts';
import { readDsv, writeDsv } from './dsv.ts';
import { readJson } from './json-reader.ts';
import { writeJson } from './json-writer.ts';
import { textOf } from './print.ts';
import { ScriptError } from './script-error.ts';
import { ScriptArray, ScriptTime, type Value } from './value.ts';

const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;
const DELAY_MAX_MS = 2_147_483_647;

/** `:put`, `:serialize`, `:delay` and what is left. */
export const OUTPUT: Record<string, Builtin> = {
  /** Its value is what it prints (forum.mikrotik.com, topic 172543, post 22). */
  async put(call) {
    const value = await call.required('message');
    call.machine.session.print(`${textOf(value)}\r\n`);
    return value;
  },

  nothing: async () => undefined,

  async delay(call) {
    const { machine } = call;
    const given = await call.required('delay-time');
    const ns =
      given instanceof ScriptTime ? given.ns : typeof given === 'bigint' ? given * SECOND : undefined;
    if (ns === undefined || ns < 0n) throw new ScriptError('invalid value for argument delay-time');
    await machine.clock.sleep(Math.min(Number(ns / MILLISECOND), DELAY_MAX_MS), machine.session.signal);
    return null;
  },

  async time(call) {
    const { clock } = call.machine;
    const start = clock.monotonic();
    await call.run('command');
    return new ScriptTime(BigInt(Math.round((clock.monotonic() - start) * 1e6)));
  },

  timestamp: async (call) => new ScriptTime(BigInt(call.machine.clock.now()) * MILLISECOND),

  parse: async (call) => call.machine.parse(textOf(await call.required('value'))),

  async serialize(call) {
    const value = await call.required('value');
    const options = await optionsOf(call, [
      'json.pretty',
      'json.no-string-conversion',
      'dsv.remap',
      'dsv.wrap-strings',
    ]);
    const to = textOf(await call.required('to'));
    if (to === 'dsv')
      return writeDsv(value, await delimiterOf(call), listed(await call.optional('order')), options);
    if (to !== 'json') throw new ScriptError('input does not match any value of to');
    return writeJson(value, {
      pretty: options.has('json.pretty'),
      keepStrings: options.has('json.no-string-conversion'),
    });
  },

  async deserialize(call) {
    const text = textOf(await call.required('value'));
    const options = await optionsOf(call, ['json.no-string-conversion', 'dsv.plain', 'dsv.array']);
    const from = textOf(await call.required('from'));
    if (from === 'dsv') return readDsv(text, await delimiterOf(call), options.has('dsv.array'));
    if (from !== 'json') throw new ScriptError('input does not match any value of from');
    return readJson(text, options.has('json.no-string-conversion'));
  },
};

async function delimiterOf(call: BuiltinCall): Promise<string> {
  const delimiter = textOf(await call.required('delimiter'));
  if (delimiter === '') throw new ScriptError('invalid value for argument delimiter');
  return delimiter;
}

const listed = (value: Value): string[] =>
  value instanceof ScriptArray
    ? value.entries().map(([, element]) => textOf(element))
    : textOf(value).split(',').filter(Boolean);

/** They are in lower case only (notes on 7.21, JSON, 5.3). ASSUMED[error-texts]: the wording. */
async function optionsOf(call: BuiltinCall, known: readonly string[]): Promise<ReadonlySet<string>> {
  const options = listed(await call.optional('options'));
  if (options.some((option) => !known.includes(option))) {
    throw new ScriptError('input does not match any value of options');
  }
  return new Set(options);
}
