/** Host tests work with real loop devices, mounts and namespaces of the machine they run on. */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new Error('host tests make loop devices, mounts and namespaces: run them as root');
}

/** Fails early, with the Debian package to install, where a program is absent. */
export function requirePrograms(programs: Readonly<Record<string, string>>): void {
  const absent = Object.entries(programs).filter(([program]) => Bun.which(program) === null);
  if (absent.length === 0) return;
  const hints = absent.map(([program, owner]) => `${program} (package ${owner})`);
  throw new Error(`host tests need ${hints.join(', ')}`);
}
