import { BackendError } from './backend-error.ts';
import type { Publication, PublishAccess, PublishRequest } from './volume.ts';
import type { Epoch, NodeId, VolumeId } from './volume-id.ts';

/** Nodes at once with `multi` access, read-write and read-only. */
export interface ClaimLimits {
  readonly maxWriters: number;
  readonly maxReaders: number;
}

/** What a volume's record says about who uses it. */
export interface HeldClaims {
  readonly id: VolumeId;
  readonly publications: readonly Publication[];
  readonly epoch?: Epoch;
}

/**
 * Whether a node may have a volume: `held` where it has it just so already, `add` where the claim is to be recorded.
 * @throws BackendError `conflict` the node holds it with another access · `in-use` others exclude the claim ·
 * `changed` it is not held in the epoch `onlyHeldIn`
 */
export function decideClaim(volume: HeldClaims, claim: PublishRequest, limits: ClaimLimits): 'held' | 'add' {
  const { id, publications } = volume;
  const own = publications.find(({ node }) => node === claim.node);
  if (claim.onlyHeldIn !== undefined && !(own && volume.epoch === claim.onlyHeldIn)) {
    throw new BackendError(
      'changed',
      `node ${claim.node} holds volume ${id} no longer in epoch ${claim.onlyHeldIn}; read it again`,
    );
  }
  if (own) {
    if (own.sharing === claim.sharing && own.readonly === claim.readonly) return 'held';
    throw new BackendError(
      'conflict',
      `volume ${id} is published to node ${claim.node} as ${describeAccess(own)}, asked for is ` +
        `${describeAccess(claim)}; unpublish it there first`,
    );
  }
  const obstacle = obstacleTo(claim, publications, limits);
  if (obstacle === undefined) return 'add';
  const holders = publications.map((held) => `${held.node} (${describeAccess(held)})`).join(', ');
  throw new BackendError(
    'in-use',
    `volume ${id} is held by ${holders}; ${obstacle}, so node ${claim.node} can have it as ` +
      `${describeAccess(claim)} only after it was unpublished there`,
  );
}

/** Why the holders, none of them the claiming node, exclude a claim; undefined where they do not. */
function obstacleTo(
  claim: PublishAccess,
  held: readonly Publication[],
  limits: ClaimLimits,
): string | undefined {
  if (held.length === 0) return undefined;
  if (claim.sharing === 'single' || held.some(({ sharing }) => sharing === 'single')) {
    return 'single access is for one node alone';
  }
  if (held.some(({ readonly }) => readonly !== claim.readonly)) {
    return 'readers and writers exclude each other';
  }
  const [limit, role] = claim.readonly
    ? ([limits.maxReaders, 'readers'] as const)
    : ([limits.maxWriters, 'writers'] as const);
  return held.length < limit ? undefined : `at most ${limit} nodes can be its ${role}`;
}

/**
 * The claims that stay when a node's (or all) are removed; undefined where there is nothing to remove. The guard
 * is held against published volumes only: an unpublished one is what the caller wants.
 * @throws BackendError `changed` the volume is published in another epoch than `ifEpoch`
 */
export function decideRelease(
  volume: HeldClaims,
  node: NodeId | 'all',
  ifEpoch: Epoch | undefined,
): readonly Publication[] | undefined {
  const { id, publications, epoch } = volume;
  if (publications.length === 0) return undefined;
  if (ifEpoch !== undefined && ifEpoch !== epoch) {
    throw new BackendError(
      'changed',
      `volume ${id} is in epoch ${epoch}, no longer in ${ifEpoch}: it was published anew; read it again`,
    );
  }
  const remaining = node === 'all' ? [] : publications.filter((held) => held.node !== node);
  return remaining.length < publications.length ? remaining : undefined;
}

const describeAccess = ({ sharing, readonly }: PublishAccess): string =>
  `${sharing} ${readonly ? 'read-only' : 'read-write'}`;

/** Whether no other node had the volume before this one: the claims stand in the order in which they came. */
export const holdsFirst = (publications: readonly Publication[], node: NodeId): boolean =>
  publications[0]?.node === node;
