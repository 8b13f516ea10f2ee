import { afterAll, beforeAll, expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import { Tenant } from '../tenant.ts';

const ROUNDS = 9;
const PROJECT = `${import.meta.dir}/../../../..`;
const ARCHIVE = { x64: 'image-amd64.tar', arm64: 'image-arm64.tar' }[process.arch as 'x64' | 'arm64'];

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('figures');
});
afterAll(() => tenant.leave());

const say = (text: string) => process.stdout.write(`  ${text}\n`);
const seconds = (ms: number) => (ms / 1000).toFixed(2);

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

test('from a new claim to a running pod: the median beside that of a pod with a hostPath volume', async () => {
  const claimed: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const name = `round-${round}`;
    claimed.push(
      await timed(async () => {
        await tenant.claim(name);
        await tenant.runningPod(name, { claims: [name] });
      }),
    );
    const volumes = [{ name: 'data', hostPath: { path: '/var/lib/hostpath', type: 'DirectoryOrCreate' } }];
    const mounts = [{ name: 'data', mountPath: '/data' }];
    plain.push(await timed(() => tenant.runningPod(`plain-${round}`, { volumes, mounts })));
    await tenant.drop('pods', name, `plain-${round}`);
    await tenant.drop('persistentvolumeclaims', name);
  }
  say(`claim to running pod: median ${seconds(median(claimed))} s; hostPath: ${seconds(median(plain))} s`);
  expect(claimed).toHaveLength(ROUNDS);
});

test('what the driver takes: resident memory of its pod’s processes, and the image’s size', () => {
  const { namespaces } = tenant.node;
  const rss = (program: string) => namespaces.processes(program).map((pid) => namespaces.residentMiB(pid));
  const parts = ['rose-csi', 'csi-provisioner', 'csi-attacher', 'csi-resizer', 'csi-snapshotter'];
  for (const part of parts) expect(rss(part)).not.toEqual([]);
  say(parts.map((part) => `${part} ${rss(part).join('+')} MiB`).join(', '));
  say(`image ${(statSync(`${PROJECT}/dist/${ARCHIVE}`).size / 1024 ** 2).toFixed(1)} MiB`);
});
