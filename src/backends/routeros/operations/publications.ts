import type { CallContext } from '../../../core/call-context.ts';
import type { Clock } from '../../../core/clock.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { decideClaim, decideRelease, holdsFirst } from '../../../core/storage/claims.ts';
import { connectionOf } from '../../../core/storage/connection-options.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { UnpublishGuard } from '../../../core/storage/storage-backend.ts';
import type { Export, Publication, PublishClaim, PublishRequest } from '../../../core/storage/volume.ts';
import type { Epoch, NodeId, VolumeId } from '../../../core/storage/volume-id.ts';
import { nextRevision, type VolumeRecord, writeRecord } from '../records/volume-record.ts';
import { both, type Code, equals, property } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import { compareAndSet } from './compare-and-set.ts';
import { type DiskRow, ofSlot } from './disk-row.ts';
import { imageGone, notFound, type OwnedVolume } from './owned-volume.ts';
import { ATTEMPTS, type VolumeDeps } from './volume-deps.ts';

export interface PublicationOptions {
  readonly naming: NqnNaming;
  readonly clock: Clock;
  readonly newEpoch: () => Epoch;
  /** Where nodes reach the exports. */
  readonly addresses: readonly string[];
  /** How long an export must have been stopped before another node gets the volume, ms. */
  readonly settleMs: number;
}

/** RouterOS's target has one namespace a subsystem (seen on an RDS2216). */
const NAMESPACE = 1;

/**
 * Who uses which volume. Claim, NQN and export change in one `set` whose condition is the exact record that the
 * decision was made on: a late script, a second replica or a person at the console cannot come between.
 */
export class Publications {
  /** When the last claim of a slot was removed by this process: monotonic ms, and by which node. */
  private readonly stopped = new Map<string, { readonly at: number; readonly node: NodeId | 'all' }>();

  constructor(
    private readonly deps: VolumeDeps,
    private readonly options: PublicationOptions,
  ) {}

  publish(id: VolumeId, claim: PublishRequest, context: CallContext): Promise<Export> {
    return this.decided(id, context, async (volume, slot) => {
      if (!volume) throw notFound(id);
      const { record } = volume;
      const held = decideClaim({ ...record, id }, claim, this.deps.limits) === 'held';
      const gone = imageGone(id, volume.disk);
      if (gone !== undefined) throw new BackendError('precondition', `cannot be published: ${gone}`);
      if (!record.epoch && volume.disk.exported) {
        // Somebody may be connected still: it is stopped, and settles, before the next epoch begins.
        await this.stopLeftExport(volume, 'all', context);
        return undefined;
      }
      if (!record.epoch) await this.settle(slot, claim.node, context);
      const epoch = record.epoch ?? this.options.newEpoch();
      const next = held ? record : claimed(record, claim, epoch);
      return this.grant(volume, next, { epoch, node: claim.node }, context);
    });
  }

  private async grant(
    { id, disk, record }: OwnedVolume,
    next: VolumeRecord,
    { epoch, node }: { readonly epoch: Epoch; readonly node: NodeId },
    context: CallContext,
  ): Promise<Export | undefined> {
    const nqn = this.options.naming.forExport(id, epoch);
    const exported = { 'nvme-tcp-server-nqn': nqn, 'nvme-tcp-export': true };
    const comment = writeRecord(next);
    const claim = next === record ? [] : [compareAndSet(disk, { comment })];
    const statements = record.epoch
      ? // An export in use is never touched; one that a reboot has lost is started again.
        [...claim, startExport(disk.slot, comment, exported)]
      : [compareAndSet(disk, { comment, ...exported })];
    const wanted = { comment, exported: true, nqn, port: next.port };
    const written = await this.write('publishVolume', disk.slot, statements, wanted, context);
    const mayFormat = next.mayFormat && holdsFirst(next.publications, node);
    return written && exportOf(written, { ...next, mayFormat }, nqn, epoch, this.options.addresses);
  }

  async unpublish(
    id: VolumeId,
    node: NodeId | 'all',
    guard: UnpublishGuard,
    context: CallContext,
  ): Promise<void> {
    await this.decided(id, context, async (volume, _slot, certain) => {
      const remaining = volume && decideRelease({ ...volume.record, id }, node, guard.ifEpoch);
      // «Nothing to remove» is no decision to take from memory.
      if (!remaining) return certain ? this.stopLeftExport(volume, node, context) : undefined;
      return this.release(volume, node, remaining, context);
    });
  }

  private async release(
    { record: { epoch, ...rest }, disk }: OwnedVolume,
    node: NodeId | 'all',
    publications: readonly Publication[],
    context: CallContext,
  ): Promise<'done' | undefined> {
    const last = publications.length === 0;
    const comment = writeRecord({
      ...rest,
      publications,
      revision: nextRevision(rest),
      ...(!last && epoch && { epoch }),
    });
    const change = last ? { comment, 'nvme-tcp-export': false } : { comment };
    const wanted = { comment, exported: last ? false : undefined };
    const statements = [compareAndSet(disk, change)];
    try {
      return (await this.write('unpublishVolume', disk.slot, statements, wanted, context)) && 'done';
    } finally {
      // Whatever is known of it: the export may have been stopped as late as now.
      if (last) this.noteStop(disk.slot, node);
    }
  }

  /** A record without claims promises that nobody can connect any more: an export that is still on is stopped. */
  private async stopLeftExport(
    volume: OwnedVolume | undefined,
    node: NodeId | 'all',
    context: CallContext,
  ): Promise<'done' | undefined> {
    if (!volume?.disk.exported || volume.record.publications.length > 0) return 'done';
    const { slot, comment } = volume.disk;
    const written = await this.write(
      'unpublishVolume',
      slot,
      [stopExport(volume.disk)],
      { comment, exported: false },
      context,
    );
    if (written) this.noteStop(slot, node);
    return written && 'done';
  }

