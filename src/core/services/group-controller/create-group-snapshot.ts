import type {
  CreateVolumeGroupSnapshotRequest,
  CreateVolumeGroupSnapshotResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { BackendError } from '../../storage/backend-error.ts';
import type { Fleet } from '../../storage/fleet.ts';
import { holdersElsewhere } from '../../storage/holders-elsewhere.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import { snapshotId, type VolumeId } from '../../storage/volume-id.ts';
import { requireVolumeId } from '../controller/lookup.ts';
import { consistencyOf, requireOneMoment } from './consistency.ts';
import type { GroupControllerDeps } from './group-controller-deps.ts';
import { groupSnapshotMessage } from './group-snapshot-message.ts';

/**
 * CreateVolumeGroupSnapshot: all of the volumes or none, on one appliance, and of one moment unless the class says
 * otherwise.
 */
export const createGroupSnapshot =
  (deps: GroupControllerDeps): Handler<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> =>
  async ({ name, sourceVolumeIds, parameters }, context) => {
    const subject = `group snapshot ${JSON.stringify(name)}`;
    const consistency = consistencyOf(parameters);
    const spec = { name, sources: sourceVolumeIds.map(requireVolumeId) };
    const backend = oneAppliance(subject, spec.sources, deps.fleet);
    const find = (member: StorageBackend) =>
      member.getGroupSnapshot(snapshotId(member.name, deps.slotOf(name)), context);
    const [elsewhere] = await holdersElsewhere(deps.fleet, backend, find);
    if (elsewhere)
      throw new BackendError('conflict', `${subject} exists as ${elsewhere.id}; use another name`);
    // One that was taken is answered whatever happened to its volumes since.
    if (consistency === 'group' && (await find(backend)) === undefined) {
      await requireOneMoment(subject, spec.sources, backend, context);
    }
    const group = await backend.createGroupSnapshot(spec, context);
    return { groupSnapshot: groupSnapshotMessage(group, deps.driverName) };
  };

/** @throws BackendError `precondition` (CSI v1.13: volumes that cannot be snapshotted together) */
function oneAppliance(subject: string, sources: readonly VolumeId[], fleet: Fleet): StorageBackend {
  const members = [...new Set(sources.map((id) => fleet.of(id)))];
  const [only, another] = members;
  if (!only) throw new BackendError('invalid', `${subject} needs one source or more`);
  if (!another) return only;
  throw new BackendError(
    'precondition',
    `${subject}: its volumes are on ${members.map(({ name }) => name).join(' and ')}, and no appliance snapshots those ` +
      'of another; take one group snapshot for each appliance',
  );
}
