import { existsSync, readdirSync, rmdirSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';

/** A node's own control group in each of the machine's hierarchies; with version 2 there is one. */
export function groupFolders(group: string): string[] {
  if (existsSync(`${ROOT}/cgroup.controllers`)) return [`${ROOT}${group}`];
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${ROOT}/${entry.name}/cgroup.procs`))
    .map(({ name }) => `${ROOT}/${name}${group}`);
}

/** Removes a group with all below it; they have no processes any more. */
export function removeGroup(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(`${folder}/${entry.name}`);
  }
  rmdirSync(folder);
}
