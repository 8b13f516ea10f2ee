import { status } from '@grpc/grpc-js';
import { CsiError } from '../../csi/csi-error.ts';
import type { CreateSnapshotRequest, CreateSnapshotResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { parseHandle } from '../../storage/volume-id.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { requireVolumeId } from './lookup.ts';
import { requireParameters, SNAPSHOT_CLASS_PARAMETERS } from './parameters.ts';
import { snapshotMessage } from './snapshot-message.ts';
import { applianceSegments, satisfies } from './topology.ts';

/** CreateSnapshot: the same name of the same volume gives the snapshot that exists already. */
export const createSnapshot =
  ({ backend, driverName }: ControllerDeps): Handler<CreateSnapshotRequest, CreateSnapshotResponse> =>
  async ({ name, sourceVolumeId, parameters, accessibilityRequirements }, context) => {
    requireParameters(SNAPSHOT_CLASS_PARAMETERS, parameters);
    const source = requireVolumeId(sourceVolumeId);
    const appliance = parseHandle(source)?.appliance ?? '';
    if (!satisfies(accessibilityRequirements, applianceSegments(driverName, appliance))) {
      throw new CsiError(
        status.RESOURCE_EXHAUSTED,
        `snapshot ${JSON.stringify(name)}: no node of the requested topology reaches the appliance ${appliance}, ` +
          `where volume ${sourceVolumeId} is`,
      );
    }
    const snapshot = await backend.createSnapshot({ name, source }, context);
    return { snapshot: snapshotMessage(snapshot, driverName) };
  };
