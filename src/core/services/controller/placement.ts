import { status } from '@grpc/grpc-js';
import type { CallContext } from '../../call-context.ts';
import { CsiError, invalidArgument } from '../../csi/csi-error.ts';
import type { TopologyRequirement } from '../../csi/generated/csi.ts';
import type { ErrorKind } from '../../driver-error.ts';
import { BackendError } from '../../storage/backend-error.ts';
import type { Fleet } from '../../storage/fleet.ts';
import { holdersElsewhere } from '../../storage/holders-elsewhere.ts';
import { rendezvous } from '../../storage/rendezvous.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import type { ContentSource, Volume } from '../../storage/volume.ts';
import { volumeId } from '../../storage/volume-id.ts';
import type { VolumeParameters } from './parameters.ts';
import { suitablePool } from './suitable-pool.ts';
import { applianceSegments, preference, satisfies } from './topology.ts';

/** What decides where a volume is made. */
export interface PlacementRequest {
  /** The CSI name. */
  readonly name: string;
  readonly parameters: VolumeParameters;
  readonly source: ContentSource | undefined;
  readonly topology: TopologyRequirement | undefined;
}

export interface PlacementOptions {
  readonly fleet: Fleet;
  readonly driverName: string;
  /** The slot that a volume of this CSI name has or would have. */
  readonly slotOf: (csiName: string) => string;
}

/** Names whose outcome is not known: more than that many at once are no retries any more. */
const MOST_OPEN = 10_000;

/**
 * Chooses the appliance of a new volume. A name is made once, whatever becomes of replies: before it is made anywhere,
 * every appliance has said that it has none of that name (docs/decisions/0023).
 */
export class Placement {
  /** Where a creation may still be under way. A hint: it only ever keeps a name where it is. */
  private readonly open = new Map<string, string>();

  constructor(private readonly options: PlacementOptions) {}

  /**
   * Makes the volume where its name is already, else on the first appliance that takes it.
   * @throws CsiError INVALID_ARGUMENT, RESOURCE_EXHAUSTED · BackendError `unavailable` an appliance that may hold the
   * name does not answer · `conflict` an appliance holds it that the request rules out · what `create` throws
   */
  async make(
    request: PlacementRequest,
    context: CallContext,
    create: (member: StorageBackend) => Promise<Volume>,
  ): Promise<Volume> {
    const eligible = this.eligible(request);
    const candidates = await this.candidates(eligible, request, context);
    const refusals: BackendError[] = [];
    for (const member of candidates) {
      this.begin(request.name, member);
      try {
        const volume = await create(member);
        this.open.delete(request.name);
        return volume;
      } catch (error) {
        if (isCertain(error)) this.open.delete(request.name);
        if (!isRefusal(error)) throw error;
        refusals.push(error);
      }
    }
    throw together(refusals);
  }

  /** The appliances that the request allows. */
  private eligible({ name, parameters, source, topology }: PlacementRequest): readonly StorageBackend[] {
    const { fleet, driverName } = this.options;
    const subject = `volume ${JSON.stringify(name)}`;
    const wanted = parameters.appliance;
    const ofSource = source && fleet.of(source.id);
    if (wanted !== undefined && !fleet.named(wanted)) {
      throw invalidArgument(
        `${subject}: parameters.appliance is ${JSON.stringify(wanted)}; this driver has ${fleet.names()}`,
      );
    }
    if (source && ofSource && wanted !== undefined && wanted !== ofSource.name) {
      throw invalidArgument(
        `${subject}: parameters.appliance is ${JSON.stringify(wanted)}, but its source ${source.id} is on ` +
          `${ofSource.name}, and copies stay on the appliance of their source; use a StorageClass for ${ofSource.name}`,
      );
    }
    const members = fleet.members.filter(
      (member) =>
        (wanted === undefined || member.name === wanted) && (ofSource === undefined || member === ofSource),
    );
    const reached = members.filter((member) =>
      satisfies(topology, applianceSegments(driverName, member.name)),
    );
    if (reached.length > 0) return reached;
    throw new CsiError(
      status.RESOURCE_EXHAUSTED,
      `${subject}: no node of the requested topology reaches the appliance ` +
        `${members.map((member) => member.name).join(' or ')}; check the StorageClass allowedTopologies`,
    );
  }

