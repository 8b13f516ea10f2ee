import { z } from 'zod';
import { answerDisks, disksOf, ofSlot } from '../../operations/disk-row.ts';
import { answerTexts, textsOf } from '../../operations/file-row.ts';
import { readTime } from '../../operations/times.ts';
import { type Code, each, equals, firstOf, matches, property, variable } from '../../script/code.ts';
import { command, find, rows, setting } from '../../script/command.ts';
import { quoteRegex } from '../../script/quote.ts';
import { answer } from '../../script/script.ts';
import { subvolumeNamed } from '../../strategies/btrfs-subvolumes.ts';
import { writeFile } from '../../strategies/files.ts';
import { allAnswered, answered, attempt, outcomeOf } from '../answers.ts';
import { type Finding, failed, ok, unknown, warning } from '../check.ts';
import { type Bench, TRIAL_BYTES } from './bench.ts';
import { CONTENT, readContent } from './existing-image.ts';
import type { Trial } from './trial.ts';

const onBtrfs = (trial: Trial): Trial => ({
  ...trial,
  run: async (bench) =>
    bench.pool.fs === 'btrfs'
      ? trial.run(bench)
      : { status: 'skipped', seen: `${bench.pool.name} is ${bench.pool.fs}` },
});

const subvolume = (bench: Bench, name: string): Code => subvolumeNamed(bench.pool, bench.subvolume(name));

const addSubvolume = (bench: Bench, name: string, parent: Code | undefined, readOnly: boolean): Code =>
  command('/disk/btrfs/subvolume', 'add', {
    fs: bench.pool.label,
    name: bench.subvolume(name),
    parent,
    'read-only': readOnly,
  });

const rowSchema = z.object({
  fs: z.string(),
  name: z.string(),
  fullname: z.string(),
  'creation-time': z.union([z.string(), z.number()]),
});
const PROPERTIES = ['fs', 'name', 'fullname', 'creation-time'] as const;

export const SUBVOLUME: Trial = onBtrfs({
  id: 'subvolume',
  title: 'a subvolume is made in a folder, and found by its whole name',
  needs: ['folder'],
  settles: ['subvolume-fullname', 'creation-time'],
  run: async (bench) => {
    const reply = await bench.ask('subvolume', [
      attempt('added', [addSubvolume(bench, 'v', undefined, false)]),
      each(
        'd',
        rows(
          '/disk/btrfs/subvolume',
          PROPERTIES,
          matches(property('fullname'), quoteRegex(bench.subvolume('v'))),
        ),
        [answer('row', variable('d'))],
      ),
      answer('offset', setting('/system/clock', 'gmt-offset')),
    ]);
    const added = outcomeOf(reply, 'added');
    if (!added.done) return failed(added.error, 'please report it: volumes on btrfs need subvolumes');
    const [value] = allAnswered(reply, 'row');
    if (value === undefined) return failed('it is not found by fullname', 'please report it');
    const row = rowSchema.parse(value);
    const offset = z.union([z.string(), z.number()]).parse(answered(reply, 'offset'));
    const seen = `name ${row.name}, fullname ${row.fullname}, made ${row['creation-time']}`;
    if (readTime(row['creation-time'], offset) !== undefined) return ok(seen);
    return failed(seen, 'its time has an unknown form: please report it');
  },
});

export const SUBVOLUME_DISK: Trial = onBtrfs({
  id: 'subvolume-disk',
  title: 'a disk is made in a subvolume',
  needs: ['subvolume'],
  settles: ['file-in-subvolume'],
  run: async (bench) => {
    const reply = await bench.ask('subvolume-disk', [
      attempt('added', [bench.add('v', `/${bench.file('v/volume.img')}`)]),
      attempt('written', [writeFile(bench.file('v/text.img'), CONTENT)]),
      answerDisks(ofSlot(bench.slot('v'))),
      answerTexts(equals(property('name'), bench.file('v/text.img'))),
    ]);
    for (const name of ['added', 'written']) {
      const outcome = outcomeOf(reply, name);
      if (!outcome.done) return failed(`${name}: ${outcome.error}`, 'please report it');
    }
    if (disksOf(reply)[0]?.bytes !== TRIAL_BYTES) return failed('no such disk', 'please report it');
    if (textsOf(reply)[0]?.contents === CONTENT) return ok('with a file beside it, as its record is');
    return failed(
      '/file does not show what is in a subvolume',
      'the driver cannot work on btrfs here; please report it',
    );
  },
});

