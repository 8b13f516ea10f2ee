import type { PersistentVolume } from '../core/reconcile/cluster.ts';
import type { Announcer, Note, Subject } from '../core/reconcile/surroundings.ts';
import type { EventRecorder, Regarding } from './event-recorder.ts';

/** Puts notes on the objects that people look at. */
export class ObjectAnnouncer implements Announcer {
  constructor(
    private readonly events: EventRecorder,
    /** Of the cache. */
    private readonly persistentVolumes: () => readonly PersistentVolume[],
    /** The driver's own pod, or its lease. */
    private readonly driver: Regarding,
  ) {}

  announce(about: Subject, note: Note): void {
    for (const regarding of this.objects(about)) this.events.record(regarding, note);
  }

  private objects(about: Subject): Regarding[] {
    switch (about.kind) {
      case 'driver':
        return [this.driver];
      case 'node':
        // kubelet and the node controller use the name as the UID.
        return [{ apiVersion: 'v1', kind: 'Node', name: about.name, uid: about.name }];
      case 'attachment': {
        const { name, uid } = about.attachment;
        return [{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', name, uid }];
      }
      case 'volume': {
        const volume = this.persistentVolumes().find(({ handle }) => handle === about.handle);
        return volume ? ofVolume(volume) : [this.driver];
      }
    }
  }
}

function ofVolume({ name, uid, claim }: PersistentVolume): Regarding[] {
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', name, uid };
  return claim ? [volume, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...claim }] : [volume];
}
