import { status } from '@grpc/grpc-js';
import { parseHandle } from '../../storage/volume-id.ts';
import { CsiError } from '../csi-error.ts';
import type { KeyedTryLock } from '../keyed-try-lock.ts';
import type { Interceptor } from './interceptor.ts';
import { textField } from './request-fields.ts';

/** What an RPC works on alone: an object by its slot, a volume on this node, or an object by its name. */
type Scope = 'name' | 'snapshotName' | 'groupName' | 'volume' | 'snapshot' | 'group' | 'node';

/** RPCs that are not here change nothing and lock nothing. */
const SCOPES: Readonly<Record<string, Scope>> = {
  CreateVolume: 'name',
  DeleteVolume: 'volume',
  ControllerPublishVolume: 'volume',
  ControllerUnpublishVolume: 'volume',
  ControllerExpandVolume: 'volume',
  ControllerModifyVolume: 'volume',
  CreateSnapshot: 'snapshotName',
  DeleteSnapshot: 'snapshot',
  CreateVolumeGroupSnapshot: 'groupName',
  DeleteVolumeGroupSnapshot: 'group',
  NodeStageVolume: 'node',
  NodeUnstageVolume: 'node',
  NodePublishVolume: 'node',
  NodeUnpublishVolume: 'node',
  NodeExpandVolume: 'node',
};

/** The request's field that names the object. */
const FIELDS: Readonly<Record<Scope, string>> = {
  name: 'name',
  snapshotName: 'name',
  groupName: 'name',
  volume: 'volumeId',
  snapshot: 'snapshotId',
  group: 'groupSnapshotId',
  node: 'volumeId',
};

/**
 * One operation at a time on an object; a second one is refused with ABORTED, as CSI asks (v1.13, "Concurrency").
 * Creation locks the slot that the name leads to, so that it and the deletion of its volume exclude each other.
 */
export const lock =
  (locks: KeyedTryLock, slotOf: (csiName: string) => string): Interceptor =>
  (next, { name }) => {
    const scope = SCOPES[name];
    if (!scope) return next;
    return async (request, call) => {
      const subject = textField(request, FIELDS[scope]) ?? '';
      const key = keyOf(scope, subject, slotOf);
      if (!locks.acquire(key)) throw busy(subject);
      try {
        return await next(request, call);
      } finally {
        locks.release(key);
      }
    };
  };

function keyOf(scope: Scope, subject: string, slotOf: (csiName: string) => string): string {
  switch (scope) {
    case 'name':
      return `slot:${slotOf(subject)}`;
    case 'snapshotName':
    case 'groupName':
      return `${scope}:${subject}`;
    case 'volume':
    case 'snapshot':
    case 'group':
      return `slot:${parseHandle(subject)?.slot ?? subject}`;
    case 'node':
      return `node:${subject}`;
  }
}

const busy = (subject: string): CsiError =>
  new CsiError(status.ABORTED, `an operation on ${JSON.stringify(subject)} is in progress; retry`);
