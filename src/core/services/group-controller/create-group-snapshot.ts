import { invalidArgument } from '../../csi/csi-error.ts';
import type {
  CreateVolumeGroupSnapshotRequest,
  CreateVolumeGroupSnapshotResponse,
} from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { requireVolumeId } from '../controller/lookup.ts';
import { foreignParameters } from '../controller/parameters.ts';
import type { GroupControllerDeps } from './group-controller-deps.ts';
import { groupSnapshotMessage } from './group-snapshot-message.ts';

/** CreateVolumeGroupSnapshot: all of the volumes or none. */
export const createGroupSnapshot =
  ({
    backend,
    driverName,
  }: GroupControllerDeps): Handler<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> =>
  async ({ name, sourceVolumeIds, parameters }, context) => {
    const [unknown] = foreignParameters(parameters);
    if (unknown !== undefined) {
      throw invalidArgument(
        `parameters.${JSON.stringify(unknown)} is unknown; a VolumeGroupSnapshotClass of this driver has no parameters`,
      );
    }
    const sources = sourceVolumeIds.map(requireVolumeId);
    const group = await backend.createGroupSnapshot({ name, sources }, context);
    return { groupSnapshot: groupSnapshotMessage(group, driverName) };
  };
