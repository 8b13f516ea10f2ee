import { eventually } from '../../rig/eventually.ts';
import type { Node } from '../node.ts';
import type { Tools } from '../tools.ts';

const NAME = 'rose-csi-test-by-file';
const GROUP = 'storage.k8s.io/v1';
const ADMISSION = 'admissionregistration.k8s.io/v1';
const ATTACHMENTS = `/apis/${GROUP}/volumeattachments`;
const { signal } = new AbortController();

/**
 * Makes the API server say `loop` and a folder in every attachment that says `nvme-tcp`: what the controller wrote for
 * the node plugin reaches it as what this machine's kernel has. Driver, sidecars and kubelet are as they ship.
 * @param folder where the node plugin finds the exports
 */
export async function attachByFile(node: Node, tools: Tools, folder: string): Promise<void> {
  const metadata = '/status/attachmentMetadata';
  const patch = `[
    JSONPatch{op: "replace", path: "${metadata}/transport", value: "loop"},
    JSONPatch{op: "add", path: "${metadata}/folder", value: "${folder}"}]`;
  const says = 'object.?status.attachmentMetadata.transport.orValue("") == "nvme-tcp"';
  const policy = {
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: ['storage.k8s.io'],
          apiVersions: ['v1'],
          operations: ['UPDATE'],
          resources: ['volumeattachments/status'],
        },
      ],
    },
    matchConditions: [{ name: 'says-nvme-tcp', expression: says }],
    mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: patch } }],
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
  };
  const binding = { policyName: NAME };
  for (const [kind, spec] of [
    ['MutatingAdmissionPolicy', policy],
    ['MutatingAdmissionPolicyBinding', binding],
  ] as const) {
    await tools.apply(JSON.stringify({ apiVersion: ADMISSION, kind, metadata: { name: NAME }, spec }));
  }
  await untilInForce(node, tools);
}

export async function attachAsExported(tools: Tools): Promise<void> {
  for (const kind of ['mutatingadmissionpolicybinding', 'mutatingadmissionpolicy'])
    await tools.kubectl('delete', kind, NAME);
}

/** The API server takes a policy on when it has heard of it: it is shown an attachment of nobody's. */
async function untilInForce({ api }: Node, tools: Tools): Promise<void> {
  const name = `${NAME}-${crypto.randomUUID().slice(0, 8)}`;
  const spec = { attacher: 'nobody.test', nodeName: 'none', source: { persistentVolumeName: 'none' } };
  await api.create(
    ATTACHMENTS,
    { apiVersion: GROUP, kind: 'VolumeAttachment', metadata: { name }, spec },
    signal,
  );
  try {
    await eventually('attachments are by file', async () => {
      const status = { attached: false, attachmentMetadata: { transport: 'nvme-tcp' } };
      await api.patch(`${ATTACHMENTS}/${name}/status`, 'merge', { status }, signal);
      const seen = (await api.get(`${ATTACHMENTS}/${name}`, signal)) as { status?: object };
      return JSON.stringify(seen.status).includes('"loop"') || seen.status;
    });
  } finally {
    await tools.kubectl('delete', 'volumeattachment', name);
  }
}
