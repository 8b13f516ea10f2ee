import { join } from 'node:path';
import { quantile } from './statistics.ts';

const PROBER = join(import.meta.dir, 'prober.ts');

export interface ProbeTimes {
  readonly probeP50Ms: number;
  readonly probeP99Ms: number;
}

/** Probe's times while some work is done, asked from a process of its own. */
export async function probedDuring(endpoint: string, work: () => Promise<unknown>): Promise<ProbeTimes> {
  const child = Bun.spawn([process.execPath, PROBER, endpoint], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const chunks = child.stdout[Symbol.asyncIterator]();
  await chunks.next(); // It says that it is ready.
  try {
    await work();
  } finally {
    await child.stdin.end();
  }
  let text = '';
  for (let chunk = await chunks.next(); !chunk.done; chunk = await chunks.next()) {
    text += new TextDecoder().decode(chunk.value);
  }
  const samples: number[] = JSON.parse(text);
  return { probeP50Ms: quantile(samples, 0.5), probeP99Ms: quantile(samples, 0.99) };
}
