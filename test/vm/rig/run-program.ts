/** Runs a program to its end and gives its output. @throws Error with what it said */
export async function run(...argv: [string, ...string[]]): Promise<string> {
  const child = Bun.spawn(argv, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [output, said, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode === 0) return output;
  throw new Error(`${argv.join(' ')} exited with ${exitCode}: ${said.trim().slice(-2000)}`);
}
