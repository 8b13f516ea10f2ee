import { describe, expect, test } from 'bun:test';
import { outputOf } from './script-rig.ts';

/** What a source shows: a script, and what it prints. The sources are in README.md. */
type Shown = readonly [script: string, prints: string];

const MANUAL: readonly Shown[] = [
  [':put "\\48\\45\\4C\\4C\\4F\\r\\nThis\\r\\nis\\r\\na\\r\\ntest";', 'HELLO\nThis\nis\na\ntest'],
  [':put (3+4);', '7'],
  [':put (1-6);', '-5'],
  [':put (4*5);', '20'],
  [':put (10 / 2); :put ((10)/2)', '5\n5'],
  [':put (5 % 3);', '2'],
  [':put (3<4); :put (3>4); :put (2=2);', 'true\nfalse\ntrue'],
  [':put (!true); :put (true&&true); :put (true||false);', 'false\ntrue\ntrue'],
  [':put (1.1.1.1/32 in 1.0.0.0/8);', 'true'],
  [':put ("concatenate" . " " . "string");', 'concatenate string'],
  [':put ({1;2;3} , 5 );', '1;2;3;5'],
  [':global myVar "world"; :put ("Hello " . $myVar); :put "Hello $myVar";', 'Hello world\nHello world'],
  [':local a 5; :local b 6; :put " 5x6 = $($a * $b)";', ' 5x6 = 30'],
  [':put [ :len "my test string"; ];', '14'],
  [':put ( "value is " . (4+5));', 'value is 9'],
  [':global aaa {a=1;b=2}; :put ($aaa->"a"); :put ($aaa->"b")', '1\n2'],
  ['{ :local a 3; { :global b 4; } :global b; :put ($a+$b); }', '7'],
  [':local "my-Var"; :set "my-Var" "my value"; :put $"my-Var";', 'my value'],
  [':put [:find "abc" "a" -1];', '0'],
  [':put [:len "length=8"];', '8'],
  [':put [:pick "abcde" 1 3]', 'bc'],
  [':put [:range 2 8]', '2;3;4;5;6;7;8'],
  [':put [:tonsec value=10:00]', '36000000000000'],
  [
    ':onerror errorName in={ :error "failure" } do={ :put "Critical $[:pick $errorName 0 7]" }',
    'Critical failure',
  ],
  [':if ([:nothing] = 0) do={:put true} else={:put false}', 'false'],
  [':if ([:nothing] > 0) do={:put true} else={:put false}', 'false'],
  [':if ([:nothing] < 0) do={:put true} else={:put false}', 'true'],
  [':put [:typeof [:tonum "23.8"]]; :put [:typeof [:tonum "cow&chicken"]]', 'nil\nnil'],
  [':local s "1,2,3,4,5"; :put [:typeof $s]; :local a [:toarray $s]; :put [:typeof $a]', 'str\narray'],
  [
    '{ :local myBool true; :if ($myBool = false) do={ :put "value is false" } else={ :put "value is true" } }',
    'value is true',
  ],
  [':global myFunc do={:put "hello from function"}\n$myFunc', 'hello from function'],
  [
    `:global myFunc do={:put "arg a=$a"; :put "arg '1'=$1"}\n$myFunc a="this is arg a value" "this is arg1 value"`,
    "arg a=this is arg a value\narg '1'=this is arg1 value",
  ],
  [':global myFunc do={ :return ($a + $b)}\n:put [$myFunc a=6 b=2]', '8'],
  [':global myFunc [:parse ":put \\"Hello \\$myVar !\\""]\n$myFunc myVar=world', 'Hello world !'],
  [
    ':global my2 "123"\n:global myFunc do={ :global my2; :put $my2; :set my2 "lala"; :put $my2 }\n' +
      '$myFunc my2=1234\n:put "global value $my2"',
    '1234\nlala\nglobal value 123',
  ],
  [
    ':global funcA do={ :return 5 }\n:global funcB do={ :global funcA; :return ([$funcA] + 4) }\n:put [$funcB]',
    '9',
  ],
  ['{:local a { "aX"=1; ay=2 }; :put ($a->"aX")}', '1'],
  [':foreach k,v in={2; "aX"=1; y=2; 5} do={:put ("$k=$v")}', '0=2\n1=5\naX=1\ny=2'],
  [':foreach v in={2; "aX"=1; y=2; 5} do={:put ("$v")}', '2\n5\n1\n2'],
  [':global a {x=1; y=2}; :set ($a->"x") 5; :put $a', 'x=5;y=2'],
  ['# this is a comment\n:global myStr "part of the string # is not a comment"; :put [:len $myStr]', '37'],
  [':local a true; :local b true; :if ($a = true \\\n\tand $b=true) do={ :put "$a $b"; }', 'true true'],
  [':for i from= 1 to= 2 do={ :put $i }', '1\n2'],
  [':put (0xFF & 0x0F)', '15'],
  ['put hello; :put [typeof 4]', 'hello\nnum'],
];

const MANUAL_2_9: readonly Shown[] = [
  [':put (!(2>3))', 'true'],
  [':put (3ms + 5s)', '00:00:05.003'],
  [':put (15h - 2s)', '14:59:58'],
  [':put (12s * 4)', '00:00:48'],
  [':put (-5 * -2)', '10'],
  [':put (100000s>27h)', 'true'],
  [':put (60s,1d!=1m,3600s)', 'true'],
  [':put (bridge=routing)', 'false'],
  [':put (yes=false)', 'false'],
  [':put ((yes && yes) || (yes && no))', 'true'],
];

describe('The manual’s examples', () => {
  test.each(MANUAL.map((shown) => [...shown]))('%s', async (script, prints) => {
    expect(await outputOf(script)).toBe(prints);
  });
});

describe('The examples of the manual of RouterOS 2.9', () => {
  test.each(MANUAL_2_9.map((shown) => [...shown]))('%s', async (script, prints) => {
    expect(await outputOf(script)).toBe(prints);
  });
});
