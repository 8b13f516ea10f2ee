import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { parseMountInfo } from '../../../../src/node/mounts/mount-info.ts';
import { checksum, damagedOf, Writer, writeRandom } from '../data.ts';
import { Node } from '../node.ts';
import { connectionsOf, statesOf, subsystems } from '../subsystems.ts';
import { CSI_PORT } from './protocol.ts';

let driver: Node | undefined;
const writers = new Map<string, Writer>();

/** What a test has done on another guest: called by name, with what JSON can hold. */
export const tasks = {
  /** Starts the driver, or another one after it was killed. @returns its folder */
  startDriver: async (settings: Readonly<Record<string, string>>): Promise<string> => {
    if (driver) await driver.restart();
    else {
      driver = await Node.start({ CSI_MODE: 'node', ...settings });
      await forward(CSI_PORT, join(driver.folder, 'csi.sock'));
    }
    return driver.folder;
  },
  killDriver: () => driver?.kill(),
  stopDriver: async () => {
    await driver?.stop();
    driver = undefined;
  },
  subsystems: () => subsystems(),
  statesOf: (nqn: string) => statesOf(nqn),
  connectionsOf: (nqn: string) => connectionsOf(nqn),
  /** What is mounted on a path. */
  mountsOn: (path: string) =>
    parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')).filter(
      ({ mountPoint }) => mountPoint === path,
    ),
  makeFolder: (path: string) => {
    mkdirSync(path, { recursive: true });
  },
  writeText: (path: string, text: string) => writeFileSync(path, text),
  readText: (path: string) => readFileSync(path, 'utf8'),
  writeRandom: (path: string, megabytes: number) => writeRandom(path, megabytes),
  checksum: (path: string, megabytes?: number) => checksum(path, megabytes),
  startWriter: (folder: string, notes: string) => {
    for (const path of [folder, notes]) mkdirSync(path, { recursive: true });
    writers.set(notes, new Writer(folder, notes));
  },
  writer: (notes: string) => {
    const { acknowledged, error } = writerOf(notes);
    return { acknowledged, error };
  },
  stopWriter: (notes: string) => writerOf(notes).stop(),
  /** Of files that some writer, on whatever guest, was told of as written, those that are not as they were written. */
  damaged: (folder: string, names: readonly string[]) => damagedOf(folder, names),
  /** Runs a program to its end, which must come within ms. @returns all that it said, and its exit code */
  run: async (argv: readonly string[], timeoutMs: number) => {
    const child = Bun.spawn([...argv], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { exitCode: await child.exited, said: stdout + stderr };
  },
};

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;

function writerOf(notes: string): Writer {
  const writer = writers.get(notes);
  if (writer) return writer;
  throw new Error(`nobody writes and notes it in ${notes}`);
}

/** Everything that comes in on a port goes on to a Unix socket, and back. */
function forward(port: number, path: string): Promise<void> {
  const server = createServer((outer) => {
    const inner = connect(path);
    outer.pipe(inner).pipe(outer);
    outer.on('error', () => inner.destroy());
    inner.on('error', () => outer.destroy());
  });
  return new Promise((resolve) => server.listen(port, '0.0.0.0', resolve));
}
