import { describe, expect, test } from 'bun:test';
import { ScriptRig } from './script-rig.ts';

describe('A script as the driver sends it', () => {
  const script =
    ':onerror e in={ :if ([/system/resource/get uptime] > 12345s) do={ :error "late" }; ' +
    ':local i [/disk find where slot="csi-a" comment="one"]; ' +
    ':if ([:len $i] > 0) do={ /disk set $i comment="three" nvme-tcp-export=yes }; ' +
    ':foreach d in=[/disk print detail as-value where slot="csi-a"] do={ :put ("N1f3a" . ' +
    '[:serialize to=json options=json.no-string-conversion value=$d]) } } ' +
    'do={ :put ("N1f3a" . [:serialize to=json value={"error"=$e}]) }; :put "N1f3a.end"';

  test('guards, sets, reads back as JSON, and ends with the sentinel', async () => {
    const rig = new ScriptRig();
    const { ran, output } = await rig.run(script);
    expect(ran).toBe(true);
    expect(output).toBe(
      'N1f3a{".id":"*A","comment":"three","nvme-tcp-export":"yes","size":1073741824,"slot":"csi-a","type":"file"}\r\n' +
        'N1f3a.end\r\n',
    );
  });

  test('reports a caught error as JSON, with the command that raised it, and still ends with the sentinel', async () => {
    const rig = new ScriptRig();
    const { ran, output } = await rig.run(script.replace('12345s', '1s'));
    expect(ran).toBe(true);
    expect(output).toBe('N1f3a{"error":"late (:error; line 1)"}\r\nN1f3a.end\r\n');
    expect(rig.menus.calls.map(({ command }) => command)).toEqual(['get']);
  });
});
