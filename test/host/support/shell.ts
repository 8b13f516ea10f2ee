/** Runs a program to its end and gives its output; fails the test with what the program said. */
export function sh(...argv: [string, ...string[]]): string {
  const result = Bun.spawnSync(argv, { env: { ...process.env, LC_ALL: 'C' } });
  if (result.exitCode === 0) return result.stdout.toString().trim();
  throw new Error(`${argv.join(' ')} exited with ${result.exitCode}: ${result.stderr.toString().trim()}`);
}
