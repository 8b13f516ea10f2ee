import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { isConflict } from '../../../src/kubernetes/kubernetes-error.ts';

const RBAC = `${import.meta.dir}/../../../deploy/controller-rbac.yaml`;
const NAMESPACE = 'kube-system';
const NAME = 'rose-csi';
const GROUP = 'rbac.authorization.k8s.io';

interface RoleObject {
  readonly kind: 'ClusterRole' | 'Role';
  readonly metadata: { readonly name: string };
}

/** A service account with the rights that we ship, and what kubelet would mount of it into a pod. */
export async function serviceAccount(api: ApiClient, ca: string, folder: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  await api.create(accounts, { metadata: { name: NAME } }, signal);
  for (const role of Bun.YAML.parse(await Bun.file(RBAC).text()) as RoleObject[])
    await grant(api, role, signal);
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { status } = (await api.create(`${accounts}/${NAME}/token`, request, signal)) as {
    status: { token: string };
  };
  const files = { token: status.token, 'ca.crt': ca, namespace: NAMESPACE };
  for (const [name, text] of Object.entries(files)) await Bun.write(`${folder}/${name}`, text);
}

async function grant(api: ApiClient, role: RoleObject, signal: AbortSignal): Promise<void> {
  const { kind, metadata } = role;
  const cluster = kind === 'ClusterRole';
  const path = `/apis/${GROUP}/v1/${cluster ? '' : `namespaces/${NAMESPACE}/`}${cluster ? 'clusterrole' : 'role'}`;
  const binding = {
    apiVersion: `${GROUP}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: GROUP, kind, name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
  };
  await api.create(`${path}s`, role, signal).catch(known);
  await api.create(`${path}bindings`, binding, signal).catch(known);
}

function known(error: unknown): void {
  if (!isConflict(error)) throw error;
}
