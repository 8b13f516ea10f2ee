import { describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { SystemClock } from '../../src/core/clock.ts';
import { Appliance } from './appliance/appliance.ts';
import { ApplianceMenus } from './menus/appliance-menus.ts';
import { SCHEMA_VERSIONS } from './schema/schema.ts';
import { parseScript } from './script/parser.ts';

/** Lines of the blocks marked `routeros` of a guide. */
async function commandsOf(path: string): Promise<string[]> {
  const text = await Bun.file(`${import.meta.dir}/../../${path}`).text();
  const blocks = [...text.matchAll(/^```routeros\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.split('\n').filter((line) => line !== ''));
}

const commands = await commandsOf('docs/routeros.md');
const versions = SCHEMA_VERSIONS.filter((version) => !version.startsWith('7.20'));

describe.each(versions)('the guide to an appliance, on RouterOS %s', (version) => {
  const appliance = new Appliance({
    ...{ version, pools: [], users: [] },
    clock: new SystemClock(),
    random: randomBytes,
  });
  const menus = new ApplianceMenus(appliance);

  test('has commands', () => expect(commands.length).toBeGreaterThan(5));

  test.each(commands)('%s is valid', (command) => {
    expect(() => parseScript(command, menus)).not.toThrow();
  });
});