  /** Those that it may be made on, in order. One appliance alone is not asked: its own create looks first. */
  private async candidates(
    eligible: readonly StorageBackend[],
    request: PlacementRequest,
    context: CallContext,
  ): Promise<readonly StorageBackend[]> {
    if (this.options.fleet.members.length === 1) return eligible;
    const holders = await this.holders(request, context);
    const [holder, other] = holders;
    if (holder && other) {
      throw new BackendError(
        'precondition',
        `volume ${JSON.stringify(request.name)} is on ${holder.name} and on ${other.name}; delete the one that is not used`,
      );
    }
    if (holder) return [requireEligible(holder, eligible, request)];
    const begun = this.open.get(request.name);
    const bound = eligible.filter(({ name }) => name === begun);
    return bound.length > 0 ? bound : this.ordered(eligible, request, context);
  }

  /**
   * The appliances that hold the name. Where the request itself says which one it is to be, the name can only have been
   * made elsewhere under another class, so that one that is away need not be waited for.
   */
  private async holders(
    { name, parameters, source }: PlacementRequest,
    context: CallContext,
  ): Promise<readonly StorageBackend[]> {
    const { fleet, slotOf } = this.options;
    const slot = slotOf(name);
    const find = async (member: StorageBackend): Promise<StorageBackend | undefined> =>
      (await member.getVolume(volumeId(member.name, slot), context)) && member;
    const wanted = parameters.appliance;
    const bound = wanted === undefined ? source && fleet.of(source.id) : fleet.named(wanted);
    if (bound) return holdersElsewhere(fleet, bound, find);
    const found = await Promise.all(
      fleet.members.map((member) =>
        find(member).catch((error: unknown) => {
          throw isAway(error) ? maybeThere(name, member, error) : error;
        }),
      ),
    );
    return found.filter((member) => member !== undefined);
  }

  private async ordered(
    eligible: readonly StorageBackend[],
    { name, topology, parameters }: PlacementRequest,
    context: CallContext,
  ): Promise<readonly StorageBackend[]> {
    if (eligible.length === 1) return eligible;
    const contenders = await Promise.all(
      eligible.map(async (member) => {
        const pool = suitablePool(await member.pools(context), parameters);
        const free = pool?.availableBytes[parameters.provisioning] ?? 0n;
        const segments = applianceSegments(this.options.driverName, member.name);
        return { name: member.name, weight: coarse(free), member, rank: preference(topology, segments) };
      }),
    );
    const order = rendezvous(name, contenders);
    return order.sort((a, b) => a.rank - b.rank).map(({ member }) => member);
  }

  private begin(name: string, { name: appliance }: StorageBackend): void {
    this.open.delete(name);
    this.open.set(name, appliance);
    const [oldest] = this.open.keys();
    if (this.open.size > MOST_OPEN && oldest !== undefined) this.open.delete(oldest);
  }
}

/** Down to a power of two: what other volumes take meanwhile seldom changes the order. */
const coarse = (bytes: bigint): bigint => (bytes <= 0n ? 0n : 1n << BigInt(bytes.toString(2).length - 1));

function requireEligible(
  holder: StorageBackend,
  eligible: readonly StorageBackend[],
  { name }: PlacementRequest,
): StorageBackend {
  if (eligible.includes(holder)) return holder;
  throw new BackendError(
    'conflict',
    `volume ${JSON.stringify(name)} exists on the appliance ${holder.name}, which this request rules out by its ` +
      `topology, source or StorageClass; use another name, or delete it first`,
  );
}

const isAway = (error: unknown): error is BackendError =>
  error instanceof BackendError && error.kind === 'unavailable';

const maybeThere = (name: string, member: StorageBackend, error: BackendError): BackendError =>
  new BackendError(
    'unavailable',
    `volume ${JSON.stringify(name)} may be on the appliance ${member.name} already, which does not answer ` +
      `(${error.message}); a StorageClass with the parameter appliance does not depend on the others`,
    { cause: error },
  );

/** Nothing was made, and nothing of it can still arrive. */
const isCertain = (error: unknown): boolean =>
  error instanceof BackendError && !error.uncertain && CERTAIN.has(error.kind);

const REFUSALS: ReadonlySet<ErrorKind> = new Set(['exhausted', 'out-of-range', 'not-found', 'unsupported']);
const CERTAIN: ReadonlySet<ErrorKind> = new Set([...REFUSALS, 'conflict', 'invalid', 'precondition']);

/** What this appliance cannot do, another one may. */
const isRefusal = (error: unknown): error is BackendError =>
  error instanceof BackendError && !error.uncertain && REFUSALS.has(error.kind);

/** No space is told first: it is what can change. */
function together(refusals: readonly BackendError[]): BackendError {
  const [first] = refusals.filter(({ kind }) => kind === 'exhausted').concat(refusals);
  if (!first) throw new TypeError('no candidate');
  if (refusals.length === 1) return first;
  return new BackendError(first.kind, refusals.map(({ message }) => message).join('; '), { cause: first });
}
