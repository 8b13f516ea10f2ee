import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FormatIntents } from './format-intent.ts';

const NQN = 'nqn.2026-01.test:mock.csi-a.00000000000000aa';
let folder: string;
let state: string;
let intents: FormatIntents;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-intent-'));
  state = join(folder, 'deep', 'state');
  intents = new FormatIntents(state);
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

describe('the intent to format', () => {
  test('is there once recorded, for a driver that was restarted too, and gone once cleared', async () => {
    expect(await intents.has(NQN)).toBe(false);
    await intents.record(NQN);
    expect(await new FormatIntents(state).has(NQN)).toBe(true);
    await intents.record(NQN);
    await intents.clear(NQN);
    expect(await new FormatIntents(state).has(NQN)).toBe(false);
    expect(readdirSync(state)).toEqual([]);
  });

  test('is of the exact NQN: another epoch has none', async () => {
    const nqn = fc.stringMatching(/^nqn\.[a-z0-9.:-]{1,60}$/);
    await fc.assert(
      fc.asyncProperty(nqn, nqn, async (one, other) => {
        fc.pre(one !== other);
        await intents.record(one);
        expect(await intents.has(other)).toBe(false);
        await intents.clear(one);
      }),
      { numRuns: 20 },
    );
  });

  test('clearing what is not there is a success', async () => {
    await intents.clear(NQN);
    await intents.record(NQN);
    await intents.clear(NQN);
    await intents.clear(NQN);
    expect(await intents.has(NQN)).toBe(false);
  });

  test('names the NQN, for a person, and is readable by root alone', async () => {
    await intents.record(NQN);
    const path = join(state, readdirSync(state)[0] ?? '');
    expect(readFileSync(path, 'utf8')).toContain(NQN);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  test('that says something else allows nothing', async () => {
    await intents.record(NQN);
    writeFileSync(join(state, readdirSync(state)[0] ?? ''), '{"formatting":"nqn.other"}\n');
    await expect(intents.has(NQN)).rejects.toMatchObject({ kind: 'precondition' });
  });

  test('that cannot be read is not taken for absent, nor one that cannot be written for there', async () => {
    writeFileSync(join(folder, 'deep'), 'a file where the folder should be');
    await expect(intents.has(NQN)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(intents.record(NQN)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(intents.clear(NQN)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
