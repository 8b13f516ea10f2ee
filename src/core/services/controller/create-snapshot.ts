import { status } from '@grpc/grpc-js';
import type { CallContext } from '../../call-context.ts';
import { CsiError } from '../../csi/csi-error.ts';
import type { CreateSnapshotRequest, CreateSnapshotResponse } from '../../csi/generated/csi.ts';
import type { Handler } from '../../csi/handlers.ts';
import { BackendError } from '../../storage/backend-error.ts';
import { holdersElsewhere } from '../../storage/holders-elsewhere.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import { snapshotId } from '../../storage/volume-id.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { requireVolumeId } from './lookup.ts';
import { requireParameters, SNAPSHOT_CLASS_PARAMETERS } from './parameters.ts';
import { snapshotMessage } from './snapshot-message.ts';
import { applianceSegments, satisfies } from './topology.ts';

/** CreateSnapshot: the same name of the same volume gives the snapshot that exists already. */
export const createSnapshot =
  (deps: ControllerDeps): Handler<CreateSnapshotRequest, CreateSnapshotResponse> =>
  async ({ name, sourceVolumeId, parameters, accessibilityRequirements }, context) => {
    requireParameters(SNAPSHOT_CLASS_PARAMETERS, parameters);
    const source = requireVolumeId(sourceVolumeId);
    const backend = deps.fleet.of(source);
    const appliance = backend.name;
    if (!satisfies(accessibilityRequirements, applianceSegments(deps.driverName, appliance))) {
      throw new CsiError(
        status.RESOURCE_EXHAUSTED,
        `snapshot ${JSON.stringify(name)}: no node of the requested topology reaches the appliance ${appliance}, ` +
          `where volume ${sourceVolumeId} is`,
      );
    }
    await requireNameElsewhereFree(deps, backend, name, context);
    const snapshot = await backend.createSnapshot({ name, source }, context);
    return { snapshot: snapshotMessage(snapshot, deps.driverName) };
  };

/** One name is one snapshot (CSI v1.13: ALREADY_EXISTS for another source). */
async function requireNameElsewhereFree(
  { fleet, snapshotSlotOf }: ControllerDeps,
  own: StorageBackend,
  name: string,
  context: CallContext,
): Promise<void> {
  const [holder] = await holdersElsewhere(fleet, own, (member) =>
    member.getSnapshot(snapshotId(member.name, snapshotSlotOf(name)), context),
  );
  if (!holder) return;
  throw new BackendError(
    'conflict',
    `snapshot ${JSON.stringify(name)} exists of volume ${holder.source}; use another name`,
  );
}
