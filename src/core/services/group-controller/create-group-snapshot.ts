import type { CallContext } from '../../call-context.ts';
import type {
  CreateVolumeGroupSnapshotRequest,
  CreateVolumeGroupSnapshotResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { GroupSnapshotSpec } from '../../storage/snapshot.ts';
import { parseHandle, snapshotId } from '../../storage/volume-id.ts';
import { requireVolumeId } from '../controller/lookup.ts';
import { consistencyOf, requireOneMoment } from './consistency.ts';
import type { GroupControllerDeps } from './group-controller-deps.ts';
import { groupSnapshotMessage } from './group-snapshot-message.ts';

/** CreateVolumeGroupSnapshot: all of the volumes or none, and of one moment unless the class says otherwise. */
export const createGroupSnapshot =
  (deps: GroupControllerDeps): Handler<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> =>
  async ({ name, sourceVolumeIds, parameters }, context) => {
    const consistency = consistencyOf(parameters);
    const spec = { name, sources: sourceVolumeIds.map(requireVolumeId) };
    if (consistency === 'group' && !(await exists(deps, spec, context))) {
      const subject = `group snapshot ${JSON.stringify(name)}`;
      await requireOneMoment(subject, spec.sources, deps.backend, context);
    }
    const group = await deps.backend.createGroupSnapshot(spec, context);
    return { groupSnapshot: groupSnapshotMessage(group, deps.driverName) };
  };

/** One that was taken is answered whatever happened to its volumes since. */
async function exists(
  { backend, slotOf }: GroupControllerDeps,
  { name, sources: [first] }: GroupSnapshotSpec,
  context: CallContext,
): Promise<boolean> {
  const appliance = first && parseHandle(first)?.appliance;
  if (appliance === undefined) return false;
  return (await backend.getGroupSnapshot(snapshotId(appliance, slotOf(name)), context)) !== undefined;
}