export const COMPRESSION: Trial = {
  id: 'compression',
  title: 'whether a disk can be compressed',
  needs: ['add'],
  settles: ['compress'],
  run: async (bench) => {
    const reply = await bench.ask('compression', [
      attempt('set', [
        command('/disk', 'set', { compress: true }, { items: find('/disk', ofSlot(bench.slot('a'))) }),
      ]),
      answerDisks(ofSlot(bench.slot('a'))),
    ]);
    const set = outcomeOf(reply, 'set');
    const btrfs = bench.pool.fs === 'btrfs';
    if (set.done) return ok(disksOf(reply)[0]?.compression === true ? 'yes' : 'it says yes, and is not');
    return btrfs
      ? warning(`no: ${set.error}`, 'StorageClasses cannot ask for compression here')
      : ok(`no: ${set.error}`);
  },
};

export const USED_SUBVOLUME: Trial = onBtrfs({
  id: 'used-subvolume',
  title: 'whether a subvolume is removed under a disk that uses it',
  needs: ['restore'],
  settles: ['remove-used'],
  run: async (bench) => {
    const reply = await bench.ask('used-subvolume', [
      attempt('removed', [command('/disk/btrfs/subvolume', 'remove', {}, { items: subvolume(bench, 'v') })]),
    ]);
    const removed = outcomeOf(reply, 'removed');
    return removed.done
      ? ok('yes: only the driver’s own order keeps it from that')
      : ok(`no: ${removed.error}`);
  },
});

export const SNAPSHOT: Trial = onBtrfs({
  id: 'snapshot',
  title: 'a read-only snapshot of a live image, and who its parent is said to be',
  needs: ['subvolume-disk'],
  settles: ['subvolume-parent', 'snapshot'],
  run: async (bench) => {
    const reply = await bench.ask('snapshot', [
      attempt('by-id', [addSubvolume(bench, 's', firstOf(subvolume(bench, 'v')), true)]),
    ]);
    const done = outcomeOf(reply, 'by-id');
    if (!done.done)
      return failed(`parent by id: ${done.error}`, 'please report it: there are no snapshots here');
    return ok('parent by id');
  },
});

export const RESTORE: Trial = onBtrfs({
  id: 'restore',
  title: 'a writable subvolume of the snapshot, and its image as a disk',
  needs: ['snapshot', 'existing-image'],
  settles: ['snapshot', 'existing-image'],
  run: async (bench) => {
    const text = equals(property('name'), bench.file('w/text.img'));
    const reply = await bench.ask('restore', [
      attempt('restored', [addSubvolume(bench, 'w', firstOf(subvolume(bench, 's')), false)]),
      answerTexts(text),
    ]);
    const restored = outcomeOf(reply, 'restored');
    if (!restored.done) return failed(restored.error, 'please report it: snapshots cannot be restored here');
    if (textsOf(reply)[0]?.contents !== CONTENT) {
      return failed(
        'what was written before the snapshot is not in it',
        'please report it: do not rely on snapshots',
      );
    }
    return withDisk(bench);
  },
});

async function withDisk(bench: Bench): Promise<Finding> {
  const reply = await bench.ask('restore', [
    attempt('added', [bench.add('w', `/${bench.file('w/volume.img')}`)]),
    answerDisks(ofSlot(bench.slot('w'))),
  ]);
  const added = outcomeOf(reply, 'added');
  if (!added.done)
    return warning(`the image is there, and no disk can be made of it: ${added.error}`, 'no snapshots here');
  if (disksOf(reply)[0]?.bytes !== TRIAL_BYTES) return failed('its size is another one', 'please report it');
  const { content, why } = await readContent(bench, bench.file('w/text.img'));
  if (content === 'kept') return ok(`its image became a disk, its content stayed (${why})`);
  if (content === 'lost')
    return failed(`its content is GONE (${why})`, 'do not use snapshots on this appliance');
  return unknown(`its image became a disk; its content could not be seen (${why})`);
}
