import { describe, expect, test } from 'bun:test';
import { outputOf } from './script-rig.ts';

/** A rule of the notes on 7.21 (README.md), a script, and what it prints. */
type Rule = readonly [rule: string, script: string, prints: string];

const TYPES: readonly Rule[] = [
  [
    '1.2 a function is an array, parsed text code',
    ':local f do={:return 1}; :put [:typeof $f]; :put [:typeof [:parse ":put 1"]]',
    'array\ncode',
  ],
  ['1.3 [] is nil, without length', ':put [:typeof []]; :put [:len []]', 'nil\n0'],
  ['1.4 a list of ids is an array', ':put [:typeof [/disk find]]', 'array'],
  [
    '2.1 :tonum takes whole numbers only',
    ':put ([:tonum "123"] . "|" . [:tonum "-456"] . "|" . [:tonum ""] . [:tonum " 100 "] . [:tonum true])',
    '123|-456|',
  ],
  [
    '2.2 :tostr takes everything',
    ':put ([:tostr 12345] . [:tostr true] . [:tostr 1h30m] . [:tostr {1;2;3}])',
    '12345true01:30:001;2;3',
  ],
  ['2.4 :tobool takes numbers only', ':put [:tobool 1]; :put [:typeof [:tobool "yes"]]', 'true\nnil'],
  [
    '2.5 :toarray splits at a delimiter',
    ':put [:len [:toarray "a,b,c" delimiter=","]]; :put [:len [:toarray "single"]]',
    '3\n1',
  ],
  ['2.6 :totime reads times', ':put [:totime "1h30m"]; :put [:typeof [:totime "nottime"]]', '01:30:00\nnil'],
  ['2.8 :tonsec gives nanoseconds', ':put [:tonsec 1s]; :put [:tonsec 1m]', '1000000000\n60000000000'],
  ['2.9 parsed code returns values of their types', ':put [:typeof [[:parse ":return 1h"]]]', 'time'],
  ['4.1 text of digits counts as a number', ':local s "5"; :put ($s + 10); :put (10 + $s)', '15\n15'],
  [
    '4.2 `.` makes text of everything',
    ':put ("val=" . 123); :put (192.168.1.1 . ":8080"); :put (true . "-suffix")',
    'val=123\n192.168.1.1:8080\ntrue-suffix',
  ],
  ['4.3 nothing is empty text and 0', ':local n; :put ($n . "text"); :put ($n + 1)', 'text\n1'],
  ['5.1 division is whole', ':put (10 / 3); :put (10 % 3)', '3\n1'],
  ['5.2 bits', ':put (0xF0 | 0x0F); :put (0xFF ^ 0x0F); :put (1 << 4); :put (16 >> 2)', '255\n240\n16\n4'],
  [
    '5.4 numbers wrap at 64 bits',
    ':put 9223372036854775807; :put (9223372036854775807 + 1)',
    '9223372036854775807\n-9223372036854775808',
  ],
  ['6.2 texts are equal or not', ':put ("abc" = "abc"); :put ("abc" != "xyz")', 'true\ntrue'],
  ['6.3 text equals its number, a boolean no number', ':put (5 = "5"); :put (true = 1)', 'true\nfalse'],
  ['6.4 ~ matches', ':put ("hello" ~ "hel.*"); :put ("hello" ~ "xyz")', 'true\nfalse'],
  [
    '6.5 `in` a prefix',
    ':put (192.168.1.1 in 192.168.0.0/16); :put (10.0.0.1 in 192.168.0.0/16); :put (192.168.1.0/24 in 192.168.0.0/16)',
    'true\nfalse\ntrue',
  ],
  ['8.3 -> goes on', ':local n {"outer"={"inner"="value"}}; :put ($n->"outer"->"inner")', 'value'],
  ['8.4 `,` merges arrays', ':put [:len ({1;2},{3;4})]', '4'],
];

