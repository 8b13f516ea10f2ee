import { applianceSchema, type Schema, settingsSchema } from './setting-schemas.ts';

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const count: Schema = { type: 'integer', minimum: 0 };
/** Go's durations, as the sidecars read them. */
const duration: Schema = { type: 'string', pattern: '^[1-9][0-9]*(s|m|h)$' };
/** What Kubernetes itself defines: the API server checks it. */
const anyObject: Schema = { type: 'object' };
const anyList: Schema = { type: 'array' };
const texts: Schema = { type: 'array', items: text };
const textMap: Schema = { type: 'object', additionalProperties: text };
const oneOf = (...choices: readonly string[]): Schema => ({ enum: choices });

/** An object with these keys and no others: a misspelt value is refused, not ignored. */
const closed = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length > 0 && { required }),
});
const list = (items: Schema): Schema => ({ type: 'array', items });

const parameters: Schema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
};
const sidecar = { image: text, timeout: duration, workers: { type: 'integer', minimum: 1 }, args: texts };
const pods = {
  resources: anyObject,
  priorityClassName: text,
  nodeSelector: textMap,
  tolerations: anyList,
  affinity: anyObject,
  podAnnotations: textMap,
  podLabels: textMap,
};

/** `values.schema.json` of the chart: Helm refuses what it does not allow. */
export function valuesSchema(): Schema {
  const settings = settingsSchema();
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart rose-csi. Made by `make generate`.',
    ...closed({
      global: anyObject,
      settings,
      credentials: closed({
        existingSecret: text,
        keys: list(oneOf('privateKey', 'passphrase', 'password')),
        privateKey: text,
        passphrase: text,
        password: text,
      }),
      appliances: closed({ existingSecret: text, list: list(applianceSchema()) }),
      kubeletDir: { type: 'string', pattern: '^/' },
      image: closed({
        repository: text,
        tag: text,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
      }),
      imagePullSecrets: list(closed({ name: text }, ['name'])),
      controller: closed({ replicas: count, settings, onNode: flag, ...pods }),
      sidecars: closed({
        provisioner: closed(sidecar),
        attacher: closed(sidecar),
        resizer: closed(sidecar),
        snapshotter: closed({ ...sidecar, enabled: flag, groupSnapshots: flag }),
        resources: anyObject,
      }),
      node: closed({ settings, maxUnavailable: { type: ['integer', 'string'] }, ...pods }),
      storageClasses: list(
        closed(
          {
            name: text,
            default: flag,
            reclaimPolicy: oneOf('Delete', 'Retain'),
            allowVolumeExpansion: flag,
            volumeBindingMode: oneOf('WaitForFirstConsumer', 'Immediate'),
            mountOptions: texts,
            parameters,
            annotations: textMap,
          },
          ['name'],
        ),
      ),
      volumeSnapshotClasses: list(
        closed({ name: text, default: flag, deletionPolicy: oneOf('Delete', 'Retain') }, ['name']),
      ),
      volumeGroupSnapshotClasses: list(
        closed({ name: text, deletionPolicy: oneOf('Delete', 'Retain'), parameters }, ['name']),
      ),
      volumeAttributesClasses: list(closed({ name: text, parameters }, ['name', 'parameters'])),
      csiDriver: closed({
        fsGroupPolicy: oneOf('File', 'ReadWriteOnceWithFSType', 'None'),
        storageCapacity: flag,
        seLinuxMount: flag,
      }),
      rbac: closed({ create: flag }),
      serviceAccount: closed({ create: flag, annotations: textMap, controllerName: text, nodeName: text }),
      podDisruptionBudget: closed({ enabled: flag }),
      networkPolicy: closed({
        enabled: flag,
        metricsFrom: anyList,
        appliances: list(closed({ cidr: text, port: count }, ['cidr'])),
        apiServerPorts: list(count),
      }),
      metrics: closed({
        serviceMonitor: closed({
          enabled: flag,
          interval: duration,
          scrapeTimeout: { type: 'string', pattern: '^([1-9][0-9]*(s|m|h))?$' },
          labels: textMap,
          relabelings: anyList,
          metricRelabelings: anyList,
        }),
        prometheusRule: closed({ enabled: flag, labels: textMap, runbooks: text, without: texts }),
        dashboard: closed({ enabled: flag, labels: textMap, annotations: textMap }),
      }),
    }),
  };
}
