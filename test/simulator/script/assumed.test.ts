import { describe, expect, test } from 'bun:test';
import { outputOf } from './script-rig.ts';

// No source shows these: each is marked ASSUMED[language-edges] where it is decided.
describe('What is assumed', () => {
  test.each([
    [
      'elements of arrays are found by position or key',
      ':put [:find {5;6;k=7} 6]; :put [:find {5;6;k=7} 7]',
      '1\nk',
    ],
    ['a search begins behind `from`', ':put [:find "abab" "a" 0]; :put [:find {1;1} 1 0]', '2\n1'],
    [
      'one element, or a part, of an array',
      ':put [:pick {5;6;7} 1]; :put [:pick {5;6;7;k=8} 1 4]',
      '6\n6;7;k=8',
    ],
    ['one character of a text', ':put [:pick "abc" 1]', 'b'],
    ['a position may be a text of digits', ':put [:pick "abc" "1" "3"]', 'bc'],
    [
      'ids from texts',
      ':put [:typeof [:toid "*1a"]]; :put [:toid "*1a"]; :put [:typeof [:toid "x"]]',
      'id\n*1A\nnil',
    ],
    ['an id equals its text', ':put (*1A = "*1A")', 'true'],
    [
      'times from numbers, and back, in seconds',
      ':put [:totime 90]; :put [:tonum 1m30s]; :put (1m = 60)',
      '00:01:30\n90\ntrue',
    ],
    ['positions count keyed elements too', ':put ({5;k=6}->1)', '6'],
    ['a position beyond the end appends', ':local a {1}; :set ($a->9) 2; :put $a', '1;2'],
    ['elements of elements are set', ':local a ({}); :set ($a->"x"->"y") 1; :put ($a->"x"->"y")', '1'],
    [
      'an array keeps its elements when a copy changes',
      ':local a {1}; :local b $a; :set ($b->0) 2; :put $a',
      '1',
    ],
    ['a text is split at semicolons too', ':put [:len [:toarray "a;b,c"]]', '3'],
    ['an array is an array', ':put [:toarray {1;2}]; :put [:len [:toarray ""]]', '1;2\n0'],
    ['a boolean equals no text', ':put (true = "true")', 'false'],
    [
      'nothing, nil and the empty text are equal',
      ':put ([] = ""); :put ([:nothing] = []); :put ([] = 0)',
      'true\ntrue\nfalse',
    ],
    [
      'arrays are equal by their elements',
      ':put ({1;k=2} = {1;k=2}); :put ({1} = {1;2}); :put ({1} = 1)',
      'true\nfalse\nfalse',
    ],
    ['an array matches where an element does', ':put ({"ab";"cd"} ~ "^c")', 'true'],
    ['membership', ':put (2 in {1;2})', 'true'],
    [
      'nothing is no condition that holds',
      ':if ([:nothing]) do={ :put holds } else={ :put fails }; :put (![:nothing])',
      'fails\ntrue',
    ],
    ['what is no array is gone through once', ':foreach k,v in="ab" do={ :put "$k=$v" }', '0=ab'],
    ['times are divided by times', ':put (1m / 10s); :put (1m / 4)', '6\n00:00:15'],
    ['signs and bits', ':put (-5s); :put (~0); :put (-"3"); :put (!0)', '-00:00:05\n-1\n-3\ntrue'],
    ['a number too large is text', ':put [:typeof 99999999999999999999]', 'str'],
    ['the least number', ':put (-9223372036854775808)', '-9223372036854775808'],
    [
      'floats that are texts',
      ':put [:serialize to=json {"1.5";"-7";"12345678901234567890.5";"x"}]',
      '[1.500000,-7.000000,12345678901234567890.500000,"x"]',
    ],
    ['a mixed array in JSON', ':put [:serialize to=json {"x";k=2}]', '{"0":"x","k":2}'],
    [
      'floats in JSON',
      ':put [:deserialize from=json "[1.5, 9223372036854775808]"]',
      '1.5;9223372036854775808',
    ],
    [
      'fields that hold the delimiter',
      ':put [:serialize to=dsv delimiter=";" {a={"x;y";1}} options=dsv.wrap-strings]',
      'a\n"x;y"\n1',
    ],
    ['code as text', ':put [:tostr [:parse ":put 1"]]', '(code)'],
    ['the time', ':put [:typeof [:timestamp]]', 'time'],
    ['a range that runs backwards is empty', ':put [:len [:range 5 1]]', '0'],
    ['`,` and `.` bind less than `+`, more than `=`', ':put ("a" . 1 + 2 = "a3")', 'true'],
    ['joined arrays keep their keys', ':put ({1;a=2} , {b=3})', '1;a=2;b=3'],
    ['text is joined to each element', ':put ({1;a=2} . "x")', '1x;a=2x'],
  ])('%s', async (_, script, prints) => {
    expect(await outputOf(script)).toBe(prints);
  });

  test.each([
    ':delay "x"',
    ':for i from="a" to=2 do={}',
    ':for i from=1 to=2 step=0 do={}',
    ':range "a" 2',
    ':pick "abc" "x"',
    ':put (1s * 2s)',
    ':put (1s + 1)',
    ':put (!"x")',
    ':put ("x" && true)',
    ':put ("x" | 1)',
    ':put ("a" in 5)',
    ':put ("a" ~ "(")',
    ':serialize to=xml value=1',
    ':serialize to=dsv value=5 delimiter=","',
    ':serialize to=dsv value={a={1;2};b={1}} delimiter=","',
    ':serialize to=dsv value={a=1} delimiter=""',
    ':deserialize from=xml value=1',
    ':if ({1}) do={}',
  ])('%s is an error that can be caught', async (script) => {
    expect(await outputOf(`:onerror e in={ ${script} } do={ :put "caught" }`)).toBe('caught');
  });
});
