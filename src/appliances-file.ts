import { z } from 'zod';
import { SETTINGS, type SettingName, type Settings } from './settings.ts';

/** What the file says of one appliance; what it leaves open is as the settings have it. */
export type ApplianceOverrides = Partial<Settings> & Pick<Settings, 'RDS_NAME'>;

/** Not of a single appliance. */
const COMMON: ReadonlySet<SettingName> = new Set(['RDS_BACKEND', 'RDS_CONFIG']);

/** The settings that the file may give for each appliance, by the name that they have there. */
export const APPLIANCE_KEYS: ReadonlyMap<string, SettingName> = new Map(
  (Object.keys(SETTINGS) as SettingName[])
    .filter((name) => /^(?:RDS|MOCK)_/.test(name) && !COMMON.has(name))
    .map((name) => [keyOf(name), name]),
);

/** `privateKeyFile` for `RDS_PRIVATE_KEY_FILE`, `mockPools` for `MOCK_POOLS`. */
function keyOf(name: string): string {
  return name
    .replace(/^RDS_/, '')
    .toLowerCase()
    .replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** YAML has numbers, truth values and lists, where a variable has text. */
const asText = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])
  .transform((value) => (Array.isArray(value) ? value.join(',') : String(value)));

const APPLIANCE = z.strictObject(
  Object.fromEntries([...APPLIANCE_KEYS].map(([key, name]) => [key, asText.pipe(field(name)).optional()])),
);
const FILE = z.strictObject({ appliances: z.array(APPLIANCE).min(1) });

function field(name: SettingName) {
  const { schema, allowed } = SETTINGS[name];
  return z.string().transform((text, check): unknown => {
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    check.addIssue(`is ${JSON.stringify(text)}; allowed: ${allowed}`);
    return z.NEVER;
  });
}

/**
 * Reads the file that `RDS_CONFIG` names.
 * @returns what it says, and everything that is wrong with it, in words
 */
export function parseAppliances(text: string): { appliances: ApplianceOverrides[]; faults: string[] } {
  const read = parseYaml(text);
  if ('fault' in read) return { appliances: [], faults: [read.fault] };
  const result = FILE.safeParse(read.value);
  if (!result.success) return { appliances: [], faults: result.error.issues.flatMap(issueText) };
  const appliances = result.data.appliances.map(toOverrides);
  return { appliances, faults: namesFaults(appliances) };
}

function parseYaml(text: string): { value: unknown } | { fault: string } {
  try {
    return { value: Bun.YAML.parse(text) };
  } catch (error) {
    return { fault: `RDS_CONFIG is not YAML: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function issueText(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const where = `RDS_CONFIG ${at.replace(/^\./, '') || 'as a whole'}`;
  if (issue.code !== 'unrecognized_keys') return [`${where} ${issue.message}`];
  const known = issue.path.length === 0 ? 'appliances' : [...APPLIANCE_KEYS.keys()].join(', ');
  return issue.keys.map((key) => `${where}: ${JSON.stringify(key)} is unknown; known are ${known}`);
}

function toOverrides(fields: Readonly<Record<string, unknown>>): ApplianceOverrides {
  const entries = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [APPLIANCE_KEYS.get(key), value]);
  return { RDS_NAME: '', ...Object.fromEntries(entries) };
}

function namesFaults(appliances: readonly ApplianceOverrides[]): string[] {
  const names = appliances.map(({ RDS_NAME }) => RDS_NAME);
  const twice = [...new Set(names.filter((name, index) => name !== '' && names.indexOf(name) < index))];
  return [
    ...names.flatMap((name, index) =>
      name === '' ? [`RDS_CONFIG appliances[${index}].name is not set; every appliance needs its own`] : [],
    ),
    ...twice.map((name) => `RDS_CONFIG has two appliances with the name ${JSON.stringify(name)}`),
  ];
}
