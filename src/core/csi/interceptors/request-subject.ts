import type { NamedKind } from '../../storage/named-slot.ts';
import { labelField } from './request-fields.ts';

/** What a request is about, as its caller wrote it, cut for logs and messages. */
export interface RequestSubject {
  readonly kind: NamedKind;
  /** The request's field that names it. */
  readonly field: string;
  readonly label: string;
}

/** These make something of a name; other RPCs have the ids. */
const MADE: Readonly<Record<string, NamedKind>> = {
  CreateVolume: 'volume',
  CreateSnapshot: 'snapshot',
  CreateVolumeGroupSnapshot: 'group snapshot',
};

const IDS = [
  ['volumeId', 'volume'],
  ['snapshotId', 'snapshot'],
  ['groupSnapshotId', 'group snapshot'],
] as const;

/** undefined where the request is about none, or about all. */
export function requestSubject(method: string, request: unknown): RequestSubject | undefined {
  const made = MADE[method];
  const fields = made ? ([['name', made]] as const) : IDS;
  for (const [field, kind] of fields) {
    const label = labelField(request, field);
    if (label !== undefined) return { kind, field, label };
  }
  return undefined;
}
