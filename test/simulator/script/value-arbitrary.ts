import fc from 'fast-check';
import { textOfBytes } from './bytes.ts';
import { ScriptArray, ScriptId, ScriptTime, type Value } from './value.ts';

/** Any text without parts of characters. */
export const anyText = fc.string({ unit: 'binary' });

/** Any string that RouterOS can hold: bytes, UTF-8 or not. */
export const anyBytes = fc.oneof(anyText, fc.uint8Array().map(textOfBytes));

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const time = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map((ns) => new ScriptTime(ns));
const id = fc
  .bigInt({ min: 0n, max: 2n ** 32n })
  .map((number) => new ScriptId(`*${number.toString(16).toUpperCase()}`));

const valuesWith = (text: fc.Arbitrary<string>, extra: fc.Arbitrary<Value>[]): fc.Arbitrary<Value> =>
  fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      text,
      int64,
      fc.boolean(),
      fc.constant(null),
      ...extra,
      fc
        .tuple(fc.array(tie('value')), fc.array(fc.tuple(text, tie('value'))))
        .map(([list, map]) => new ScriptArray(list, map)),
    ),
  })).value;

/** Values that JSON has, and mixed arrays. */
export const plainValue = valuesWith(anyText, []);

/** Values of every kind but code. */
export const anyValue = valuesWith(anyBytes, [time, id, fc.constant(undefined)]);
