import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';

const CLAIMS = Array.from({ length: 8 }, (_, at) => `claim-${at}`);

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('disruptions');
});
afterAll(() => tenant.leave());

/** Ends every process of a program at once; whoever runs it starts it again. */
async function kill(program: string): Promise<void> {
  const pids = tenant.node.namespaces.processes(program);
  expect(pids).not.toEqual([]);
  await tenant.node.namespaces.run('kill', '-KILL', ...pids.map(String));
}

const driverRuns = () =>
  tenant.tools.kubectl('-n', 'rose-csi', 'rollout', 'status', 'daemonset/rose-csi-node', '--timeout=2m');

test('kubelet is restarted under a pod: its volume stays mounted, and is unmounted afterwards', async () => {
  await tenant.claim('kept');
  await tenant.runningPod('stays', { claims: ['kept'] });
  await tenant.sh('stays', 'echo before >/kept/file && sync');
  const [before] = tenant.node.namespaces.processes('kubelet');
  await kill('kubelet');
  await tenant.until('kubelet is another', async () => {
    const [now] = tenant.node.namespaces.processes('kubelet');
    return now !== undefined && now !== before;
  });
  // A pod after the restart shows that kubelet works again.
  await tenant.runningPod('comes', { claims: ['kept'] });
  expect(await tenant.sh('comes', 'cat /kept/file')).toBe('before');
  expect(await tenant.sh('stays', 'echo after >/kept/file && cat /kept/file')).toBe('after');
});

test('the driver is killed while volumes are made and staged for eight pods: each gets its own, once', async () => {
  for (const claim of CLAIMS) {
    await tenant.claim(claim, { size: '32Mi' });
    await tenant.pod(`uses-${claim}`, { claims: [claim] });
  }
  await tenant.until('some volume is attached', async () => {
    const mounts = await tenant.node.namespaces.mounts();
    return mounts.some((line) => line.includes('rose-csi.io') && line.includes('globalmount'));
  });
  await kill('rose-csi');
  for (const claim of CLAIMS) await tenant.runs(`uses-${claim}`);
  for (const claim of CLAIMS) await tenant.sh(`uses-${claim}`, `echo ${claim} >/${claim}/name && sync`);
  for (const claim of CLAIMS) expect(await tenant.sh(`uses-${claim}`, `cat /${claim}/name`)).toBe(claim);
  await driverRuns();
});

test('the driver is killed while volumes are mounted: what pods have goes on, and is let go afterwards', async () => {
  await tenant.sh('stays', 'echo mounted >/kept/file && sync');
  await kill('rose-csi');
  expect(await tenant.sh('stays', 'cat /kept/file && echo goes-on >/kept/file && cat /kept/file')).toBe(
    'mounted\ngoes-on',
  );
  await driverRuns();
});
