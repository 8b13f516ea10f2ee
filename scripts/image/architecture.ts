/** What one image is made for, by the names that each trade has for it. */
export interface Architecture {
  /** OCI's and Debian's. */
  readonly name: 'amd64' | 'arm64';
  /** The npm package with the Bun that runs there. */
  readonly runtime: string;
}

/** Bun's plain x64 build needs AVX2, which many a small server's CPU has not: the baseline build asks for SSE4.2. */
export const ARCHITECTURES: readonly Architecture[] = [
  { name: 'amd64', runtime: '@oven/bun-linux-x64-baseline' },
  { name: 'arm64', runtime: '@oven/bun-linux-aarch64' },
];

/** @throws Error that names the known ones */
export function architecture(name: string): Architecture {
  const found = ARCHITECTURES.find((known) => known.name === name);
  if (found) return found;
  throw new Error(`no image for ${name}; there are ${ARCHITECTURES.map((known) => known.name).join(', ')}`);
}
