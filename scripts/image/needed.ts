import { command } from './command.ts';

/** What a program or library asks the dynamic linker for: names of libraries, and the linker itself. */
export function needed(path: string): { libraries: string[]; linker: string | undefined } {
  const text = command(['readelf', '--wide', '--dynamic', '--program-headers', path]);
  return {
    libraries: Array.from(
      text.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g),
      ([, name = '']) => name,
    ),
    linker: /\[Requesting program interpreter: ([^\]]+)\]/.exec(text)?.[1],
  };
}
