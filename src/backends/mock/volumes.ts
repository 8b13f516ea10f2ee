import { formatBytes } from '../../core/bytes.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import { changedConnection, connectionOf } from '../../core/storage/connection-options.ts';
import { encryptionOf, requireSameEncryption } from '../../core/storage/encryption.ts';
import { type Page, type PageRequest, pageOf } from '../../core/storage/page.ts';
import { requireSameSpec } from '../../core/storage/spec-match.ts';
import type { BackendCapabilities, DeleteGuard } from '../../core/storage/storage-backend.ts';
import type { Volume, VolumeChange, VolumeSpec } from '../../core/storage/volume.ts';
import { parseHandle, slotFor, type VolumeId, volumeId } from '../../core/storage/volume-id.ts';
import { requireVolumeSize } from '../../core/storage/volume-size.ts';
import type { ClusterRecords } from './cluster-records.ts';
import { findOrigin, type Origin } from './content-source.ts';
import type { ImageStore } from './image-store.ts';
import type { MockCall } from './mock-call.ts';
import type { Pools } from './pools.ts';
import type { VolumeRecord } from './record.ts';
import { type Stored, untilUndisturbed } from './record-table.ts';

/** The lives of volumes; who uses them is in `publications.ts`. */
export class Volumes {
  constructor(
    private readonly records: ClusterRecords,
    private readonly images: ImageStore,
    private readonly pools: Pools,
    private readonly limits: BackendCapabilities,
  ) {}

  create(spec: VolumeSpec, call: MockCall): Promise<Volume> {
    return untilUndisturbed(async () => {
      const slot = slotFor(this.records.cluster, spec.name);
      const existing = this.records.volume(volumeId(this.records.appliance, slot));
      if (!existing) return this.createAt(slot, spec, call);
      const volume = await this.view(existing.record);
      requireSameSpec(volume, spec);
      return volume;
    });
  }

  async delete(id: VolumeId, call: MockCall, guard?: DeleteGuard): Promise<void> {
    const handle = parseHandle(id);
    if (handle?.appliance !== this.records.appliance) return;
    await untilUndisturbed(async () => {
      const stored = this.records.volume(id);
      // What keeps that slot is another thing, or another cluster's: no volume of ours.
      if (!stored && this.records.isTaken(handle.slot)) return;
      if (stored) requireUnused(id, stored.record, guard);
      // Without a record too: a deletion that ended between the record and the image is finished here.
      const after = () => this.images.removeVolume(id, handle.slot);
      const change = { slot: handle.slot, expect: stored?.revision, next: undefined, after };
      await this.records.commit(change, call);
    });
  }

  async get(id: VolumeId): Promise<Volume | undefined> {
    const stored = this.records.volume(id);
    return stored && this.view(stored.record);
  }

  async list(page: PageRequest): Promise<Page<Volume>> {
    const all = this.records.volumes().map((record) => ({ id: this.idOf(record), record }));
    const { items, next } = pageOf(all, page);
    const volumes = await Promise.all(items.map(({ record }) => this.view(record)));
    return next === undefined ? { items: volumes } : { items: volumes, next };
  }

  expand(id: VolumeId, bytes: bigint, call: MockCall): Promise<Volume> {
    return this.update(id, call, (record) => {
      if (record.capacityBytes >= bytes) return { next: record };
      const capacityBytes = requireVolumeSize(`volume ${id}`, bytes, undefined, this.limits);
      const { slot, provisioning } = record;
      const next = { ...record, capacityBytes };
      this.records.requireRoom(next);
      return { next, before: () => this.images.growVolume(slot, capacityBytes, provisioning, call.signal) };
    });
  }

  modify(id: VolumeId, change: VolumeChange, call: MockCall): Promise<Volume> {
    return this.update(id, call, (record) => {
      const compression = change.compression ?? record.compression;
      const connection = changedConnection(record, change);
      if (compression === record.compression && !connection) return { next: record };
      if (compression !== record.compression) this.requireCompression(record.pool, compression);
      return { next: { ...record, compression, ...(connection && { connection }) } };
    });
  }

