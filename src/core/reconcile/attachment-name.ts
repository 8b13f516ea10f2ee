import { createHash } from 'node:crypto';

/**
 * The name that Kubernetes gives the VolumeAttachment of a volume to a node: it proves which volume is meant even where
 * the PersistentVolume is gone (kubernetes, pkg/volume/csi/csi_attacher.go, `getAttachmentName`).
 */
export function attachmentName(handle: string, driver: string, node: string): string {
  return `csi-${createHash('sha256').update(handle).update(driver).update(node).digest('hex')}`;
}
