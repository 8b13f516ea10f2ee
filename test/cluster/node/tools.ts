import { dirname } from 'node:path';
import { programs as chartPrograms } from '../../chart/helm.ts';
import type { Node } from './node.ts';

const CHART = `${import.meta.dir}/../../../deploy/helm/rose-csi`;

/** kubectl and helm, as a person uses them on a node's cluster. */
export class Tools {
  private constructor(
    private readonly kubectlPath: string,
    private readonly helmPath: string,
    private readonly kubeconfig: string,
  ) {}

  static of(node: Node): Tools {
    return new Tools(`${node.programs}/kubectl`, `${chartPrograms()}/helm`, node.kubeconfig);
  }

  /** @throws Error with what it said */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.run([this.kubectlPath, ...args]);
  }

  /** What is given to it on its standard input: objects, as JSON or YAML. */
  async apply(objects: string, ...flags: readonly string[]): Promise<string> {
    return this.run([this.kubectlPath, 'apply', '--server-side', '--filename=-', ...flags], objects);
  }

  /** @param values of the chart, by standard input */
  helm(action: 'install' | 'upgrade', release: string, values: unknown): Promise<string> {
    const flags = ['--namespace=rose-csi', '--create-namespace', '--values=-', '--wait', '--timeout=3m'];
    return this.run([this.helmPath, action, release, CHART, ...flags], JSON.stringify(values));
  }

  uninstall(release: string): Promise<string> {
    return this.run([this.helmPath, 'uninstall', release, '--namespace=rose-csi', '--wait', '--timeout=3m']);
  }

  private async run(argv: string[], input = ''): Promise<string> {
    const child = Bun.spawn(argv, {
      stdin: new TextEncoder().encode(input),
      stdout: 'pipe',
      stderr: 'pipe',
      // kubectl keeps a cache in its HOME, and makes it: it goes with the cluster.
      env: { PATH: process.env['PATH'], HOME: dirname(this.kubeconfig), KUBECONFIG: this.kubeconfig },
    });
    const [said, complaint, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    if (code === 0) return said;
    throw new Error(`${argv.join(' ')} exited with ${code}: ${complaint.trim().slice(-3000)}`);
  }
}
