import { z } from 'zod';
import { answerFiles, answerTexts, filesOf, textsOf } from '../../operations/file-row.ts';
import { equals, length, map, matches, property } from '../../script/code.ts';
import { command, find } from '../../script/command.ts';
import { quoteRegex } from '../../script/quote.ts';
import { answer } from '../../script/script.ts';
import { fileNamed, makeFolder, writeFile } from '../../strategies/files.ts';
import { answered, attempt, outcomeOf } from '../answers.ts';
import { failed, ok } from '../check.ts';
import { TRIAL_BYTES } from './bench.ts';
import type { Trial } from './trial.ts';

export const FOLDER: Trial = {
  id: 'folder',
  title: 'folders can be made over /file',
  needs: ['pools', 'policies'],
  settles: ['make-folder'],
  run: async (bench) => {
    const before = await bench.ask('folder', [answer('count', length(fileNamed(bench.parent)))]);
    bench.folderWasThere = answered(before, 'count') !== 0;
    const reply = await bench.ask('folder', [
      attempt('made', [makeFolder(bench.parent), makeFolder(bench.folder)]),
    ]);
    const made = outcomeOf(reply, 'made');
    if (!made.done)
      return failed(
        `/file add type=directory: ${made.error}`,
        'the policies write and test; a pool that is not full',
      );
    return ok(bench.folder);
  },
};

export const DEEP_FILES: Trial = {
  id: 'deep-files',
  title: '/file finds an image in its folder, by its name and by a pattern',
  needs: ['add'],
  settles: ['deep-find', 'file-size-form'],
  run: async (bench) => {
    const name = bench.file('a.img');
    const reply = await bench.ask('deep-files', [
      answer(
        'counts',
        map({
          name: length(fileNamed(name)),
          pattern: length(
            find('/file', matches(property('name'), `^${quoteRegex(bench.folder)}/[^/]+[.]img$`)),
          ),
        }),
      ),
      answerFiles(equals(property('name'), name)),
    ]);
    const counts = z.object({ name: z.number(), pattern: z.number() }).parse(answered(reply, 'counts'));
    const bytes = filesOf(reply)[0]?.bytes;
    const seen = `by name ${counts.name}, by pattern ${counts.pattern}, size ${bytes ?? 'not told'}`;
    bench.blind = counts.name === 0 && counts.pattern === 0;
    if (counts.name === 1 && counts.pattern >= 1 && bytes === TRIAL_BYTES) return ok(seen);
    return failed(seen, 'the driver must see the images of its volumes over /file; please report it');
  },
};

/** As the records beside images are, and a little worse. */
const TEXT = JSON.stringify({ name: 'doctor "quoted" \\ $x; [y] {z}', list: [1, 2] });

export const TEXTS: Trial = {
  id: 'file-contents',
  title: 'a small file keeps its text exactly',
  needs: ['folder'],
  settles: ['file-contents'],
  run: async (bench) => {
    const name = bench.file('text.rec');
    const texts: (string | undefined)[] = [];
    for (const text of ['first', TEXT]) {
      const reply = await bench.ask('file-contents', [
        attempt('written', [writeFile(name, text)]),
        answerTexts(equals(property('name'), name)),
      ]);
      const written = outcomeOf(reply, 'written');
      if (!written.done)
        return failed(`writing it: ${written.error}`, 'please report it: volumes need their records');
      texts.push(textsOf(reply)[0]?.contents);
    }
    if (texts[0] === 'first' && texts[1] === TEXT) return ok('made, written over, and read back');
    return failed(`it became ${JSON.stringify(texts)}`, 'please report it: volumes need their records');
  },
};

export const USED_FILE: Trial = {
  id: 'used-file',
  title: 'whether /file removes an image that a disk uses',
  needs: ['add'],
  settles: ['remove-used'],
  run: async (bench) => {
    const reply = await bench.ask('used-file', [
      attempt('added', [bench.add('u')]),
      attempt('removed', [command('/file', 'remove', {}, { items: fileNamed(bench.file('u.img')) })]),
      answer('count', length(fileNamed(bench.file('u.img')))),
    ]);
    const removed = outcomeOf(reply, 'removed');
    if (!removed.done) return ok(`no: ${removed.error}`);
    return answered(reply, 'count') === 0
      ? ok('yes: only the driver’s own order keeps it from that')
      : ok('it says yes, and the file stays');
  },
};
