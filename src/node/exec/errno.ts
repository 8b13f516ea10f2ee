/** The system's name of a failure (`ENOENT`), as node:fs and Bun.spawn give it; undefined for other errors. */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
