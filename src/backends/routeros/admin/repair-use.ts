import { BackendError } from '../../../core/storage/backend-error.ts';
import { decideClaim } from '../../../core/storage/claims.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import type { Publication } from '../../../core/storage/volume.ts';
import type { Epoch, VolumeId } from '../../../core/storage/volume-id.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import type { VolumeRecord } from '../records/volume-record.ts';
import { ACCESS_NAMES, type Told, writePublication } from './repair-options.ts';

/** Who uses a volume, with where that is known from; or what a person must say first. */
export type Use =
  | {
      readonly record: Pick<VolumeRecord, 'publications' | 'epoch'>;
      readonly evidence: readonly string[];
    }
  | { readonly questions: readonly string[] };

/** No more than the record takes. */
const LIMITS = { maxWriters: 2, maxReaders: 8 };

/**
 * Who uses a volume whose comment is not whole. That stands nowhere else: where the comment's rest does not tell, a
 * person must.
 * @param left what is still whole of its record
 */
export function decideUse(
  id: VolumeId,
  disk: DiskRow,
  left: VolumeRecord | undefined,
  { publications, epoch }: Told,
  naming: NqnNaming,
): Use {
  const shown = naming.parse(disk.nqn);
  const seen = shown?.id === id ? shown.epoch : undefined;
  if (publications === undefined) {
    if (left && agrees(left, disk, seen)) return fromRest(left);
    const exported = disk.exported ? `It is exported as ${disk.nqn}. ` : 'It is not exported now. ';
    return {
      questions: [
        `nothing says which nodes use it. ${exported}Look at its VolumeAttachments and say --unpublished, or for each ` +
          `node --published <node id>:<access> with ${ACCESS_NAMES}`,
      ],
    };
  }
  if (publications.length === 0) return unused(disk);
  requireTogether(id, publications);
  return used(disk, publications, epoch, seen);
}

/** The rest of a comment is believed only where the export says the same. */
function agrees(left: VolumeRecord, { exported }: DiskRow, seen: Epoch | undefined): boolean {
  return exported ? left.epoch !== undefined && left.epoch === seen : left.epoch === undefined;
}

function fromRest({ publications, epoch }: VolumeRecord): Use {
  const who = publications.map(writePublication).join(', ') || 'nobody';
  return {
    record: { publications, ...(epoch && { epoch }) },
    evidence: [`used by ${who}: from the part of its comment that is still whole, and its export agrees`],
  };
}

function unused({ exported, nqn }: DiskRow): Use {
  if (!exported)
    return { record: { publications: [] }, evidence: ['unpublished: as you say; it is not exported'] };
  return {
    questions: [
      `it is exported as ${nqn}, so a node may be writing to it: --unpublished is not believed. Say who uses it with ` +
        '--published, or see to it that nobody does and stop the export on the appliance first',
    ],
  };
}

function used(
  { exported, nqn }: DiskRow,
  publications: readonly Publication[],
  told: Epoch | undefined,
  seen: Epoch | undefined,
): Use {
  if (exported && seen === undefined) {
    return {
      questions: [`it is exported as ${nqn}, which is no name of this driver for it: stop that export first`],
    };
  }
  if (told !== undefined && seen !== undefined && told !== seen) {
    return { questions: [`--epoch ${told} is not the epoch of its NQN ${nqn}`] };
  }
  if (exported && told === undefined) {
    return {
      questions: [
        `it is exported as ${nqn}: say its epoch, the last part of that name, with --epoch to confirm it`,
      ],
    };
  }
  const epoch = told ?? seen;
  if (epoch === undefined) {
    return {
      questions: [
        'the appliance does not show the NQN that its nodes connect to: say its epoch with --epoch. It is the last part ' +
          'of the NQN in `nvme list-subsys` on the node, and in the VolumeAttachment',
      ],
    };
  }
  const who = publications.map(writePublication).join(', ');
  return {
    record: { publications, epoch },
    evidence: [`used by ${who}: as you say`, `epoch ${epoch}: ${seen ? 'from its NQN' : 'as you say'}`],
  };
}

/** @throws BackendError `invalid` they exclude each other */
function requireTogether(id: VolumeId, publications: readonly Publication[]): void {
  for (const [at, publication] of publications.entries()) {
    const held = publications.slice(0, at);
    if (held.some(({ node }) => node === publication.node)) {
      throw new BackendError('invalid', `--published names node ${publication.node} twice`);
    }
    try {
      decideClaim({ id, publications: held }, publication, LIMITS);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BackendError('invalid', `these publications exclude each other: ${why}`);
    }
  }
}
