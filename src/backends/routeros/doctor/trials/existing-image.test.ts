import { describe, expect, test } from 'bun:test';
import type { Reply } from '../../script/reply.ts';
import { Bench, TRIAL_BYTES } from './bench.ts';
import { CONTENT, EXISTING_IMAGE } from './existing-image.ts';

const POOL = { name: 'pool1', fs: 'xfs', label: '' };

const reply = (answers: Record<string, unknown>): Reply => ({
  answers: Object.entries(answers).map(([kind, value]) => ({ kind, value })),
  stray: '',
});

const disk = (size: bigint) => ({ slot: 's', size: Number(size) });
const text = (contents: string) => ({ name: 'f', contents });

/** What the appliance answers, one script after the other. */
async function verdict(...answers: Record<string, unknown>[]) {
  const left = answers.map(reply);
  const ask = async (): Promise<Reply> => left.shift() ?? reply({});
  return EXISTING_IMAGE.run(new Bench({ ask }, 'abcdef01', POOL, 20_000));
}

const TAKEN = { added: 'done', disk: disk(TRIAL_BYTES) };
const WRITTEN = { written: 'done', text: text(CONTENT) };

describe('what an existing image becomes', () => {
  test('is adopted where size and content stay', async () => {
    const { status, remedy } = await verdict(TAKEN, WRITTEN, { added: 'done', text: text(CONTENT) });
    expect([status, remedy]).toEqual(['ok', expect.stringContaining('RDS_EXISTING_IMAGES=adopted')]);
  });

  test('is refused, in the appliance’s own words', async () => {
    const { status, seen } = await verdict({ added: 'failure: exists (/disk/add; line 1)' });
    expect([status, seen]).toEqual(['warning', 'it is refused: failure: exists']);
  });

  for (const [what, contents] of [
    ['empty', ''],
    ['full of zeros', '\0'.repeat(CONTENT.length)],
    ['shorter', CONTENT.slice(0, 100)],
  ] as const) {
    test(`has lost its content where the file is ${what} afterwards`, async () => {
      const { status, remedy } = await verdict(TAKEN, WRITTEN, { added: 'done', text: text(contents) });
      expect([status, remedy]).toEqual(['failed', expect.stringContaining('never set RDS_EXISTING_IMAGES')]);
    });
  }

  test('is resized', async () => {
    const { status, seen } = await verdict({ added: 'done', disk: disk(0n) });
    expect([status, seen]).toEqual(['failed', expect.stringContaining('its size becomes 0')]);
  });

  test('is not known where no content can be seen: nothing is concluded', async () => {
    for (const answers of [
      [{ written: 'failure: too long' }],
      [{ written: 'done', text: text('') }],
      [WRITTEN, { added: 'failure: too small' }],
      [WRITTEN, { added: 'done' }],
    ]) {
      expect((await verdict(TAKEN, ...answers)).status).toBe('unknown');
    }
  });
});
