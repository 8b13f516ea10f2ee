import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { readJson } from './json-reader.ts';
import { writeJson } from './json-writer.ts';
import { outputOf } from './script-rig.ts';
import { anyText, plainValue } from './value-arbitrary.ts';

describe(':serialize to=json, as the manual and the notes on 7.21 show it', () => {
  test.each([
    ['value=a,b,c', '["a","b","c"]'],
    ['value={"string"="1234"; "number"=1234}', '{"number":1234,"string":1234.000000}'],
    [
      'options=json.no-string-conversion value={"string"="1234"; "number"=1234}',
      '{"number":1234,"string":"1234"}',
    ],
    ['value=123', '123'],
    ['value="text"', '"text"'],
    ['value=true', 'true'],
    ['value=[]', 'null'],
    ['value=[:nothing]', 'null'],
    ['value=192.168.1.1', '"192.168.1.1"'],
    ['value=1h30m15s', '"01:30:15"'],
    ['value={1;2;3}', '[1,2,3]'],
    ['value=({})', '[]'],
    ['value={"outer"={"inner"={"deep"="value"}}}', '{"outer":{"inner":{"deep":"value"}}}'],
    ['value="123"', '123.000000'],
    ['value={"z"=1;"a"=2;"m"=3}', '{"a":2,"m":3,"z":1}'],
    ['value={"msg"="Hello \\"World\\""}', '{"msg":"Hello \\"World\\""}'],
    ['options=json.pretty value={"a"=1}', '{\n  "a": 1\n}'],
    ['options=(json.pretty,json.no-string-conversion) value={"n"="1"}', '{\n  "n": "1"\n}'],
    ['value=9223372036854775807', '9223372036854775807'],
    ['value=*1A', '"*1A"'],
  ])('%s', async (args, prints) => {
    expect(await outputOf(`:put [:serialize to=json ${args}]`)).toBe(prints);
  });

  test('takes options in lower case only', async () => {
    expect(await outputOf(':put [:serialize to=json value=1 options=JSON.PRETTY]')).toMatch(
      /^input does not match/,
    );
  });

  test('lists rows of print as-value as objects with sorted keys', async () => {
    const script =
      ':put [:serialize to=json options=json.no-string-conversion [/disk print as-value where slot~"^csi-"]]';
    expect(await outputOf(script)).toBe(
      '[{".id":"*A","comment":"one","nvme-tcp-export":true,"size":1073741824,"slot":"csi-a","type":"file"},' +
        '{".id":"*1F","comment":"two","nvme-tcp-export":false,"size":2147483648,"slot":"csi-b","type":"file"}]',
    );
  });
});

describe(':deserialize from=json, as the notes on 7.21 show it', () => {
  test.each([
    ['"{\\"a\\":1,\\"b\\":2}"', '->"a"', '1'],
    ['"[\\"a\\",\\"b\\",\\"c\\"]"', '->2', 'c'],
    ['"{\\"items\\":[{\\"id\\":1},{\\"id\\":2}]}"', '->"items"->1->"id"', '2'],
    ['"{\\"a\\":1}"', '->"nonexistent"->"deep"', ''],
    ['"[1,2,3,]"', '', '1;2;3'],
  ])('%s%s', async (json, path, prints) => {
    expect(await outputOf(`:put ([:deserialize from=json value=${json}]${path})`)).toBe(prints);
  });

  test('makes values of texts, unless they are to stay texts', async () => {
    const script = (options: string) =>
      `:put [:typeof [:deserialize from=json value="\\"01:30:00\\"" ${options}]]`;
    expect(await outputOf(script(''))).toBe('time');
    expect(await outputOf(script('options=json.no-string-conversion'))).toBe('str');
  });
});

describe('JSON', () => {
  const keep = { pretty: false, keepStrings: true };

  test('that is written is JSON, in one line, and reads back as what was written', () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        const text = writeJson(value, keep);
        expect(text).not.toMatch(/[\r\n]/);
        JSON.parse(text);
        expect(writeJson(readJson(text, true), keep)).toBe(text);
        expect(writeJson(readJson(writeJson(value, { ...keep, pretty: true }), true), keep)).toBe(text);
      }),
    );
  });

  test('is refused by an error of the script, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.json().map((text) => text.slice(1)),
        ),
        (text) => {
          try {
            readJson(text, true);
          } catch (error) {
            expect(error).toHaveProperty('name', 'ScriptError');
          }
        },
      ),
    );
  });
});

describe('dsv, as the manual shows it', () => {
  test.each([
    [
      ':local t {a=(1,2,3);b=(4,5,6);c=(7,"text",9)}; :put [:serialize to=dsv delimiter=";" value=$t order=("c","a","b")]',
      'c;a;b\n7;1;4\ntext;2;5\n9;3;6',
    ],
    [
      ':put ([:deserialize from=dsv delimiter=";" value="a;b;c\\n1;findme;3" options=dsv.plain]->1->1)',
      'findme',
    ],
    [':put ([:deserialize from=dsv "a;b;c\\n1;2;3\\n4;5;6" delimiter=";" options=dsv.array]->1->"b")', '5'],
    [
      ':put [:serialize to=dsv options=dsv.remap delimiter="#" [/disk print as-value where slot="pool1"]]',
      '.id#fs#mounted#size#slot#type\n*1#btrfs#true#16003143565312#pool1#raid',
    ],
  ])('%s', async (script, prints) => {
    expect(await outputOf(script)).toBe(prints);
  });
});
