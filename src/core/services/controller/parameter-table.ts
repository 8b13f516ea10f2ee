import type { z } from 'zod';

/** A parameter of one of Kubernetes' classes. */
export interface Parameter {
  readonly schema: z.ZodType<string>;
  /** In words. */
  readonly allowed: string;
  readonly fallback: string;
  readonly help: string;
}

/** Every parameter of a class once: the parser, the errors and `docs/configuration.md` read it. */
export interface ParameterTable {
  /** What Kubernetes calls the class, such as `StorageClass`. */
  readonly owner: string;
  /** The request's field that carries them. */
  readonly field: string;
  readonly rows: Readonly<Record<string, Parameter>>;
}

/**
 * Keys that sidecars add (`--extra-create-metadata` of external-provisioner and external-snapshotter) or leave in;
 * they decide nothing here.
 */
const SIDECAR_PREFIX = 'csi.storage.k8s.io/';

/** Unknown keys and values that are not allowed, each with what is; none where all is well. */
export function parameterFaults(table: ParameterTable, given: Readonly<Record<string, string>>): string[] {
  return Object.entries(given)
    .filter(([key]) => !key.startsWith(SIDECAR_PREFIX))
    .map(([key, value]) => fault(table, key, value))
    .filter((text) => text !== undefined);
}

function fault({ owner, field, rows }: ParameterTable, key: string, value: string): string | undefined {
  const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
  if (!row) {
    const known = Object.keys(rows).join(', ') || 'none';
    return `${field}.${JSON.stringify(key.slice(0, 64))} is unknown; those of a ${owner} are: ${known}`;
  }
  if (row.schema.safeParse(value).success) return undefined;
  return `${field}.${key} is ${JSON.stringify(value.slice(0, 64))}; allowed: ${row.allowed}`;
}