const FLOW: readonly Rule[] = [
  [
    '1.3 numbers are conditions',
    ':if (1) do={ :put yes }; :if (0) do={ :put never } else={ :put no }',
    'true\nfalse',
  ],
  [
    '1.4 :if in brackets gives what :return does',
    ':put [:if (true) do={ :return "y"; } else={ :return "n"; }];',
    'y',
  ],
  ['2.1 :for includes both ends', ':for i from=1 to=3 do={ :put $i }', '1\n2\n3'],
  ['2.2 a step', ':for i from=0 to=4 step=2 do={ :put $i }', '0\n2\n4'],
  ['2.3 a step down', ':for i from=3 to=1 step=-1 do={ :put $i }', '3\n2\n1'],
  [
    '2.4 from 10 to 5 without a step runs six times',
    ':local n 0; :for i from=10 to=5 do={ :set n ($n + 1) }; :put $n',
    '6',
  ],
  [
    '2.7 setting the counter changes nothing',
    ':local n 0; :for i from=1 to=3 do={ :set i 999; :set n ($n + 1) }; :put $n',
    '3',
  ],
  ['3.3 nothing to go through', ':foreach x in=[] do={ :put never }; :put end', 'end'],
  [
    '4.3 compound conditions',
    ':local x 0; :local y 9; :while ($x < 5 && $y > 6) do={ :set x ($x + 1); :set y ($y - 1) }; :put $x',
    '3',
  ],
  ['5.2 :do runs at least once', ':local n 0; :do { :set n 1; } while=(false); :put $n', '1'],
  [
    '9.2 :onerror gives whether there was an error',
    ':put [:onerror e in={ :error "t" } do={}]; :put [:onerror e in={ :nothing } do={}]',
    'true\nfalse',
  ],
  ['9.3 on-error', ':do { :error "test"; :put never } on-error={ :put "caught"; };', 'caught'],
  [
    '11.1 there is no short circuit',
    ':global n 0; :global f do={ :global n; :set n ($n + 1); :return true }; :if (true || [$f]) do={}; :put $n',
    '1',
  ],
  [
    '11.2 recursion',
    ':global f do={ :global f; :if ($1 <= 1) do={ :return 1; }; :return ($1 * [$f ($1 - 1)]); }; :put [$f 5]',
    '120',
  ],
];

const ERRORS: readonly Rule[] = [
  [
    '1.3 the message names its command and line',
    ':onerror e in={\n\n:error "my-message" } do={ :put $e }',
    'my-message (:error; line 3)',
  ],
  [
    '2.2 while= and on-error= together',
    ':local i 0; :do { :set i ($i + 1); :if ($i = 3) do={ :error "stop" } } on-error={} while=($i < 5); :put $i',
    '3',
  ],
  [
    '3.4 errors leave functions',
    ':global f do={ :error "from-fn" }; :onerror e in={ [$f]; } do={ :put "caught" }',
    'caught',
  ],
  [
    '7 what is missing is no error',
    ':local a {1;2}; :put [:typeof ($a->99)]; :put [:typeof ($a->"x")]; :put [:len [/disk find where slot="none"]]',
    'nothing\nnothing\n0',
  ],
  [
    '8.2 an error in a handler goes on',
    ':onerror o in={ :onerror i in={ :error "a" } do={ :error "b" } } do={ :put [:pick $o 0 1] }',
    'b',
  ],
  [
    '10.2 caught within a loop, the loop goes on',
    ':local n 0; :for i from=1 to=5 do={ :onerror e in={ :if ($i = 3) do={ :error "s" }; :set n ($n + 1) } do={} }; :put $n',
    '4',
  ],
];

