import { parseAllDocuments } from 'yaml';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
  };
  readonly [field: string]: unknown;
}

export interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

const CHART = `${import.meta.dir}/../../deploy/helm/rose-csi`;
const PROGRAMS = `${import.meta.dir}/programs/build.sh`;

/** The folder of helm, kustomize and promtool. @throws Error where they are not built */
export function programs(): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync([PROGRAMS, 'helm', 'kustomize', 'promtool']);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString().trim();
}

/** The objects that Helm makes of values. @throws Error with what Helm says */
export const template = (values: unknown, ...flags: readonly string[]): KubeObject[] =>
  templateText(JSON.stringify(values), ...flags);

/** The same for values as a person has written them, in YAML. */
export function templateText(values: string, ...flags: readonly string[]): KubeObject[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [`${programs()}/helm`, 'template', 'rose-csi', CHART, '--namespace=rose-csi', '--values=-', ...flags],
    { stdin: new TextEncoder().encode(values) },
  );
  if (exitCode !== 0) throw new Error(stderr.toString());
  // Kubernetes reads YAML as Go does: 0440 is octal.
  return parseAllDocuments(stdout.toString(), { version: '1.1' })
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

/** A field of an object of this kind. @throws Error where there is none */
export function fieldOf<Field>(objects: readonly KubeObject[], kind: string, field: string): Field {
  const found = objects.find((object) => object.kind === kind)?.[field];
  if (found === undefined) throw new Error(`there is no ${kind} with ${field}`);
  return found as Field;
}

/** The containers of a workload. */
export function containers(
  objects: readonly KubeObject[],
  kind: 'Deployment' | 'DaemonSet',
): readonly Container[] {
  const workload = objects.find((object) => object.kind === kind);
  if (!workload) throw new Error(`there is no ${kind}`);
  const { template: pod } = workload['spec'] as { template: { spec: { containers: Container[] } } };
  return pod.spec.containers;
}
