import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { detachedContext } from '../../core/call-context.ts';
import type { CommandResult } from '../exec/command-runner.ts';
import { parseExport, probeSignature } from './signatures.ts';

const context = detachedContext(AbortSignal.timeout(60_000));
const probe = (result: Partial<CommandResult>) => {
  const commands: (readonly string[])[] = [];
  const run = async (argv: readonly string[]) => {
    commands.push(argv);
    return { exitCode: 0, stdout: '', stderr: '', ...result };
  };
  return { found: probeSignature('/dev/loop1', { run }, context), commands };
};

describe('asking blkid', () => {
  test('reads the device itself, not a cache', async () => {
    const { found, commands } = probe({
      stdout: 'DEVNAME=/dev/loop1\nUUID=1-2\nTYPE=ext4\nUSAGE=filesystem\n',
    });
    expect(await found).toEqual({ type: 'ext4' });
    expect(commands).toEqual([['blkid', '-p', '-o', 'export', '/dev/loop1']]);
  });

  test('knows members of other things', async () => {
    const { found } = probe({ stdout: 'DEVNAME=/dev/loop1\nTYPE=LVM2_member\nUSAGE=raid\n' });
    expect(await found).toEqual({ type: 'LVM2_member' });
  });

  test('takes a lone partition table for a signature', async () => {
    const { found } = probe({ stdout: 'DEVNAME=/dev/loop1\nPTTYPE=gpt\n' });
    expect(await found).toEqual({ type: 'gpt' });
  });

  test('exit code 2 without a word means that nothing was recognised', async () => {
    expect(await probe({ exitCode: 2 }).found).toBeUndefined();
  });

  test('exit code 2 with an error is an error', async () => {
    const { found } = probe({ exitCode: 2, stderr: 'error: /dev/loop1: No such file or directory\n' });
    await expect(found).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('No such'),
    });
  });

  test('signatures that contradict each other are refused', async () => {
    await expect(probe({ exitCode: 8 }).found).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('/dev/loop1'),
    });
  });

  test.each([1, 4, 127])('exit code %p is an error, never "nothing"', async (exitCode) => {
    await expect(probe({ exitCode }).found).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('an answer without a type is an error, never "nothing"', async () => {
    await expect(probe({ stdout: 'DEVNAME=/dev/loop1\n' }).found).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await expect(probe({}).found).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe("blkid's export format", () => {
  test('comes back as it was printed, whatever the values', () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,15}$/);
    const value = fc.string().filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.dictionary(name, value), (tags) => {
        const text = Object.entries(tags).map(([key, tag]) => `${key}=${tag}\n`);
        expect(parseExport(text.join(''))).toEqual(new Map(Object.entries(tags)));
      }),
    );
  });

  test.each(['TYPE', 'type=ext4', '=x', '/dev/loop1: TYPE="ext4"'])('%p is not a line of it', (line) => {
    expect(() => parseExport(line)).toThrow(expect.objectContaining({ kind: 'protocol' }));
  });
});
