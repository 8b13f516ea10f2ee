/**
 * Run by `make test-kube`: what a controller costs that has nothing to do, with the intervals that ship and all of it
 * switched on, the compiled executable. Memory is printed beside its budget, as `make bench` does it: a machine's mood
 * is no test.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Collector } from '../support/collector.ts';
import { Drivers } from './rig/drivers.ts';
import { eventually } from './rig/eventually.ts';

const COMPILED = [process.env['ROSE_CSI'] ?? `${import.meta.dir}/../../dist/rose-csi`];
const VOLUMES = 100;
const MINUTES = 1;
/** docs/architecture.md */
const BUDGET_MIB = 75;

let rig: Drivers;
let collector: Collector;
/** Those of the driver before, which attached. */
let spansBefore = 0;

beforeAll(async () => {
  rig = await Drivers.start(['node-a', 'node-b']);
  collector = new Collector();
  const settings = {
    ORPHANS: 'delete',
    DELETE_ATTACHMENTS_OF_LOST_NODES: 'true',
    HTTP_ADDRESS: '127.0.0.1:0',
    LOG_LEVEL: 'info',
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/`,
  };
  await rig.run('busy', COMPILED, settings);
  for (let at = 0; at < VOLUMES; at += 1) {
    await rig.attached(`idle-${at}`, at % 2 ? 'node-a' : 'node-b', 'busy');
  }
  await rig.driver('busy').terminate();
  spansBefore = collector.spans.length;
  await rig.run('idle', COMPILED, settings);
}, 180_000);

afterAll(async () => {
  await rig?.stop();
  await collector?.stop();
}, 60_000);

/** Resident memory in MiB: all of it, and what is no page of a file. */
async function resident(): Promise<{ readonly all: number; readonly own: number }> {
  const status = await Bun.file(`/proc/${rig.driver('idle').pid}/status`).text();
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { all: read('VmRSS'), own: read('RssAnon') };
}

test(`with ${VOLUMES} attached volumes a controller asks the API server for its lease, and for nothing else`, async () => {
  await eventually('it leads', async () => (await rig.leader()) === 'idle');
  // Rounds that come before the appliance is there look at nothing, and come again.
  await eventually('its first rounds with an appliance are over', async () => {
    const seen = collector.spans.slice(spansBefore).map(({ name }) => name);
    return seen.includes('exec') && seen.indexOf('exec') < seen.lastIndexOf('reconcile orphans');
  });
  const begun = performance.now();
  const counts = await rig.plane.requests.during(() =>
    eventually(
      'the time is over',
      async () => performance.now() - begun > MINUTES * 60_000,
      MINUTES * 60_000 + 30_000,
    ),
  );
  const minute = Object.fromEntries([...counts].map(([kind, count]) => [kind, count / MINUTES]));
  const { all, own } = await resident();
  process.stderr.write(
    `idle, ${VOLUMES} volumes: ${JSON.stringify(minute)} requests a minute; RSS ${all.toFixed(1)} MiB, ` +
      `${own.toFixed(1)} of it no file's: ${all > BUDGET_MIB ? 'OVER the budget of' : 'budget'} ${BUDGET_MIB}\n`,
  );
  // A watch that the server has ended is begun anew.
  const others = [...counts].filter(([kind]) => !kind.endsWith(' leases') && !kind.startsWith('watch '));
  expect(others).toEqual([]);
  expect(counts.get('update leases')).toBeGreaterThan(0);
}, 300_000);
