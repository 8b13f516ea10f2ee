import { describe, expect, test } from 'bun:test';
import { tmpdir } from 'node:os';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { until } from '../../../test/support/until.ts';
import { type FilesystemUsage, StatfsReader, systemStatfs } from './statfs-reader.ts';

const usage: FilesystemUsage = {
  totalBytes: 10n,
  usedBytes: 4n,
  availableBytes: 5n,
  totalInodes: 2n,
  freeInodes: 1n,
};
const signal = AbortSignal.timeout(60_000);

/** A system on which some paths do not answer until they are let go. */
function system(hanging: readonly string[]) {
  const clock = new ManualClock();
  const waiting = new Map<string, (answer: FilesystemUsage) => void>();
  const calls: string[] = [];
  const reader = new StatfsReader(clock, 1_000, (path) => {
    calls.push(path);
    if (!hanging.includes(path)) return Promise.resolve(usage);
    return new Promise((resolve) => waiting.set(path, resolve));
  });
  return { clock, reader, calls, release: (path: string) => waiting.get(path)?.(usage) };
}

describe('statfs with a deadline', () => {
  test('gives the answer, and leaves no timer', async () => {
    const { reader, clock } = system([]);
    expect(await reader.read('/a', signal)).toEqual(usage);
    expect(clock.sleeping).toBe(0);
  });

  test('releases its callers in time, and lets at most one call hang', async () => {
    const { reader, clock, calls, release } = system(['/dead']);
    const first = reader.read('/dead', signal).catch((error: unknown) => error);
    const second = reader.read('/dead', signal).catch((error: unknown) => error);
    await until('both wait', () => clock.sleeping === 2);
    clock.advance(1_000);
    for (const failure of [await first, await second]) {
      expect(failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('/dead') });
    }
    await expect(reader.read('/other', signal)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('/dead'),
    });
    expect(calls).toEqual(['/dead']);
    const third = reader.read('/dead', signal);
    release('/dead');
    expect(await third).toEqual(usage);
    expect(await reader.read('/other', signal)).toEqual(usage);
  });

  test('ends with its caller', async () => {
    const { reader } = system(['/dead']);
    const abort = new AbortController();
    const reason = new Error('gone');
    const reading = reader.read('/dead', abort.signal).catch((error: unknown) => error);
    abort.abort(reason);
    expect(await reading).toBe(reason);
  });
});

describe('statfs of the system', () => {
  test('counts in bytes', async () => {
    const found = await systemStatfs(tmpdir());
    expect(found.totalBytes).toBeGreaterThan(1n << 20n);
    expect(found.usedBytes + found.availableBytes).toBeLessThanOrEqual(found.totalBytes);
  });

  test('names a path that is not there', async () => {
    await expect(systemStatfs('/none/such')).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('/none/such'),
    });
  });

  test('names a path that cannot be looked at', async () => {
    await expect(systemStatfs('/dev/null/x')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