const SCOPING: readonly Rule[] = [
  ['1.3 inner variables hide outer ones', '{ :local x "o"; { :local x "i"; :put $x }; :put $x }', 'i\no'],
  ['2.1 locals hide globals', ':global g "g"; { :local g "l"; :put $g }; :put $g', 'l\ng'],
  ['2.2 globals set in inner blocks stay set', ':global g "a"; { { :set g "b"; } }; :put $g', 'b'],
  ['2.4 :set changes the innermost', ':global g "g"; { :local g "l"; :set g "m"; :put $g }; :put $g', 'm\ng'],
  [
    '3.4 functions in functions',
    ':global o do={ :local f do={ :return "in" }; :return [$f] }; :put [$o]',
    'in',
  ],
  [
    '4.4 counters hide counters',
    ':local r ""; :for i from=1 to=2 do={ :set r ($r . "O" . $i); :for i from=10 to=11 do={ :set r ($r . "I" . $i) } }; :put $r',
    'O1I10I11O2I10I11',
  ],
  [
    '5.2 outer variables stay changed',
    ':local o "before"; :if (true) do={ :set o "after" }; :put $o',
    'after',
  ],
  ['8.1 any name in quotes', ':local "my_var" "u"; :put $"my_var"', 'u'],
  ['8.3 a second declaration wins', ':local v "a"; :local v "b"; :put $v', 'b'],
  ['8.4 without a value it is nothing', ':local u; :put [:typeof $u]', 'nothing'],
  [
    '8.7 elements set in inner blocks stay set',
    ':local a {"a"="x"}; { :set ($a->"c") "y" }; :put ($a->"c")',
    'y',
  ],
];

const ESCAPING: readonly Rule[] = [
  ['1.1 escapes', ':put "q: \\"t\\" b: \\\\p d: \\$100 s:\\_."', 'q: "t" b: \\p d: $100 s: .'],
  ['1.3 lines are joined', ':local c ("part1" . \\\n"part2"); :put $c', 'part1part2'],
  ['6.3 bytes make characters', ':put "\\E2\\9C\\85 \\F0\\9F\\9F\\A1"', '✅ 🟡'],
  ['7.4 keys with dashes', ':local d {"my-key"="v"}; :put ($d->"my-key")', 'v'],
  [
    '8.3 an escaped dot',
    ':put ("192.168.1.1" ~ "192\\\\.168"); :put ("192x168" ~ "192\\\\.168")',
    'true\nfalse',
  ],
  [
    '8.4 anchors',
    ':put ("prefix-content" ~ "^prefix"); :put ("prefix-content" ~ "content\\$")',
    'true\ntrue',
  ],
  ['8.5 :find is no pattern', ':put [:find "find the needle here" "needle"]', '9'],
];

const ASYNC: readonly Rule[] = [
  ['10.4 times compare', ':put (1s > 500ms); :put (1m = 60s)', 'true\ntrue'],
  [
    'pitfall 59: times go on beyond a day',
    ':put (23:00:00 + 3:00:00); :put (12h + 36h)',
    '1d02:00:00\n2d00:00:00',
  ],
];

describe.each([
  ['types', TYPES],
  ['flow control', FLOW],
  ['errors', ERRORS],
  ['scoping', SCOPING],
  ['escaping', ESCAPING],
  ['times', ASYNC],
] as const)('The notes on 7.21, %s', (_, rules) => {
  test.each(rules.map((rule) => [...rule]))('%s', async (_rule, script, prints) => {
    expect(await outputOf(script)).toBe(prints);
  });
});

describe('The notes on 7.21, errors that are raised', () => {
  test.each([
    ['types 4.4: a boolean is no number', ':put (true + 1)'],
    ['types 5.3: division by zero', ':put (10 / 0)'],
    ['types 6.2: texts have no order', ':put ("abc" < "xyz")'],
    ['flow control 1.3: text is no condition', ':if ("text") do={ }'],
    ['flow control 7.3: :return needs a value', ':return;'],
    ['JSON 6.1: no JSON', ':deserialize from=json value="{invalid}"'],
  ])('%s', async (_, script) => {
    expect(await outputOf(`:onerror e in={ ${script} } do={ :put "caught" }`)).toBe('caught');
  });
});
