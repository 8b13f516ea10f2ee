import type { Stored } from './object-store.ts';

type Fields = Record<string, unknown>;

/** What a patch makes of an object, or why it cannot be done. */
export function patched(
  found: Stored,
  contentType: string,
  patch: Fields,
): Fields | { status: number; message: string } {
  if (contentType === 'application/json-patch+json') return jsonPatched(found, patch as never);
  if (!/^application\/(?:strategic-)?merge-patch\+json$/.test(contentType)) {
    return { status: 415, message: 'unsupported media type' };
  }
  return merge(found, patch) as Fields;
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = (typeof target === 'object' && target !== null ? target : {}) as Fields;
  const entries = Object.entries(patch).map(([key, value]) => [key, merge(base[key], value)] as const);
  const merged = { ...base, ...Object.fromEntries(entries) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

interface Operation {
  readonly op: 'test' | 'remove' | 'replace' | 'add';
  readonly path: string;
  readonly value?: unknown;
}

function jsonPatched(
  found: Stored,
  operations: readonly Operation[],
): Fields | { status: number; message: string } {
  const next = structuredClone(found) as Fields;
  for (const operation of operations) {
    const parts = operation.path.split('/').slice(1);
    const last = parts.pop() ?? '';
    const holder = parts.reduce<unknown>((at, part) => (at as Fields | undefined)?.[part], next);
    if (typeof holder !== 'object' || holder === null || !applied(holder as Fields, last, operation)) {
      return { status: 422, message: `cannot apply ${operation.op} at ${operation.path}` };
    }
  }
  return next;
}

function applied(holder: Fields, key: string, { op, value }: Operation): boolean {
  if (op === 'test') return Bun.deepEquals(holder[key], value);
  if (op !== 'remove') holder[key] = value;
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return true;
}
