import { z } from 'zod';
import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { Remains } from '../../../core/storage/remains.ts';
import { isOwnSlot, type VolumeId } from '../../../core/storage/volume-id.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { deletionMark } from '../records/file-record.ts';
import {
  asText,
  type Code,
  each,
  either,
  equals,
  map,
  matches,
  property,
  variable,
  when,
} from '../script/code.ts';
import { find, rows, setting } from '../script/command.ts';
import type { Reply } from '../script/reply.ts';
import { answer } from '../script/script.ts';
import { subvolumePattern } from '../strategies/btrfs-subvolumes.ts';
import { fileNamed, isAbsent, isThere } from '../strategies/files.ts';
import { ofSlot } from './disk-row.ts';
import { answerFiles, answerTexts, filesOf, textsOf } from './file-row.ts';
import { readRecordFile } from './left-overs.ts';
import type { PoolFacts } from './pools.ts';
import { type Found, remainsOf, type Unused, unusedPlaces } from './remains-found.ts';
import { readTime } from './times.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** Records whose text is read at once: lines must not become too long. */
const TEXTS = 50;
/** How a script says that something stays. */
const KEPT = 'kept';

/** What lies at the places of volumes and is none: found by comparing the cluster's folder with all disk items. */
export class RemainsOperations {
  constructor(
    private readonly deps: VolumeDeps,
    private readonly conversation: Conversation,
  ) {}

  /** Two execs, and one more for every so many records of what no disk uses. */
  async list(context: CallContext): Promise<readonly Remains[]> {
    const pools = await this.pools(context);
    const body = this.survey(pools.some(({ fs }) => fs === 'btrfs'));
    const reply = await this.conversation.run({ operation: 'listRemains', body }, context);
    const unused = unusedPlaces(foundIn(reply), pools, this.deps);
    const texts = await this.texts(unused, context);
    return unused
      .map((one) => remainsOf(one, texts.get(one.place.record), this.deps))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async remove(id: VolumeId, context: CallContext): Promise<void> {
    const slot = this.deps.ownership.slotOf(id);
    if (slot === undefined || !isOwnSlot(slot)) return;
    const pools = await this.pools(context);
    const unused = isAbsent(find('/disk', ofSlot(slot)));
    const statements = [
      when(
        unused,
        pools.flatMap((pool) => this.finish(pool, slot)),
      ),
    ];
    const { reply, disk } = await this.deps.disks.write('removeRemains', slot, statements, context);
    if (!disk && !reply.answers.some(({ kind }) => kind === KEPT)) return;
    throw new BackendError(
      'changed',
      `${id}: not everything was removed: ${disk ? 'a disk has its slot' : 'what lies there is not marked as deleted'}`,
    );
  }

  /** Subvolumes are found by the label of their file system: of two with one label none is looked at. */
  private async pools(context: CallContext): Promise<PoolFacts[]> {
    const pools = await this.deps.pools.readAll(context);
    return pools.filter(
      (one) => one.fs !== 'btrfs' || pools.filter(({ label }) => label === one.label).length === 1,
    );
  }

  /** Only where the mark stands: that is all that tells somebody's last copy from rubbish. */
  private finish(pool: PoolFacts, slot: string): Code[] {
    const strategy = this.deps.strategies.for(pool);
    const { image, record } = strategy.place(pool, slot);
    return [
      ...readRecordFile(record),
      when(equals(variable('o'), deletionMark(slot)), strategy.clear(pool, slot)),
      ...[record, image.slice(1)].map((name) => when(isThere(fileNamed(name)), [answer(KEPT, name)])),
    ];
  }

  /** The files first: what a disk began to use meanwhile is used. */
  private survey(withSubvolumes: boolean): Code[] {
    const { layout } = this.deps;
    const subvolumes = matches(
      property('fullname'),
      `${subvolumePattern(`${layout.subvolume('csi-')}`)}[a-z2-7]+$`,
    );
    const clock = map({
      date: asText(setting('/system/clock', 'date')),
      time: asText(setting('/system/clock', 'time')),
    });
    return [
      answer('clock', clock),
      answerFiles(matches(property('name'), layout.placePattern('(img|rec)'))),
      ...(withSubvolumes
        ? [answerRows('subvolume', rows('/disk/btrfs/subvolume', ['fs', 'fullname'], subvolumes))]
        : []),
      answerRows('used', rows('/disk', ['file-path'], matches(property('file-path'), '.'))),
    ];
  }

  private async texts(unused: readonly Unused[], context: CallContext): Promise<Map<string, string>> {
    const names = unused.filter(({ record }) => record).map(({ place }) => place.record);
    const texts = new Map<string, string>();
    for (let at = 0; at < names.length; at += TEXTS) {
      const where = names.slice(at, at + TEXTS).map((name) => equals(property('name'), name));
      const body = [answerTexts(where.reduce(either))];
      const reply = await this.conversation.run({ operation: 'listRemains', body }, context);
      for (const { name, contents } of textsOf(reply)) texts.set(name, contents);
    }
    return texts;
  }
}

const answerRows = (kind: string, list: Code): Code => each('d', list, [answer(kind, variable('d'))]);

const clockSchema = z.object({ date: z.string(), time: z.string() });
const subvolumeSchema = z.object({ fs: z.string(), fullname: z.string() });
const usedSchema = z.object({ 'file-path': z.string() });

/** @throws BackendError `protocol` */
function foundIn(reply: Reply): Found {
  const clock = valuesOf(reply, 'clock', clockSchema)[0];
  return {
    files: filesOf(reply),
    subvolumes: valuesOf(reply, 'subvolume', subvolumeSchema),
    used: new Set(valuesOf(reply, 'used', usedSchema).map((row) => row['file-path'])),
    now: clock && readTime(`${clock.date} ${clock.time}`, 0),
  };
}

const valuesOf = <T>({ answers }: Reply, wanted: string, schema: z.ZodType<T>): T[] =>
  answers
    .filter(({ kind }) => kind === wanted)
    .map(({ value }) => {
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      throw new BackendError('protocol', `the appliance showed a ${wanted} in an unknown form`);
    });
