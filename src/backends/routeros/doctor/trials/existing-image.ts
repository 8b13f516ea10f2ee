import { answerDisks, disksOf, ofSlot } from '../../operations/disk-row.ts';
import { answerTexts, textsOf } from '../../operations/file-row.ts';
import { equals, property } from '../../script/code.ts';
import { command, find } from '../../script/command.ts';
import type { Reply } from '../../script/reply.ts';
import { writeFile } from '../../strategies/files.ts';
import { attempt, outcomeOf } from '../answers.ts';
import { type Finding, failed, ok, unknown, warning } from '../check.ts';
import { type Bench, TRIAL_BYTES } from './bench.ts';
import type { Trial } from './trial.ts';

/** What an image that is text looks like: `/file` can read it back, so that its content is seen without an initiator. */
export const CONTENT = 'rose-csi doctor 0123456789abcdef'.repeat(128);
const CONTENT_BYTES = BigInt(CONTENT.length);

type Content = 'kept' | 'lost' | 'not-seen';

export const EXISTING_IMAGE: Trial = {
  id: 'existing-image',
  title: 'what an existing image at file-path becomes',
  needs: ['remove-keeps', 'file-contents'],
  settles: ['existing-image'],
  run: async (bench) => {
    const whole = await adopt(bench, 'r', TRIAL_BYTES);
    if (whole.refusal !== undefined) return refused(whole.refusal);
    if (whole.bytes !== TRIAL_BYTES) {
      return failed(
        `it is taken, and its size becomes ${whole.bytes ?? 'unknown'}, not ${TRIAL_BYTES}`,
        'never set RDS_EXISTING_IMAGES=adopted for this appliance',
      );
    }
    return judge(await tryContent(bench, 'text.img'));
  },
};

const refused = (error: string): Finding =>
  warning(
    `it is refused: ${error}`,
    'snapshots, clones and `volumes recover` cannot work on this appliance; leave RDS_EXISTING_IMAGES as it is',
  );

function judge({ content, why }: { content: Content; why: string }): Finding {
  switch (content) {
    case 'kept':
      return {
        ...ok(`it is adopted: its size stays, and so did ${CONTENT_BYTES} bytes of content (${why})`),
        remedy: 'RDS_EXISTING_IMAGES=adopted allows snapshots, clones and `volumes recover`',
      };
    case 'lost':
      return failed(
        `it is taken, and its content is GONE (${why})`,
        'never set RDS_EXISTING_IMAGES=adopted for this appliance, and never use `volumes recover --adopt`',
      );
    case 'not-seen':
      return unknown(
        `it is taken and its size stays; whether its content stays could not be seen without an initiator (${why})`,
      );
  }
}

/** Makes a text file a disk, and takes the disk away again. */
export async function tryContent(bench: Bench, name: string): Promise<{ content: Content; why: string }> {
  const file = bench.file(name);
  const made = await bench.ask('existing-image', [
    attempt('written', [writeFile(file, CONTENT)]),
    answerTexts(equals(property('name'), file)),
  ]);
  const written = outcomeOf(made, 'written');
  if (!written.done) return { content: 'not-seen', why: `no file could be written: ${written.error}` };
  if (textsOf(made)[0]?.contents !== CONTENT)
    return { content: 'not-seen', why: '/file does not show its text' };
  return readContent(bench, file);
}

/** Of a file that has {@link CONTENT}, and showed it before: what it does not show afterwards is lost. */
export async function readContent(bench: Bench, file: string): Promise<{ content: Content; why: string }> {
  const reply = await bench.ask('existing-image', [
    attempt('added', [bench.add('t', `/${file}`, CONTENT_BYTES)]),
    attempt('removed', [command('/disk', 'remove', {}, { items: find('/disk', ofSlot(bench.slot('t'))) })]),
    answerTexts(equals(property('name'), file)),
  ]);
  const added = outcomeOf(reply, 'added');
  if (!added.done) return { content: 'not-seen', why: `a disk of ${CONTENT_BYTES} bytes: ${added.error}` };
  return compare(reply);
}

function compare(reply: Reply): { content: Content; why: string } {
  const [text] = textsOf(reply);
  if (!text) return { content: 'not-seen', why: 'the file is not there any more' };
  if (text.contents === CONTENT) return { content: 'kept', why: 'read back over /file' };
  return { content: 'lost', why: `/file shows ${text.contents === '' ? 'no text' : 'another text'} now` };
}

async function adopt(bench: Bench, letter: string, bytes: bigint) {
  const reply = await bench.ask('existing-image', [
    attempt('added', [bench.add(letter, bench.image(letter), bytes)]),
    answerDisks(ofSlot(bench.slot(letter))),
  ]);
  const added = outcomeOf(reply, 'added');
  return added.done ? { bytes: disksOf(reply)[0]?.bytes } : { refusal: added.error };
}