  private async createAt(slot: string, spec: VolumeSpec, call: MockCall): Promise<Volume> {
    const origin = spec.contentSource && findOrigin(spec.contentSource, this.records, this.pools);
    const next = this.newRecord(slot, spec, origin);
    this.records.requireRoom(next);
    const { capacityBytes: sizeBytes, provisioning } = next;
    const image = { slot, sizeBytes, provisioning, ...(origin && { origin: origin.image }) };
    const staged = await this.images.stageVolume(image, call.signal);
    try {
      await this.records.commit(
        {
          slot,
          expect: undefined,
          next,
          before: () => staged.place(),
          ...(origin && { admit: origin.requireSame }),
        },
        call,
      );
    } finally {
      await staged.discard();
    }
    return this.view(next);
  }

  private newRecord(slot: string, spec: VolumeSpec, origin: Origin | undefined): VolumeRecord {
    const subject = `volume ${JSON.stringify(spec.name)}`;
    const pool = this.pools.require(spec.pool ?? origin?.pool);
    const capacityBytes = requireVolumeSize(subject, spec.requiredBytes, spec.limitBytes, this.limits);
    this.requireCompression(pool.name, spec.compression);
    if (origin) requireFit(subject, pool.name, capacityBytes, origin);
    if (origin) requireSameEncryption(subject, spec, origin);
    return {
      kind: 'volume',
      slot,
      cluster: this.records.cluster,
      name: spec.name,
      capacityBytes,
      pool: pool.name,
      provisioning: spec.provisioning,
      compression: spec.compression,
      ...(spec.contentSource && { contentSource: spec.contentSource }),
      mayFormat: origin?.mayFormat ?? true,
      everPublished: false,
      ...encryptionOf(spec),
      // A copy has its own, never its source's.
      ...connectionOf(spec),
      publications: [],
    };
  }

  private requireCompression(pool: string, wanted: boolean): void {
    if (!wanted || this.pools.require(pool).capabilities.compression) return;
    throw new BackendError('unsupported', `pool ${pool} has no compression; use another pool`);
  }

  private update(
    id: VolumeId,
    call: MockCall,
    decide: (record: VolumeRecord) => { next: VolumeRecord; before?: () => Promise<void> },
  ): Promise<Volume> {
    return untilUndisturbed(async () => {
      const { record, revision } = requireVolume(this.records, id);
      const decision = decide(record);
      if (decision.next !== record) {
        await this.records.commit({ slot: record.slot, expect: revision, ...decision }, call);
      }
      return this.view(decision.next);
    });
  }

  private idOf(record: VolumeRecord): VolumeId {
    return volumeId(this.records.appliance, record.slot);
  }

  private async view(record: VolumeRecord): Promise<Volume> {
    const { kind, slot, cluster, ...shared } = record;
    const conditions = await this.images.conditions(slot, record.capacityBytes);
    return { id: this.idOf(record), ...shared, conditions };
  }
}

/** @throws BackendError `not-found` */
export function requireVolume(records: ClusterRecords, id: VolumeId): Stored<VolumeRecord> {
  const stored = records.volume(id);
  if (stored) return stored;
  throw new BackendError('not-found', `volume ${id} does not exist on appliance ${records.appliance}`);
}

function requireUnused(
  id: VolumeId,
  { publications, everPublished }: VolumeRecord,
  guard?: DeleteGuard,
): void {
  if (publications.length === 0) {
    // A record that does not say is no proof.
    if (!guard?.unlessEverPublished || everPublished === false) return;
    throw new BackendError('changed', `volume ${id} is not deleted: a node has had it; read it again`);
  }
  const holders = publications.map(({ node }) => node).join(', ');
  throw new BackendError('in-use', `volume ${id} is published to ${holders}; unpublish it there first`);
}

function requireFit(subject: string, pool: string, bytes: bigint, origin: Origin): void {
  if (pool !== origin.pool) {
    throw new BackendError(
      'unsupported',
      `${subject}: its content source is in pool ${origin.pool}, asked for is pool ${pool}; copies stay in their pool`,
    );
  }
  if (bytes < origin.sizeBytes) {
    throw new BackendError(
      'out-of-range',
      `${subject}: ${formatBytes(bytes)} is less than its content source has: ${formatBytes(origin.sizeBytes)}`,
    );
  }
}
