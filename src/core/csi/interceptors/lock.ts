import { status } from '@grpc/grpc-js';
import type { NamedKind } from '../../storage/named-slot.ts';
import { parseHandle } from '../../storage/volume-id.ts';
import { CsiError } from '../csi-error.ts';
import type { KeyedTryLock } from '../keyed-try-lock.ts';
import type { Interceptor } from './interceptor.ts';
import { textField, textsField } from './request-fields.ts';

/** The slot that an object of this CSI name has or would have. */
export type SlotOf = (kind: NamedKind, csiName: string) => string;

/** Something that a call works on alone. */
interface Subject {
  readonly kind: NamedKind;
  /** As the caller named it. */
  readonly text: string;
  readonly key: string;
}

type Subjects = (request: unknown, slotOf: SlotOf) => readonly Subject[];

const subject = (kind: NamedKind, text: string): Subject => ({
  kind,
  text,
  key: `slot:${parseHandle(text)?.slot ?? text}`,
});

const withId =
  (kind: NamedKind, field: string): Subjects =>
  (request) => [subject(kind, textField(request, field) ?? '')];

/** Creation locks the slot that the name leads to, so that it and the deletion of its object exclude each other. */
const withName =
  (kind: NamedKind): Subjects =>
  (request, slotOf) => {
    const text = textField(request, 'name') ?? '';
    return [{ kind, text, key: `slot:${slotOf(kind, text)}` }];
  };

/** A volume on this node, whatever its controller does meanwhile. */
const onNode: Subjects = (request) => {
  const text = textField(request, 'volumeId') ?? '';
  return [{ kind: 'volume', text, key: `node:${text}` }];
};

/** Its volumes too: that nobody writes to them must stay so until all the snapshots are taken. */
const groupAndSources: Subjects = (request, slotOf) => [
  ...withName('group snapshot')(request, slotOf),
  ...[...new Set(textsField(request, 'sourceVolumeIds'))].map((id) => subject('volume', id)),
];

const volume = withId('volume', 'volumeId');

/** RPCs that are not here change nothing and lock nothing. */
const SUBJECTS: Readonly<Record<string, Subjects>> = {
  CreateVolume: withName('volume'),
  DeleteVolume: volume,
  ControllerPublishVolume: volume,
  ControllerUnpublishVolume: volume,
  ControllerExpandVolume: volume,
  ControllerModifyVolume: volume,
  CreateSnapshot: withName('snapshot'),
  DeleteSnapshot: withId('snapshot', 'snapshotId'),
  CreateVolumeGroupSnapshot: groupAndSources,
  DeleteVolumeGroupSnapshot: withId('group snapshot', 'groupSnapshotId'),
  NodeStageVolume: onNode,
  NodeUnstageVolume: onNode,
  NodePublishVolume: onNode,
  NodeUnpublishVolume: onNode,
  NodeExpandVolume: onNode,
};

/** One operation at a time on an object; a second one is refused with ABORTED, as CSI asks (v1.13, "Concurrency"). */
export const lock =
  (locks: KeyedTryLock, slotOf: SlotOf): Interceptor =>
  (next, { name }) => {
    const subjects = SUBJECTS[name];
    if (!subjects) return next;
    return async (request, call) => {
      const held: string[] = [];
      try {
        for (const wanted of subjects(request, slotOf)) {
          if (!locks.acquire(wanted.key)) throw busy(wanted);
          held.push(wanted.key);
        }
        return await next(request, call);
      } finally {
        for (const key of held) locks.release(key);
      }
    };
  };

const busy = ({ kind, text }: Subject): CsiError =>
  new CsiError(status.ABORTED, `an operation on ${kind} ${JSON.stringify(text)} is in progress; retry`);

/** What the RPCs lock for a volume. */
export const volumeKey = (id: string): string => subject('volume', id).key;
