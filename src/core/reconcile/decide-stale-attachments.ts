import type { Attachment, ClusterView } from './cluster.ts';

/**
 * Attachments of ours to nodes that the view does not have. Kubernetes clears them itself, in its time; whoever wants to
 * do it sooner asks for the node once more, live, before anything is deleted. Pure.
 */
export function staleAttachments(view: ClusterView, driver: string): Attachment[] {
  return view.attachments.filter(
    (attachment) => attachment.driver === driver && !attachment.deleting && !view.nodes.has(attachment.node),
  );
}

/** The claim, as `namespace/name`, whose pods would use an attachment's volume; undefined: it cannot be told. */
export function claimOf({ persistentVolume }: Attachment, view: ClusterView): string | undefined {
  const claim = view.persistentVolumes.find(({ name }) => name === persistentVolume)?.claim;
  return claim && `${claim.namespace}/${claim.name}`;
}
