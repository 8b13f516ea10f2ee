import { z } from 'zod';
import { formatBytes } from '../../../../core/bytes.ts';
import { answerDisks, type DiskRow, disksOf, ofSlot } from '../../operations/disk-row.ts';
import { poolItem } from '../../operations/pools.ts';
import { both, equals, length, local, property, variable } from '../../script/code.ts';
import { command, find, propertyOf } from '../../script/command.ts';
import type { Reply } from '../../script/reply.ts';
import { answer } from '../../script/script.ts';
import { fileNamed } from '../../strategies/files.ts';
import { answered, attempt, outcomeOf } from '../answers.ts';
import { type Finding, failed, ok, unknown, warning } from '../check.ts';
import { type Bench, TRIAL_BYTES } from './bench.ts';
import type { Trial } from './trial.ts';

const bytes = z.union([z.int(), z.bigint()]).transform(BigInt);

export const ADD: Trial = {
  id: 'add',
  title: 'a file disk can be made',
  needs: ['folder'],
  settles: ['image-allocation', 'unset-property'],
  run: async (bench) => {
    const free = propertyOf('/disk', find('/disk', poolItem(bench.pool)), 'free');
    const reply = await bench.ask('add', [
      local('f', free),
      attempt('added', [bench.add('a')]),
      answer('before', variable('f')),
      answer('after', free),
      answerDisks(ofSlot(bench.slot('a'))),
    ]);
    const added = outcomeOf(reply, 'added');
    if (!added.done)
      return failed(
        added.error,
        "the user's policies (write, test), free space, and the package rose-storage",
      );
    const [disk] = disksOf(reply);
    if (disk?.bytes !== TRIAL_BYTES || disk.path !== bench.image('a')) {
      return failed(`it became ${describe(disk)}`, 'please report it');
    }
    const fell = bytes.parse(answered(reply, 'before')) - bytes.parse(answered(reply, 'after'));
    const allocation = fell >= TRIAL_BYTES / 2n ? 'images look allocated in full' : 'images look sparse';
    return ok(
      `${formatBytes(disk.bytes)}; free fell by ${fell} bytes: ${allocation} (others may have written meanwhile)`,
    );
  },
};

const describe = (disk: DiskRow | undefined): string =>
  disk ? `${disk.path}, ${disk.bytes} bytes` : 'no disk at all';

export const COMMENT: Trial = {
  id: 'comment',
  title: 'a comment of 255 bytes comes back exactly, and can be the condition of a change',
  needs: ['add'],
  settles: ['comment-length', 'empty-comment'],
  run: async (bench) => {
    const fits = await keeps(bench, 255);
    if (fits !== true)
      return failed(`255 bytes: ${fits}`, 'the driver cannot keep its records; please report it');
    const more = await keeps(bench, 1024);
    const reply = await bench.ask('comment', [
      attempt('cleared', [command('/disk', 'set', { comment: '' }, { items: own(bench) })]),
      answer('empty', length(find('/disk', both(ofSlot(bench.slot('a')), equals(property('comment'), ''))))),
    ]);
    const empty =
      answered(reply, 'empty') === 1 ? 'an empty one is found as ""' : 'an empty one is NOT found as ""';
    return ok(`255 bytes, and 1024: ${more === true ? 'too' : more}; ${empty}`);
  },
};

async function keeps(bench: Bench, size: number): Promise<true | string> {
  const comment = `${'rc1;doctor;'.repeat(100).slice(0, size - 4)};end`;
  const same = both(ofSlot(bench.slot('a')), equals(property('comment'), comment));
  const reply = await bench.ask('comment', [
    attempt('set', [command('/disk', 'set', { comment }, { items: own(bench) })]),
    answer('found', length(find('/disk', same))),
    answerDisks(ofSlot(bench.slot('a'))),
  ]);
  const set = outcomeOf(reply, 'set');
  if (!set.done) return set.error;
  const [disk] = disksOf(reply);
  if (disk?.comment !== comment) return `it became ${disk?.comment.length ?? 0} characters`;
  return answered(reply, 'found') === 1 || 'it is not found by its own text';
}

const own = (bench: Bench, letter = 'a') => find('/disk', ofSlot(bench.slot(letter)));

