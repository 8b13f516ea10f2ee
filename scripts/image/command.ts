/** Runs a program to its end. @returns its output @throws Error with what it said */
export function command(
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, LC_ALL: 'C', ...options.env },
  });
  if (exitCode === 0) return stdout.toString();
  throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr.toString().slice(-2000)}`);
}
