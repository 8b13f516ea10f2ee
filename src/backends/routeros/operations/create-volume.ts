import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { connectionOf } from '../../../core/storage/connection-options.ts';
import { encryptionOf, requireSameEncryption } from '../../../core/storage/encryption.ts';
import { requireSameSpec } from '../../../core/storage/spec-match.ts';
import type { Volume, VolumeSpec } from '../../../core/storage/volume.ts';
import { slotFor, type VolumeId, volumeId } from '../../../core/storage/volume-id.ts';
import { requireVolumeSize } from '../../../core/storage/volume-size.ts';
import { storeName } from '../records/stored-name.ts';
import { firstRevision, nextRevision, type VolumeRecord, writeRecord } from '../records/volume-record.ts';
import type { Code } from '../script/code.ts';
import { NO_ORIGIN } from '../strategies/btrfs-subvolumes.ts';
import type { ContentOrigin, Origins } from './content-origin.ts';
import { type CreatePlan, checkScript, createScript, recordScript, UNRECORDED } from './create-script.ts';
import type { DiskRow } from './disk-row.ts';
import type { Written } from './disks.ts';
import type { OwnedVolume } from './owned-volume.ts';
import type { PoolFacts } from './pools.ts';
import { NO_PORT, type NvmePorts, portCandidates } from './ports.ts';
import { POOL_GONE, refusalError } from './refusals.ts';
import { ATTEMPTS, type VolumeDeps } from './volume-deps.ts';

/** CreateVolume on the appliance: one exec for an empty volume. */
export class CreateVolume {
  constructor(
    private readonly deps: VolumeDeps,
    private readonly origins: Origins,
    private readonly ports: NvmePorts,
    private readonly random: (bytes: number) => Uint8Array,
  ) {}

  async run(spec: VolumeSpec, context: CallContext): Promise<Volume> {
    const slot = slotFor(this.deps.layout.clusterId, spec.name);
    const id = volumeId(this.deps.ownership.appliance, slot);
    const tries = { round: 0, changes: 0 };
    for (;;) {
      const plan = await this.plan(id, slot, spec, tries.round, context);
      if (!('pool' in plan)) return plan.existing;
      const { reply, disk } = await this.deps.disks.write(
        'createVolume',
        slot,
        this.statements(plan),
        context,
      );
      if (reply.refusal === undefined) return this.made(id, spec, { reply, disk }, context);
      this.requireAnotherTry(reply.refusal, plan, tries);
    }
  }

  /** @throws BackendError where the refusal is final */
  private requireAnotherTry(
    refusal: string,
    { slot, spec, pool }: CreatePlan,
    tries: { round: number; changes: number },
  ): void {
    if (refusal === POOL_GONE) this.deps.pools.forget();
    // All of these ports are taken: on to the next. The source changed since it was looked at: look again.
    if (refusal === NO_PORT && portCandidates(slot, this.ports, tries.round + 1)) tries.round += 1;
    else if (refusal === NO_ORIGIN && tries.changes < ATTEMPTS) tries.changes += 1;
    else throw refusalError(refusal, `volume ${JSON.stringify(spec.name)}`, `pool ${pool.name}`);
  }

  /**
   * What to make; or what is there already, where something must be known of it first: the spec cannot be had as it
   * is, or begins from a source that may be gone by now.
   */
  private async plan(
    id: VolumeId,
    slot: string,
    spec: VolumeSpec,
    round: number,
    context: CallContext,
  ): Promise<CreatePlan | { readonly existing: Volume }> {
    const existing = spec.contentSource && (await this.existing(id, spec, context));
    if (existing) return { existing };
    try {
      return await this.newPlan(slot, spec, round, context);
    } catch (error) {
      if (!(error instanceof BackendError) || spec.contentSource || !ABOUT_THE_SPEC.has(error.kind))
        throw error;
      const found = await this.existing(id, spec, context);
      if (found) return { existing: found };
      throw error;
    }
  }

