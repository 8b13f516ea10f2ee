import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { loopDevicesBelow, mountsBelow } from '../../src/commands/demo/node-walk.ts';

const COMMAND = [process.execPath, `${import.meta.dir}/../../src/main.ts`, 'demo'];
const TIMEOUT_MS = 120_000;
const folders: string[] = [];

beforeAll(() => {
  if (process.getuid?.() !== 0) throw new Error('the demo makes devices and mounts: run this as root');
});

afterAll(async () => {
  for (const folder of folders) {
    expect([...mountsBelow(folder), ...(await loopDevicesBelow(folder))]).toEqual([]);
    expect(await Bun.file(`${folder}/driver.log`).exists()).toBe(false);
  }
});

/** Runs the demo, and interrupts it as Ctrl-C does as soon as a line holds the text. */
async function run(interruptAt?: string): Promise<{ code: number; text: string }> {
  const child = Bun.spawn(COMMAND, { stdout: 'pipe', stderr: 'inherit', timeout: TIMEOUT_MS });
  const decoder = new TextDecoder();
  let text = '';
  let told = false;
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (interruptAt && !told && text.includes(interruptAt)) {
      child.kill('SIGINT');
      told = true;
    }
  }
  folders.push(/in (\/\S+)/.exec(text)?.[1] ?? '');
  return { code: await child.exited, text };
}

describe('make demo', () => {
  test(
    'walks the whole life of a file system and of a raw block volume',
    async () => {
      const { code, text } = await run();
      expect(text).toContain('84 steps, all held');
      expect(code).toBe(0);
    },
    TIMEOUT_MS,
  );

  for (const at of [
    'create demo-',
    'stage on the node',
    'write ',
    'snapshot it',
    'as it was at the snapshot',
    'expand on the node',
    'unpublish from the pod',
  ]) {
    test(
      `leaves nothing behind when it is interrupted after «${at.trim()}»`,
      async () => {
        const { code, text } = await run(at);
        expect(text).toContain('interrupted');
        expect(code).toBe(1);
      },
      TIMEOUT_MS,
    );
  }
});
