import { status } from '@grpc/grpc-js';
import { CsiError, invalidArgument } from '../../csi/csi-error.ts';
import type { CreateSnapshotRequest, CreateSnapshotResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { requireVolumeId } from './lookup.ts';
import { foreignParameters } from './parameters.ts';
import { snapshotMessage } from './snapshot-message.ts';
import { applianceSegments, satisfies } from './topology.ts';

/** CreateSnapshot: the same name of the same volume gives the snapshot that exists already. */
export const createSnapshot =
  ({ backend, driverName }: ControllerDeps): Handler<CreateSnapshotRequest, CreateSnapshotResponse> =>
  async ({ name, sourceVolumeId, parameters, accessibilityRequirements }, context) => {
    const [unknown] = foreignParameters(parameters);
    if (unknown !== undefined) {
      throw invalidArgument(
        `parameters.${JSON.stringify(unknown)} is unknown; a VolumeSnapshotClass of this driver has no parameters`,
      );
    }
    if (!satisfies(accessibilityRequirements, applianceSegments(driverName, backend.name))) {
      throw new CsiError(
        status.RESOURCE_EXHAUSTED,
        `snapshot ${JSON.stringify(name)}: no node of the requested topology reaches the appliance ${backend.name}, ` +
          `where volume ${sourceVolumeId} is`,
      );
    }
    const source = requireVolumeId(sourceVolumeId);
    const snapshot = await backend.createSnapshot({ name, source }, context);
    return { snapshot: snapshotMessage(snapshot, driverName) };
  };
