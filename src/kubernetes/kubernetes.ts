/** What the composition root needs of this room, as one thing to import. */
export { openCompanion } from './open-companion.ts';
export { clusterUid, openKubernetes } from './open-kubernetes.ts';
