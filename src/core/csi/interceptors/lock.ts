import { status } from '@grpc/grpc-js';
import { parseHandle } from '../../storage/volume-id.ts';
import { CsiError } from '../csi-error.ts';
import type { KeyedTryLock } from '../keyed-try-lock.ts';
import type { Interceptor } from './interceptor.ts';
import { textField } from './request-fields.ts';

/** What an RPC works on alone: a volume by its slot, a volume on this node, or a volume's name. */
type Scope = 'name' | 'volume' | 'node';

/** RPCs that are not here change nothing and lock nothing. */
const SCOPES: Readonly<Record<string, Scope>> = {
  CreateVolume: 'name',
  DeleteVolume: 'volume',
  ControllerPublishVolume: 'volume',
  ControllerUnpublishVolume: 'volume',
  ControllerExpandVolume: 'volume',
  ControllerModifyVolume: 'volume',
  NodeStageVolume: 'node',
  NodeUnstageVolume: 'node',
  NodePublishVolume: 'node',
  NodeUnpublishVolume: 'node',
  NodeExpandVolume: 'node',
};

/**
 * One operation at a time on a volume; a second one is refused with ABORTED, as CSI asks (v1.13, "Concurrency").
 * Creation locks the slot that the name leads to, so that it and the deletion of its volume exclude each other.
 */
export const lock =
  (locks: KeyedTryLock, slotOf: (csiName: string) => string): Interceptor =>
  (next, { name }) => {
    const scope = SCOPES[name];
    if (!scope) return next;
    return async (request, call) => {
      const subject = textField(request, scope === 'name' ? 'name' : 'volumeId') ?? '';
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
    case 'volume':
      return volumeKey(subject);
    case 'node':
      return `node:${subject}`;
  }
}

/** What the RPCs lock for a volume. */
export const volumeKey = (id: string): string => `slot:${parseHandle(id)?.slot ?? id}`;

const busy = (subject: string): CsiError =>
  new CsiError(status.ABORTED, `an operation on volume ${JSON.stringify(subject)} is in progress; retry`);
