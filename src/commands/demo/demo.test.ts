import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { demo } from './demo.ts';
import { selfCommand } from './driver-process.ts';

/** Each starts processes; on a busy machine that takes seconds. */
setDefaultTimeout(60_000);

const COMMAND = [process.execPath, `${import.meta.dir}/../../main.ts`];

async function run(command: string[], signal = new AbortController().signal) {
  const lines: string[] = [];
  const code = await demo({ print: (line) => lines.push(line), signal, command, withNode: false });
  const folder = /in (\/.+)$/.exec(lines[0] ?? '')?.[1] ?? '';
  return { code, lines, text: lines.join('\n'), folder };
}

describe('the demo without root', () => {
  test("walks the controller's half, says what it leaves out, and leaves nothing", async () => {
    const { code, text, folder } = await run(COMMAND);
    expect(text).toContain("the node's half (devices, mounts) is left out");
    expect(text).toContain('deleting it now is refused');
    expect(text).toContain('24 steps, all held');
    expect(code).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });

  test('fails with the reason where the driver does not start', async () => {
    const { code, text, folder } = await run([process.execPath, '--print', '"no driver"']);
    expect(text).toContain('FAIL  start the driver');
    expect(code).toBe(1);
    expect(existsSync(folder)).toBe(false);
  });

  test('undoes what it did when it is interrupted', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const print = (line: string) => {
      lines.push(line);
      if (line.includes('publish to')) stop.abort(new Error('SIGINT'));
    };
    const code = await demo({ print, signal: stop.signal, command: COMMAND, withNode: false });
    expect(lines.join('\n')).toContain('undo what was done');
    expect(lines.at(-1)).toContain('interrupted');
    expect(code).toBe(1);
  });
});

describe('selfCommand', () => {
  test('tells a compiled executable from Bun with a source file', () => {
    expect(selfCommand('/usr/bin/rose-csi', '/$bunfs/root/main')).toEqual(['/usr/bin/rose-csi']);
    expect(selfCommand('/usr/bin/bun', '/src/main.ts')).toEqual(['/usr/bin/bun', '/src/main.ts']);
  });
});
