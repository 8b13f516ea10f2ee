/** What the composition root needs of this room, as one thing to import. */
export { withClusterId } from './cluster-id.ts';
export { clusterSource } from './cluster-source.ts';
export { openCompanion } from './open-companion.ts';
export { openKubernetes } from './open-kubernetes.ts';