export const DUPLICATE_SLOT: Trial = {
  id: 'duplicate-slot',
  title: 'a second disk of the same slot is refused',
  needs: ['add'],
  settles: ['duplicate-slot'],
  run: async (bench) => {
    const reply = await bench.ask('duplicate-slot', [
      attempt('added', [bench.add('a', bench.image('twin'))]),
      answer('count', length(own(bench))),
    ]);
    const added = outcomeOf(reply, 'added');
    if (!added.done) return ok(added.error);
    return failed(
      `it is taken; ${answered(reply, 'count')} disks have the slot now`,
      'two replicas could make one volume twice; please report it',
    );
  },
};

export const DUPLICATE_PATH: Trial = {
  id: 'duplicate-path',
  title: 'a second disk on the same image',
  needs: ['add'],
  settles: ['duplicate-path'],
  run: async (bench) => {
    const reply = await bench.ask('duplicate-path', [attempt('added', [bench.add('d', bench.image('a'))])]);
    const added = outcomeOf(reply, 'added');
    return added.done
      ? ok('is taken: only the driver’s own guards keep two disks apart')
      : ok(`is refused: ${added.error}`);
  },
};

export const MISSING_FOLDER: Trial = {
  id: 'missing-folder',
  title: 'an image in a folder that is not there',
  needs: ['folder'],
  settles: ['missing-folder'],
  run: async (bench) => {
    const reply = await bench.ask('missing-folder', [
      attempt('added', [bench.add('m', `/${bench.folder}/missing/m.img`)]),
      answer('count', length(fileNamed(`${bench.folder}/missing/m.img`))),
    ]);
    const added = outcomeOf(reply, 'added');
    if (!added.done) return ok(`is refused: ${added.error}`);
    return answered(reply, 'count') === 1
      ? ok('the folder is made')
      : unknown('it is taken, and /file does not show the image');
  },
};

export const GROW: Trial = {
  id: 'grow',
  title: 'a disk grows',
  needs: ['add'],
  settles: ['growth'],
  run: (bench) => resize(bench, TRIAL_BYTES * 2n),
};

export const SHRINK: Trial = {
  id: 'shrink',
  title: 'whether a disk shrinks (the driver never asks for it)',
  needs: ['grow'],
  settles: ['shrink'],
  run: async (bench) => {
    const finding = await resize(bench, TRIAL_BYTES);
    if (finding.status === 'ok')
      return warning('it does', 'a smaller file-size by mistake loses data on this appliance');
    return ok(`it does not: ${finding.seen}`);
  },
};

async function resize(bench: Bench, wanted: bigint): Promise<Finding> {
  const reply = await bench.ask('resize', [
    attempt('set', [command('/disk', 'set', { 'file-size': wanted }, { items: own(bench) })]),
    answerDisks(ofSlot(bench.slot('a'))),
  ]);
  const set = outcomeOf(reply, 'set');
  if (!set.done) return failed(set.error, 'please report it: volumes cannot be expanded');
  return sizeIs(reply, wanted);
}

function sizeIs(reply: Reply, wanted: bigint): Finding {
  const [disk] = disksOf(reply);
  if (disk?.bytes === wanted) return ok(`${formatBytes(wanted)} at once`);
  return failed(`its size is ${disk?.bytes ?? 'not told'}, not ${wanted}`, 'please report it');
}

export const REMOVE: Trial = {
  id: 'remove-keeps',
  title: 'removing a disk keeps its image',
  needs: ['add'],
  settles: ['remove-keeps'],
  run: async (bench) => {
    const reply = await bench.ask('remove', [
      attempt('added', [bench.add('r')]),
      attempt('removed', [command('/disk', 'remove', {}, { items: own(bench, 'r') })]),
      answer('disks', length(own(bench, 'r'))),
      answer('images', length(fileNamed(bench.file('r.img')))),
    ]);
    const removed = outcomeOf(reply, 'removed');
    if (!removed.done || answered(reply, 'disks') !== 0) {
      return failed(
        removed.done ? 'it is still there' : removed.error,
        'please report it: volumes cannot be deleted',
      );
    }
    return answered(reply, 'images') === 1
      ? ok('it does')
      : ok('it does not: deletion needs no second step here');
  },
};
