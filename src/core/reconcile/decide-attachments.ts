import type { PublishClaim, Volume } from '../storage/volume.ts';
import type { Epoch, NodeId, VolumeId } from '../storage/volume-id.ts';
import { Claimants } from './claimants.ts';
import type { ClusterView } from './cluster.ts';

/** A publication that no attachment stands behind. */
export interface Unwanted {
  readonly volume: VolumeId;
  readonly node: NodeId;
  /** The condition of the write. */
  readonly epoch: Epoch;
}

/** A publication that stands in the record and is wanted, but is not exported: after a reboot of the appliance. */
export interface Unexported {
  readonly volume: VolumeId;
  readonly claim: PublishClaim;
  /** The condition of the write. */
  readonly epoch: Epoch;
}

export interface AttachmentFindings {
  readonly unwanted: readonly Unwanted[];
  readonly unexported: readonly Unexported[];
  /** Publications by what stands behind them. */
  readonly wanted: number;
  readonly unclear: number;
}

/** The names that a backend gives the condition of a published volume without its export. */
const NOT_EXPORTED = 'NotExported';

/**
 * Compares the appliance's records with the cluster. Pure.
 * @param volumes of our cluster, as the appliance was read before the view was
 */
export function decideAttachments(
  volumes: readonly Volume[],
  view: ClusterView,
  driver: string,
): AttachmentFindings {
  const claimants = new Claimants(view, driver);
  const claims = volumes.flatMap((volume) =>
    volume.publications.map((claim) => {
      const publication = { volume: volume.id, node: claim.node };
      return { volume, claim, publication, standing: claimants.standing(publication) };
    }),
  );
  return {
    wanted: claims.filter(({ standing }) => standing === 'yes').length,
    unclear: claims.filter(({ standing }) => standing === 'perhaps').length,
    unwanted: claims.flatMap(({ volume: { epoch }, publication, standing }) =>
      // A record without an epoch cannot be the condition of a write.
      standing === 'no' && epoch !== undefined ? [{ ...publication, epoch }] : [],
    ),
    unexported: claims
      .filter(({ volume, publication }) => isLost(volume) && claimants.wants(publication))
      .flatMap(({ volume: { id, epoch }, claim }) =>
        epoch === undefined ? [] : [{ volume: id, claim, epoch }],
      ),
  };
}

const isLost = ({ conditions }: Volume): boolean => conditions.some(({ reason }) => reason === NOT_EXPORTED);

export const keyOfUnwanted = ({ volume, node, epoch }: Unwanted): string => `${volume} ${node} ${epoch}`;
