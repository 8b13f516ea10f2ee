import { join, relative } from 'node:path';
import type { Mount } from './mount-info.ts';

/**
 * The mounts that go when those at some paths are unmounted, beside these: copies that propagation has made. A folder
 * of a shared mount that is bound to where kubelet has its own is of the same peer group, so each mount in it shows below
 * the folder, too, and an unmount takes both: propagate_umount in fs/pnode.c, mount_namespaces(7).
 * @param mounts of all mount namespaces
 */
export function goneWith<M extends Mount>(mounts: readonly M[], paths: readonly string[]): ReadonlySet<M> {
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const places = new Set(
    mounts.filter(({ mountPoint }) => paths.includes(mountPoint)).flatMap((mount) => placeOf(mount, byId)),
  );
  return new Set(mounts.filter((mount) => placeOf(mount, byId).some((place) => places.has(place))));
}

/** What a mount covers, as its parent's peers share it; nothing where the parent is private or not seen. */
function placeOf(mount: Mount, byId: ReadonlyMap<number, Mount>): string[] {
  const parent = byId.get(mount.parentId);
  if (parent?.peerGroup === undefined) return [];
  const covered = join(parent.root, relative(parent.mountPoint, mount.mountPoint));
  return [`${parent.peerGroup} ${covered} ${mount.device} ${mount.root}`];
}