  private async newPlan(
    slot: string,
    spec: VolumeSpec,
    round: number,
    context: CallContext,
  ): Promise<CreatePlan> {
    const subject = `volume ${JSON.stringify(spec.name)}`;
    const bytes = requireVolumeSize(subject, spec.requiredBytes, spec.limitBytes, this.deps.limits);
    const origin = spec.contentSource && (await this.origins.find(spec.contentSource, context));
    const pool = await this.deps.pools.require(spec.pool ?? origin?.pool, context);
    this.requireAbilities(subject, spec, pool);
    if (origin) requireFit(subject, pool, bytes, origin);
    if (origin) requireSameEncryption(subject, spec, origin);
    const ports = portCandidates(slot, this.ports, round) ?? [];
    const record = newRecord(spec, origin, this.deps.ownership.cluster, firstRevision(this.random));
    return { slot, bytes, pool, ports, ...(origin && { origin }), spec, record };
  }

  private requireAbilities(subject: string, { compression }: VolumeSpec, pool: PoolFacts): void {
    if (!compression || this.deps.pools.view(pool).capabilities.compression) return;
    throw new BackendError(
      'unsupported',
      `${subject}: pool ${pool.name} is ${pool.fs}, which has no compression; use a btrfs pool`,
    );
  }

  private statements(plan: CreatePlan): Code[] {
    const { layout, strategies, rules } = this.deps;
    return createScript(plan, { strategy: strategies.for(plan.pool), layout, rules, ports: this.ports });
  }

  /** What is there under the name, completely made. */
  private async existing(id: VolumeId, spec: VolumeSpec, context: CallContext): Promise<Volume | undefined> {
    const { disks, layout, ownership } = this.deps;
    const slot = slotFor(layout.clusterId, spec.name);
    if (!(await disks.read(slot, context))) return undefined;
    const check = checkScript(slot, ownership.cluster, layout);
    const written = await disks.write('createVolume', slot, check, context);
    return written.disk && this.made(id, spec, written, context);
  }

  private async made(
    id: VolumeId,
    spec: VolumeSpec,
    { reply, disk }: Written,
    context: CallContext,
  ): Promise<Volume> {
    const { ownership } = this.deps;
    const owned = ownership.volume(disk);
    if (!owned) throw notMade(id, disk);
    const volume = ownership.view(owned, spec.name);
    requireSameSpec(volume, spec);
    if (reply.answers.some(({ kind }) => kind === UNRECORDED)) await this.complete(owned, spec, context);
    return volume;
  }

  private async complete(owned: OwnedVolume, spec: VolumeSpec, context: CallContext): Promise<void> {
    const { disks, layout } = this.deps;
    const next = { ...owned.record, revision: nextRevision(owned.record) };
    const statements = recordScript(owned, next, spec, layout);
    const { disk } = await disks.write('createVolume', owned.disk.slot, statements, context);
    if (disk?.comment === writeRecord(next)) return;
    throw new BackendError('changed', `volume ${owned.id} was written to while it was made; try again`);
  }
}

/** What is wrong with the spec by itself; a volume that exists under its name is looked at first. */
const ABOUT_THE_SPEC: ReadonlySet<string> = new Set(['out-of-range', 'unsupported', 'not-found']);

function newRecord(
  spec: VolumeSpec,
  origin: ContentOrigin | undefined,
  cluster: string,
  revision: number,
): Omit<VolumeRecord, 'port'> {
  return {
    cluster,
    revision,
    provisioning: spec.provisioning,
    mayFormat: origin?.mayFormat ?? true,
    everPublished: false,
    ...encryptionOf(spec),
    // A copy has its own, never its source's.
    ...connectionOf(spec),
    ...(origin && { source: { kind: origin.kind, slot: origin.slot } }),
    publications: [],
    name: storeName(spec.name),
  };
}

function requireFit(subject: string, pool: PoolFacts, bytes: bigint, origin: ContentOrigin): void {
  if (pool.name !== origin.pool) {
    throw new BackendError(
      'unsupported',
      `${subject}: its content is in pool ${origin.pool} and cannot come to pool ${pool.name}; ` +
        `ask for pool ${origin.pool}`,
    );
  }
  if (bytes >= origin.bytes) return;
  throw new BackendError(
    'out-of-range',
    `${subject}: it would have ${bytes} bytes, its content has ${origin.bytes}; ask for that size or more`,
  );
}

function notMade(id: VolumeId, disk: DiskRow | undefined): BackendError {
  if (!disk) return new BackendError('changed', `volume ${id} was deleted while it was made; try again`);
  return new BackendError(
    'precondition',
    `the appliance has a disk ${disk.slot} that is not a volume of this cluster; rename or remove it there`,
  );
}
