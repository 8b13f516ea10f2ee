import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { demoRouteros } from './demo-routeros.ts';

const COMMAND = [process.execPath, `${import.meta.dir}/../../src/main.ts`];

async function run(interruptAt?: string) {
  const lines: string[] = [];
  const stop = new AbortController();
  const print = (line: string) => {
    lines.push(line);
    if (interruptAt !== undefined && line.includes(interruptAt)) stop.abort(new Error('SIGINT'));
  };
  const code = await demoRouteros({ print, signal: stop.signal, command: COMMAND });
  const folder = /in (\/.+)$/.exec(lines[0] ?? '')?.[1] ?? '';
  return { code, text: lines.join('\n'), folder };
}

test("walks the controller's half on the appliance, shows what it has, and leaves nothing", async () => {
  const { code, text, folder } = await run();
  expect(text).toContain('nvme-tcp-export=yes');
  expect(text).toContain('"file-size":671088640');
  expect(text).toContain('no disk, no image');
  expect(text).toContain('12 steps, all held');
  expect(code).toBe(0);
  expect(existsSync(folder)).toBe(false);
}, 30_000);

test('undoes what it did when it is interrupted', async () => {
  const { code, text, folder } = await run('publish to');
  expect(text).toContain('undo what was done');
  expect(text).toContain('interrupted');
  expect(code).toBe(1);
  expect(existsSync(folder)).toBe(false);
}, 30_000);
