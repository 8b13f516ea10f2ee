import type { z } from 'zod';
import { quote } from '../../observe/quote.ts';
import { isSecretName } from '../../observe/redaction.ts';
import { type CsiError, invalidArgument } from '../csi-error.ts';

/** How zod's own messages begin; those of our schemas are better. */
const ZOD_DEFAULT = 'Invalid input';
const FAULTS_SHOWN = 16;
const VALUE_SHOWN_LENGTH = 64;
/** Fields whose next path segment is a caller's key and not a field's name. */
const MAPS = new Set([
  'parameters',
  'mutableParameters',
  'volumeContext',
  'publishContext',
  'segments',
  'secrets',
]);
/** `oneof` groups: the generated code has a level for them that the protocol has not. */
const ONEOFS = new Set(['accessType', 'type']);

/** INVALID_ARGUMENT with all faults of a request; undefined where its schema allows it. */
export function requestFault(schema: z.ZodType, request: unknown): CsiError | undefined {
  const { error } = schema.safeParse(request);
  if (!error) return undefined;
  const faults = error.issues.slice(0, FAULTS_SHOWN).map((issue) => describe(issue, request));
  const more = error.issues.length - faults.length;
  return invalidArgument(more > 0 ? `${faults.join('; ')}; and ${more} more faults` : faults.join('; '));
}

/** `volume_capability.mount.fs_type: is not a known file system (given: "ntfs"; allowed: ext4, xfs, btrfs)` */
function describe(issue: z.core.$ZodIssue, request: unknown): string {
  const notes = [given(issue.path, request), allowed(issue)].filter((note) => note !== undefined);
  const details = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  const missing = issue.code === 'invalid_type' && valueAt(issue.path, request) === undefined;
  const fault = missing && issue.message.startsWith(ZOD_DEFAULT) ? 'is required' : issue.message;
  return `${fieldName(issue.path)}: ${fault}${details}`;
}

function allowed(issue: z.core.$ZodIssue): string | undefined {
  return issue.code === 'custom' ? `allowed: ${String(issue.params?.['allowed'])}` : undefined;
}

function given(path: readonly PropertyKey[], request: unknown): string | undefined {
  if (path.some((segment) => isSecretName(String(segment)))) return undefined;
  const value = valueAt(path, request);
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : `given: ${quoted(value)}`;
    case 'number':
    case 'bigint':
      return `given: ${value}`;
    default:
      return undefined;
  }
}

function valueAt(path: readonly PropertyKey[], request: unknown): unknown {
  let value = request;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

/** The field as the protocol names it: `volume_capabilities[0].mount.fs_type`, `parameters["pool"]`. */
function fieldName(path: readonly PropertyKey[]): string {
  let name = '';
  path.forEach((segment, at) => {
    if (typeof segment === 'number') name += `[${segment}]`;
    else if (MAPS.has(String(path[at - 1]))) name += `[${quoted(String(segment))}]`;
    else if (!(ONEOFS.has(String(segment)) && at + 1 < path.length)) name += `.${snakeCase(String(segment))}`;
  });
  return name.replace(/^\./, '');
}

const snakeCase = (text: string): string => text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function quoted(text: string): string {
  const cut = text.length > VALUE_SHOWN_LENGTH ? `${text.slice(0, VALUE_SHOWN_LENGTH)}…` : text;
  return quote(cut.toWellFormed());
}
