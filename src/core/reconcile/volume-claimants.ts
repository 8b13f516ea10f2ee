import { attachmentName } from './attachment-name.ts';
import type { Attachment, ClusterView } from './cluster.ts';

export interface VolumeClaimants {
  /** Whether a PersistentVolume or a VolumeAttachment, of whatever driver, is for that volume. */
  isKnown(id: string): boolean;
  /** Why nothing can be decided, for people: an attachment of ours is for a volume that cannot be told. */
  readonly unclear: string | undefined;
}

/** Who in the cluster knows a volume: a handle is a handle, whatever the driver. */
export function claimantsOf(view: ClusterView, driver: string): VolumeClaimants {
  const handles = new Map(view.persistentVolumes.map(({ name, handle }) => [name, handle]));
  const handleOf = ({ handle, persistentVolume }: Attachment) =>
    handle ?? handles.get(persistentVolume ?? '');
  const known = new Set([...handles.values(), ...view.attachments.map(handleOf)]);
  const unclear = view.attachments.find((one) => one.driver === driver && handleOf(one) === undefined);
  return {
    isKnown: (id) => known.has(id) || view.attachments.some((one) => isNamedFor(one, id)),
    unclear: unclear && `attachment ${unclear.name} is for a volume that cannot be told`,
  };
}

const isNamedFor = ({ name, driver, node }: Attachment, id: string): boolean =>
  name === attachmentName(id, driver, node);
