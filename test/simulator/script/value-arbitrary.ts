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

const PIECES = (
  ':put |:local x|:global x|:set x |:if |:foreach x in=|:for x from=|to=|:while |:do |:onerror x |:return |:error |:parse |' +
  ':delay |:serialize to=json |:len |:pick |:find |:time |/disk |find |print |get |set |add |where |do=|in=|else=|on-error=|' +
  'slot=|x|$x|$|"|"a"|"$x"|\\|(|)|[|]|{|}|;|=|->|.|,|~|!|-|+|*|*1A|5s|0xFF|1|true|&&|||and|or|\n| | | |#|/|..|:|<<'
).split('|');

/** Texts that look like scripts, some of which are. */
export const scriptSoup = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 30 })
  .map((parts) => parts.join(''));

const call = fc.constantFrom(
  ':put $x',
  ':set x ($x + 1)',
  ':set x ($x . "a")',
  '/disk set [find] slot=$x',
  ':error "e"',
  ':return $x',
  '$f 1',
  ':delay 1',
  ':set x {$x;1}',
  ':put [:serialize to=json $x]',
  ':set ($x->"k") 1',
  ':put [:pick $x 0 2]',
  ':put ($x ~ "(a")',
  ':nothing',
);

/** Scripts that parse: commands in loops, conditions, handlers and functions. */
export const scripts = fc
  .letrec<{ block: string }>((tie) => ({
    block: fc.oneof(
      { maxDepth: 4 },
      call,
      fc.array(tie('block'), { maxLength: 3 }).map((parts) => parts.join('; ')),
      fc
        .tuple(
          fc.constantFrom(
            ':while (true) do={',
            ':for i from=1 to=9 do={',
            ':do {',
            ':foreach i in={1;2} do={',
            ':if ($x = 1) do={',
          ),
          tie('block'),
        )
        .map(([head, body]) => `${head}${body}}`),
      tie('block').map((body) => `:onerror e in={${body}} do={:put $e}`),
      tie('block').map((body) => `:global f do={:local x 1; :global f; ${body}}`),
    ),
  }))
  .block.map((body) => `:local x 1; :global f; ${body}`);
