const MAIN = `${import.meta.dir}/../../../src/main.ts`;
/** The driver: the compiled executable that `ROSE_CSI` names, else its source. */
export const MAIN_COMMAND = process.env['ROSE_CSI'] ? [process.env['ROSE_CSI']] : [process.execPath, MAIN];
const BUILD = `${import.meta.dir}/../programs/build.sh`;

/** What can be had of a cluster: the tools of `programs/go.mod`. */
export type Program =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kubectl'
  | 'csi-provisioner'
  | 'csi-attacher'
  | 'csi-resizer'
  | 'csi-snapshotter'
  | 'snapshot-controller';

/**
 * Where these programs are. What has not been built yet is built now, which takes minutes: the make targets do it before
 * the tests begin.
 * @throws Error with what the build said
 */
export async function builtPrograms(names: readonly Program[]): Promise<string> {
  const build = Bun.spawn([BUILD, ...names], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [folder, said] = await Promise.all([build.stdout.text(), build.stderr.text(), build.exited]);
  if (build.exitCode !== 0) throw new Error(`${BUILD} ${names.join(' ')}: ${said}`);
  return folder.trim();
}

/** The folder of a module that `programs/go.mod` requires. @throws Error where it was not downloaded */
export async function moduleFolder(module: string): Promise<string> {
  const list = Bun.spawn(['go', 'list', '-m', '-f', '{{.Dir}}', module], {
    cwd: `${import.meta.dir}/../programs`,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [folder, said] = await Promise.all([list.stdout.text(), list.stderr.text(), list.exited]);
  if (list.exitCode !== 0 || folder.trim() === '') throw new Error(`${module} is not there: ${said}`);
  return folder.trim();
}