  /**
   * Decides on what was last seen, and again on what is read, until the appliance's record was the one that the
   * decision rested on.
   * @param decide gives undefined where it was not, or where it must not decide on memory
   */
  private async decided<T>(
    id: VolumeId,
    context: CallContext,
    decide: (volume: OwnedVolume | undefined, slot: string, certain: boolean) => Promise<T | undefined>,
  ): Promise<T> {
    const { disks, ownership } = this.deps;
    const slot = ownership.slotOf(id);
    if (slot === undefined) {
      const outcome = await decide(undefined, '', true);
      if (outcome === undefined) throw notFound(id);
      return outcome;
    }
    const seen = disks.lastSeen(slot);
    const early = seen && (await this.onMemory(() => decide(ownership.volume(seen), slot, false)));
    if (early !== undefined) return early;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const disk = await disks.read(slot, context);
      const outcome = await decide(ownership.volume(disk), slot, true);
      if (outcome !== undefined) return outcome;
    }
    throw new BackendError('changed', `volume ${id} is being written to by others; try again`);
  }

  /** A refusal that rests on memory is no refusal yet: it is read again. */
  private async onMemory<T>(decide: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await decide();
    } catch (error) {
      if (error instanceof BackendError && FROM_RECORD.has(error.kind)) return undefined;
      throw error;
    }
  }

  /** The item after the change; undefined: its record was another one, and nothing was done. */
  private async write(
    operation: string,
    slot: string,
    statements: readonly Code[],
    wanted: Wanted,
    context: CallContext,
  ): Promise<DiskRow | undefined> {
    const { disk } = await this.deps.disks.write(operation, slot, statements, context);
    if (disk?.comment !== wanted.comment) return undefined;
    if (wanted.nqn !== undefined && disk.exported) {
      requireSameExport(disk, wanted.nqn, wanted.port ?? disk.port);
    }
    if (wanted.exported === undefined || disk.exported === wanted.exported) return disk;
    throw new BackendError(
      'unavailable',
      `${operation}: the appliance took the change of ${slot}, but its export is ` +
        `${disk.exported ? 'still on' : 'off'}; try again`,
    );
  }

  private noteStop(slot: string, node: NodeId | 'all'): void {
    const now = this.options.clock.monotonic();
    for (const [other, { at }] of this.stopped) {
      if (at + this.options.settleMs < now) this.stopped.delete(other);
    }
    this.stopped.set(slot, { at: now, node });
  }

  /** A session that was cut off may have writes on their way: another node waits a moment for them. */
  private async settle(slot: string, node: NodeId, { signal }: CallContext): Promise<void> {
    const stop = this.stopped.get(slot);
    if (!stop || stop.node === node) return;
    const { clock, settleMs } = this.options;
    const left = stop.at + settleMs - clock.monotonic();
    if (left > 0) await clock.sleep(left, signal);
  }
}

/** What the item must show after a change. */
interface Wanted {
  readonly comment: string;
  /** undefined: whatever it is. */
  readonly exported: boolean | undefined;
  /** Of its export; undefined: whatever it is. */
  readonly nqn?: string;
  readonly port?: number;
}

/**
 * Nodes look for an export by its name and port, and one that is in use is not toggled.
 * @throws BackendError `precondition` somebody has given it another name or port
 */
function requireSameExport({ slot, nqn, port }: DiskRow, wantedNqn: string, wantedPort: number): void {
  if (nqn === wantedNqn && port === wantedPort) return;
  throw new BackendError(
    'precondition',
    `the appliance exports ${slot} as ${nqn} on port ${port}, and should as ${wantedNqn} on port ${wantedPort}: ` +
      'somebody changed it. Unpublish the volume from every node, or set it back on the appliance',
  );
}

/** What can be wrong because memory was. */
const FROM_RECORD: ReadonlySet<string> = new Set([
  'conflict',
  'in-use',
  'changed',
  'not-found',
  'precondition',
]);

/** Only where the record is still the one that was read. */
function stopExport({ slot, comment }: DiskRow): Code {
  const recorded = both(ofSlot(slot), equals(property('comment'), comment));
  const items = find('/disk', both(recorded, equals(property('nvme-tcp-export'), true)));
  return command('/disk', 'set', { 'nvme-tcp-export': false }, { items });
}

function startExport(
  slot: string,
  comment: string,
  exported: Readonly<Record<string, string | boolean>>,
): Code {
  const recorded = both(ofSlot(slot), equals(property('comment'), comment));
  const items = find('/disk', both(recorded, equals(property('nvme-tcp-export'), false)));
  return command('/disk', 'set', exported, { items });
}

function claimed(
  record: VolumeRecord,
  { node, sharing, readonly }: PublishClaim,
  epoch: Epoch,
): VolumeRecord {
  const publications = [...record.publications, { node, sharing, readonly }];
  return { ...record, publications, epoch, everPublished: true, revision: nextRevision(record) };
}

function exportOf(
  { bytes: capacityBytes }: DiskRow,
  record: VolumeRecord,
  nqn: string,
  epoch: Epoch,
  addresses: readonly string[],
): Export {
  return {
    nqn,
    epoch,
    capacityBytes,
    mayFormat: record.mayFormat,
    ...connectionOf(record),
    transport: 'nvme-tcp',
    addresses,
    port: record.port,
    namespaceId: NAMESPACE,
  };
}
