import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { Tenant } from '../tenant.ts';

const PODS = 50;
const AT_ONCE = 10;
const SECONDS = Number(process.env['CHURN_SECONDS'] ?? 60);

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('churn');
});
afterAll(() => tenant.leave());

/** Of the driver's process. */
function resources(): { readonly rssMiB: number; readonly handles: number } {
  const [pid] = tenant.node.namespaces.processes('rose-csi');
  const own = tenant.node.namespaces.path(`/proc/${pid}`);
  const rss = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`${own}/status`, 'utf8'))?.[1];
  return { rssMiB: Math.round(Number(rss) / 1024), handles: readdirSync(`${own}/fd`).length };
}

/** Runs as many of these at once as workers; each takes the next. */
async function each(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const rest = [...names];
  const worker = async () => {
    for (let name = rest.shift(); name !== undefined; name = rest.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const restarts = async () =>
  tenant.tools.kubectl(
    ...[
      '-n',
      'rose-csi',
      'get',
      'pods',
      '-o',
      'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
    ],
  );

test(
  `${PODS} pods with a volume each come, and go and come again for a while: no error, nothing left, no handle lost`,
  async () => {
    const names = Array.from({ length: PODS }, (_, at) => `p${at}`);
    const idle = resources();
    const before = await restarts();
    const comes = async (name: string) => {
      await tenant.claim(name, { size: '32Mi' });
      await tenant.runningPod(name, { claims: [name] });
    };
    const goes = async (name: string) => {
      await tenant.drop('pods', name);
      await tenant.drop('persistentvolumeclaims', name);
    };
    await each(names, comes);
    const deadline = performance.now() + SECONDS * 1000;
    let rounds = 0;
    while (performance.now() < deadline) {
      await each(
        names.slice((rounds * AT_ONCE) % PODS, ((rounds * AT_ONCE) % PODS) + AT_ONCE),
        async (name) => {
          await goes(name);
          await comes(name);
        },
      );
      rounds += 1;
    }
    await each(names, goes);
    await tenant.until('the volumes are gone', async () => (await tenant.volumes()).length === 0);
    expect(await restarts()).toBe(before);
    await tenant.until('the handles are as before', async () => {
      const now = resources();
      return now.handles <= idle.handles + 5 || { idle, now };
    });
    const { rssMiB } = resources();
    process.stdout.write(
      `  ${rounds * AT_ONCE} replaced; driver ${idle.rssMiB} MiB before, ${rssMiB} MiB after\n`,
    );
    expect(rssMiB).toBeLessThan(256);
  },
  (SECONDS + 600) * 1000,
);
