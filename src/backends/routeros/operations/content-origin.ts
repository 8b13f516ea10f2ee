import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { type Encryption, encryptionOf } from '../../../core/storage/encryption.ts';
import type { ContentSource } from '../../../core/storage/volume.ts';
import { both, type Code, equals, property } from '../script/code.ts';
import { find } from '../script/command.ts';
import { isThere } from '../strategies/files.ts';
import type { ImageOrigin } from '../strategies/image-strategy.ts';
import { ofSlot } from './disk-row.ts';
import { poolOfPath } from './owned-volume.ts';
import type { SnapshotReader } from './snapshot-reader.ts';
import { hasNoSubvolume } from './snapshot-source.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** What a volume with content begins with. */
export interface ContentOrigin extends ImageOrigin, Encryption {
  readonly kind: ContentSource['kind'];
  readonly slot: string;
  readonly pool: string;
  /** The smallest size of the new volume. */
  readonly bytes: bigint;
  readonly mayFormat: boolean;
  /** Whether the source is still what it was when it was looked at: a copy stands for it only then. */
  readonly unchanged?: Code;
}

/** Finds what volumes are made from: snapshots and other volumes. */
export class Origins {
  constructor(
    private readonly deps: VolumeDeps,
    private readonly snapshots: SnapshotReader,
  ) {}

  /** @throws BackendError `not-found` no such source · `unsupported` its pool cannot do it */
  async find(source: ContentSource, context: CallContext): Promise<ContentOrigin> {
    const origin =
      source.kind === 'snapshot'
        ? await this.snapshotOrigin(source.id, context)
        : await this.volumeOrigin(source.id, context);
    if (!origin) {
      throw new BackendError('not-found', `content source ${source.kind} ${source.id} does not exist`);
    }
    const pool = await this.deps.pools.holding(origin.pool, context);
    const { capabilities } = this.deps.pools.view(pool);
    if (source.kind === 'snapshot' ? capabilities.snapshots : capabilities.clones !== 'none') return origin;
    const what = source.kind === 'snapshot' ? 'snapshots' : 'clones';
    throw new BackendError(
      'unsupported',
      `pool ${origin.pool} has no ${what}: that takes btrfs, and an appliance on which the doctor's write test has ` +
        'shown that an existing image becomes a disk (RDS_EXISTING_IMAGES)',
    );
  }

  /** Of snapshots it is not known what they hold: never format. */
  private async snapshotOrigin(
    id: ContentSource['id'],
    context: CallContext,
  ): Promise<ContentOrigin | undefined> {
    const found = await this.snapshots.find(id, context);
    if (!found) return undefined;
    const { name, pool, subvolume } = found;
    const { slot, bytes } = name;
    return { kind: 'snapshot', slot, pool, bytes, subvolume, mayFormat: false, ...encryptionOf(name) };
  }

  private async volumeOrigin(
    id: ContentSource['id'],
    context: CallContext,
  ): Promise<ContentOrigin | undefined> {
    const { disks, ownership, layout } = this.deps;
    const slot = ownership.slotOf(id);
    const owned = slot === undefined ? undefined : ownership.volume(await disks.read(slot, context));
    if (!owned) return undefined;
    const { disk, record } = owned;
    if (record.imported) throw hasNoSubvolume(owned.id, 'clones');
    const same = both(equals(property('comment'), disk.comment), equals(property('size'), disk.bytes));
    return {
      kind: 'volume',
      slot: disk.slot,
      pool: poolOfPath(disk.path),
      bytes: disk.bytes,
      subvolume: layout.subvolume(disk.slot),
      mayFormat: record.mayFormat && !record.everPublished,
      ...encryptionOf(record),
      unchanged: isThere(find('/disk', both(ofSlot(disk.slot), same))),
    };
  }
}
