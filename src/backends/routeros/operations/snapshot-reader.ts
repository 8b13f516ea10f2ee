import { z } from 'zod';
import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { SnapshotId, VolumeId } from '../../../core/storage/volume-id.ts';
import type { Conversation } from '../conversation/conversation.ts';
import type { Layout } from '../records/layout.ts';
import { readSnapshotName, type SnapshotName } from '../records/snapshot-name.ts';
import { type Code, each, map, matches, property, variable } from '../script/code.ts';
import { rows, setting } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import type { Reply } from '../script/reply.ts';
import { answer } from '../script/script.ts';
import { subvolumePattern } from '../strategies/btrfs-subvolumes.ts';
import type { Ownership } from './owned-volume.ts';
import type { PoolFacts, Pools } from './pools.ts';
import { readTime } from './times.ts';

/** A snapshot's subvolume as the appliance shows it. */
export interface SnapshotRow {
  readonly name: SnapshotName;
  readonly pool: string;
  /** Its whole name, relative to the root of the file system. */
  readonly subvolume: string;
  /** ms since 1970-01-01 UTC. */
  readonly createdAt: number;
}

const PROPERTIES = ['fs', 'fullname', 'creation-time'] as const;
const schema = z.object({
  row: z.object({ fs: z.string(), fullname: z.string(), 'creation-time': z.union([z.string(), z.number()]) }),
  offset: z.union([z.number(), z.string()]),
});

/** Finds and reads snapshots: subvolumes below the cluster's own folder, told by their names. */
export class SnapshotReader {
  constructor(
    private readonly conversation: Conversation,
    private readonly pools: Pools,
    private readonly ownership: Ownership,
    private readonly layout: Layout,
  ) {}

  async find(id: SnapshotId | VolumeId, context: CallContext): Promise<SnapshotRow | undefined> {
    const slot = this.ownership.slotOf(id);
    if (slot === undefined) return undefined;
    const [row] = await this.read('getSnapshot', this.ofSlot(slot), context);
    return row;
  }

  /** The snapshots that fit, in no order. One exec, and none where no pool can have any. */
  async read(operation: string, where: Code, context: CallContext): Promise<SnapshotRow[]> {
    const pools = await this.pools.all(context);
    const reply = await this.conversation.run({ operation, body: [answerSnapshots(where)] }, context);
    return this.rowsOf(reply, pools);
  }

  rowsOf({ answers }: Reply, pools: readonly PoolFacts[]): SnapshotRow[] {
    return answers
      .filter(({ kind }) => kind === 'snapshot')
      .map(({ value }) => this.rowOf(value, pools))
      .filter((row) => row !== undefined);
  }

  all(): Code {
    return this.named(`[^/]+$`);
  }

  ofSlot(slot: string): Code {
    return this.named(`${quoteRegex(slot)}[.]`);
  }

  ofGroup(slot: string): Code {
    return this.named(`[^/]+[.]${quoteRegex(slot)}[+][0-9]+[.][^./]+$`);
  }

  ofSource(slot: string): Code {
    return this.named(`csi-[a-z2-7]+[.]${quoteRegex(slot)}[.]e?[0-9]+[.]`);
  }

  private named(rest: string): Code {
    return matches(property('fullname'), `${subvolumePattern(this.layout.snapshots)}/${rest}`);
  }

  private rowOf(value: unknown, pools: readonly PoolFacts[]): SnapshotRow | undefined {
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      throw new BackendError('protocol', 'the appliance showed a subvolume in an unknown form');
    }
    const { row, offset } = parsed.data;
    const own = row.fullname.slice(row.fullname.lastIndexOf('/') + 1);
    const name = readSnapshotName(own);
    const pool = pools.find(({ label }) => label === row.fs)?.name;
    const createdAt = readTime(row['creation-time'], offset);
    if (!name || pool === undefined) return undefined;
    if (createdAt === undefined) {
      throw new BackendError(
        'protocol',
        `the appliance shows a time in an unknown form: ${row['creation-time']}`,
      );
    }
    return { name, pool, subvolume: `${this.layout.snapshots}/${own}`, createdAt };
  }
}

/** Answers the subvolumes that fit, each with the offset of the clock that its time is told by. */
export const answerSnapshots = (where: Code): Code =>
  each('d', rows('/disk/btrfs/subvolume', PROPERTIES, where), [
    answer('snapshot', map({ row: variable('d'), offset: setting('/system/clock', 'gmt-offset') })),
  ]);
