import { z } from 'zod';
import { APPLIANCE_KEYS } from '../../src/appliances-file.ts';
import { SETTINGS, type SettingName } from '../../src/settings.ts';

/** A piece of JSON schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** What the chart decides itself: sockets and folders that it mounts, and what kubelet or the API server tell. */
export const CHART_SETS: readonly SettingName[] = [
  'CSI_MODE',
  'CSI_ENDPOINT',
  'NODE_NAME',
  'KUBERNETES',
  'KUBECONFIG',
  'SERVICE_ACCOUNT_DIR',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'POD_NAME',
  'POD_NAMESPACE',
  'REGISTRATION_SOCKET',
  'KUBELET_CSI_SOCKET',
  'RDS_CONFIG',
  'RDS_PRIVATE_KEY_FILE',
  'RDS_PASSPHRASE_FILE',
  'RDS_PASSWORD_FILE',
];

/** `settings` in the values: every setting of the driver but those, and nothing that it does not know. */
export function settingsSchema(): Schema {
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => !CHART_SETS.includes(name));
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(names.map((name) => [name, schemaOf(name)])),
  };
}

/** One of `appliances.list`: what RDS_CONFIG may say of it, but credentials in place of the files that the chart mounts. */
export function applianceSchema(): Schema {
  const own = [...APPLIANCE_KEYS].filter(([, name]) => !CHART_SETS.includes(name));
  const credentials = ['privateKey', 'passphrase', 'password'].map((key) => [key, { type: 'string' }]);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries([...own.map(([key, name]) => [key, schemaOf(name)]), ...credentials]),
    required: ['name'],
  };
}

function schemaOf(name: SettingName): Schema {
  const { schema, allowed, fallback, help } = SETTINGS[name];
  const { enum: choices, pattern } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return {
    description: `${help} Allowed: ${allowed}. Default: ${fallback === '' ? 'none' : fallback}.`,
    ...typeOf(choices, pattern),
  };
}

/** As a person would write it in YAML: a number is no text there, nor is true. null takes a default of the chart away. */
function typeOf(choices: readonly unknown[] | undefined, pattern: string | undefined): Schema {
  if (choices) return { enum: [...choices, ...(choices.includes('true') ? [true, false] : []), null] };
  const isList = pattern?.includes(')*') && pattern.includes(',');
  const isNumber = pattern?.startsWith('^\\d') || pattern?.startsWith('^(?:[1-9]|10)');
  return {
    type: ['string', 'null', ...(isList ? ['array'] : []), ...(isNumber ? ['number'] : [])],
    ...(isList && { items: { type: 'string' } }),
    // Helm's expressions are Go's, which cannot look ahead.
    ...(pattern !== undefined && !pattern.includes('(?!') && { pattern }),
  };
}
