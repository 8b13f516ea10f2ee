import { BackendError } from '../../../core/storage/backend-error.ts';
import { connectionOf } from '../../../core/storage/connection-options.ts';
import { encryptionOf } from '../../../core/storage/encryption.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { ContentSource, Volume, VolumeCondition } from '../../../core/storage/volume.ts';
import {
  parseHandle,
  type SnapshotId,
  snapshotId,
  type VolumeId,
  volumeId,
} from '../../../core/storage/volume-id.ts';
import type { Layout } from '../records/layout.ts';
import { recallName, storeName } from '../records/stored-name.ts';
import { clusterPattern, clusterTag, readRecord, type VolumeRecord } from '../records/volume-record.ts';
import { both, type Code, either, matches, not, property } from '../script/code.ts';
import { quoteRegex } from '../script/quote.ts';
import type { DiskRow } from './disk-row.ts';

/** A volume of our cluster: its disk item, and what the record in its comment says. */
export interface OwnedVolume {
  readonly id: VolumeId;
  readonly disk: DiskRow;
  readonly record: VolumeRecord;
}

/** Tells our cluster's volumes on one appliance from everything else. */
export class Ownership {
  readonly cluster: string;

  constructor(
    readonly appliance: string,
    private readonly layout: Layout,
    private readonly naming: NqnNaming,
  ) {
    this.cluster = clusterTag(layout.clusterId);
  }

  /** Finds every disk item that may be one of ours, as {@link claims} tells it. */
  perhapsOurs(): Code {
    const path = property('file-path');
    const named = `^${quoteRegex(this.naming.appliancePrefix(this.appliance))}`;
    return [
      matches(property('comment'), clusterPattern(this.cluster)),
      matches(path, `^/[^/]+/csi/${quoteRegex(this.layout.clusterId)}/`),
      both(matches(property('nvme-tcp-server-nqn'), named), not(matches(path, ANY_CLUSTERS_FOLDER))),
    ].reduce(either);
  }

  /**
   * Whether a disk item is one of ours even where its comment is no record any more: by the comment's beginning, by the
   * folder of its image, or, where that is an imported one, by the name that it is exported under.
   */
  claims({ slot, comment, path, exported, nqn }: DiskRow): boolean {
    const id = volumeId(this.appliance, slot);
    return (
      new RegExp(clusterPattern(this.cluster)).test(comment) ||
      this.layout.poolOf(path) !== undefined ||
      (exported && this.naming.parse(nqn)?.id === id && !new RegExp(ANY_CLUSTERS_FOLDER).test(path))
    );
  }

  /** The slot behind an id; undefined where it cannot be one of this appliance. */
  slotOf(id: VolumeId | SnapshotId): string | undefined {
    const handle = parseHandle(id);
    return handle?.appliance === this.appliance ? handle.slot : undefined;
  }

  /**
   * The volume behind a disk item; undefined where it is not one of ours.
   * @throws BackendError `precondition` its comment is not as the driver wrote it, or was written by a newer version
   */
  volume(disk: DiskRow | undefined): OwnedVolume | undefined {
    if (!disk) return undefined;
    const id = volumeId(this.appliance, disk.slot);
    // No id of ours leads there, so it is none of ours, whatever its comment says.
    if (!parseHandle(id)) return undefined;
    const read = readRecord(disk.comment, this.cluster);
    switch (read.state) {
      case 'ours':
        return { id, disk, record: read.record };
      case 'newer':
        throw new BackendError(
          'precondition',
          `volume ${id} has a record of format ${read.format}, which a newer version of this driver wrote; ` +
            'update the driver',
        );
      case 'edited':
        if (this.claims(disk)) throw edited(id);
        return undefined;
      case 'foreign':
        // A comment was taken away or replaced.
        if (this.claims(disk) && !/^rc\d+;[0-9a-f]+;/.test(disk.comment)) throw edited(id);
        return undefined;
    }
  }

  /** @throws BackendError `not-found`, and as {@link volume} */
  require(id: VolumeId, disk: DiskRow | undefined): OwnedVolume {
    const volume = this.volume(disk);
    if (volume) return volume;
    throw notFound(id);
  }

  /** As the port shows it. `name`: the whole CSI name, where the caller knows it. */
  view({ id, disk, record }: OwnedVolume, name?: string): Volume {
    const contentSource = this.contentSource(record);
    return {
      id,
      name: name !== undefined && storeName(name) === record.name ? name : recallName(record.name),
      capacityBytes: disk.bytes,
      pool: poolOfPath(disk.path),
      provisioning: record.provisioning,
      compression: disk.compression,
      ...encryptionOf(record),
      ...connectionOf(record),
      ...(contentSource && { contentSource }),
      publications: record.publications,
      ...(record.epoch && { epoch: record.epoch }),
      mayFormat: record.mayFormat,
      everPublished: record.everPublished,
      ...(record.imported && { imported: true as const }),
      conditions: conditionsOf(id, disk, record),
    };
  }

  private contentSource({ source }: VolumeRecord): ContentSource | undefined {
    if (!source) return undefined;
    return source.kind === 'snapshot'
      ? { kind: 'snapshot', id: snapshotId(this.appliance, source.slot) }
      : { kind: 'volume', id: volumeId(this.appliance, source.slot) };
  }
}

/** POSIX extended: paths in the folder of whatever cluster. */
const ANY_CLUSTERS_FOLDER = '^/[^/]+/csi/';

export const notFound = (id: VolumeId): BackendError =>
  new BackendError('not-found', `volume ${id} does not exist`);

/** The pool is the first part of the path: the mount point of its file system. */
export const poolOfPath = (path: string): string => path.split('/')[1] ?? '';

/** What is wrong with a volume whose disk item shows no image; undefined where it does. */
export const imageGone = (id: VolumeId, { bytes, path }: DiskRow): string | undefined =>
  bytes > 0n
    ? undefined
    : `the appliance shows no image at ${path} for volume ${id}; is its pool mounted, was the file removed?`;

function conditionsOf(id: VolumeId, disk: DiskRow, record: VolumeRecord): VolumeCondition[] {
  const gone = imageGone(id, disk);
  if (gone !== undefined) return [{ status: 'data-loss', reason: 'ImageMissing', message: gone }];
  if (record.publications.length === 0 && disk.exported) {
    const stale = `volume ${id} is not published, but the appliance still exports it; unpublish it again`;
    return [{ status: 'degraded', reason: 'StillExported', message: stale }];
  }
  if (record.publications.length === 0 || disk.exported) return [];
  const message =
    `volume ${id} is published to ${record.publications.map(({ node }) => node).join(', ')}, but the appliance ` +
    'does not export it; it is exported again at its next publication';
  return [{ status: 'inaccessible', reason: 'NotExported', message }];
}

const edited = (id: VolumeId): BackendError =>
  new BackendError(
    'precondition',
    `the comment of volume ${id} on the appliance is not the record that the driver wrote: somebody changed it; ` +
      'nothing is guessed. See `rose-csi volumes show` and `rose-csi volumes repair`',
  );
