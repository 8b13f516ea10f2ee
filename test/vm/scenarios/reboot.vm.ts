import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { mountCapability } from '../../support/node/node-requests.ts';
import { mountPool } from '../support/appliance.ts';
import { begin, CsiVolume, end } from '../support/csi-volume.ts';
import { checksum, sha256, Writer } from '../support/data.ts';
import { givesUpAtRefusal } from '../support/guest.ts';
import { Node, type NodeVolume } from '../support/node.ts';
import { until, untilSucceeds } from '../support/patience.ts';
import { SimulatedAppliance } from '../support/simulated-appliance.ts';
import { statesOf, subsystems } from '../support/subsystems.ts';

const AWAY_MS = 5_000;
/** Longer than a node waits between two attempts, so that one falls between two exports. */
const EXPORT_MS = 3_500;
const PARAMETERS = { reconnectDelay: '2' };
/** The first to come back opens a shared port; the other one is refused there. */
const VOLUMES = 2;

beforeAll(mountPool);
afterAll(() => expect(subsystems()).toEqual([]));

/** Whether exports that come back one by one may cost a volume, by the ports they have. */
const PORTS = [
  ['on a port each', '20000-29999', false],
  ['on a shared port', 'shared:4420', givesUpAtRefusal()],
] as const;

test.each(PORTS)('a reboot of the appliance under I/O, with exports %s', async (_, ports, costs) => {
  const appliance = await SimulatedAppliance.start({ rebootExports: 'late', rebootExportMs: EXPORT_MS });
  const node = await Node.start({ CSI_MODE: 'all', RDS_NVME_PORTS: ports, ...appliance.settings() });
  const works: Work[] = [];
  for (let count = 0; count < VOLUMES; count++) works.push(await write(node, `volume-${count}`));
  const pages = randomBytes(4 << 20);
  // Not yet on the storage when it goes away.
  for (const { used } of works) writeFileSync(join(used.published, 'pages'), pages);
  await appliance.simulator.reboot({ awayMs: AWAY_MS });
  await until('all exports are back', () => appliance.exports().length === VOLUMES);
  await Promise.all(works.map(decided));
  const lost = works.filter(({ writer }) => writer.error !== '');
  process.stdout.write(`  ${ports}: ${lost.length} of ${VOLUMES} were lost\n`);
  expect(lost.length > 0).toBe(costs);
  for (const work of works) await finish(work, lost.includes(work) ? undefined : sha256(pages));
  expect(appliance.simulator.appliance.disks()).toEqual([]);
  await node.stop();
  await appliance.stop();
});

interface Work {
  readonly used: NodeVolume<CsiVolume>;
  readonly writer: Writer;
}

/** Until the volume takes writes again, or fails them. */
async function decided({ used, writer }: Work): Promise<void> {
  const before = writer.acknowledged.length;
  const goesOn = () =>
    statesOf(used.volume.target.nqn).includes('live') && writer.acknowledged.length > before + 3;
  await until('it goes on or is lost', () => writer.error !== '' || goesOn());
}

async function write(node: Node, name: string): Promise<Work> {
  const capability = mountCapability();
  const volume = await CsiVolume.create(node.controller, {
    name,
    bytes: 256n * MiB,
    capability,
    parameters: PARAMETERS,
  });
  const used = await begin(node, volume, capability);
  const [work, notes] = [join(used.published, 'work'), join(node.folder, `notes-${name}`)];
  for (const folder of [work, notes]) mkdirSync(folder);
  const writer = new Writer(work, notes);
  await writer.progress(3);
  return { used, writer };
}

/** Everything is read from the storage again, by a new connection; of a lost volume what was acknowledged. */
async function finish({ used, writer }: Work, pages: string | undefined): Promise<void> {
  if (pages) expect(await writer.stop()).toBe(0);
  await untilSucceeds(() => used.unpublish());
  await untilSucceeds(() => used.unstage());
  await used.stage();
  await used.publish();
  expect(writer.damaged()).toEqual([]);
  if (pages) expect(checksum(join(used.published, 'pages'))).toBe(pages);
  await end(used);
  await used.volume.delete();
}
