import { clusterTag, writeRecord } from '../../../src/backends/routeros/records/volume-record.ts';
import { MiB } from '../../../src/core/bytes.ts';
import type { CsiClient } from '../../../src/core/csi/client.ts';
import { slotFor } from '../../../src/core/storage/volume-id.ts';
import { Simulator } from '../../simulator/simulator.ts';
import { PlainClient } from '../../simulator/support/plain-client.ts';
import { cpuMs } from './own-time.ts';
import type { Rig } from './rig.ts';

const PAGE = 500;
/** Disks that are added by one line. */
const BATCH = 50;

export interface Listing {
  readonly volumes: number;
  /** `pages of 500`, or `at once`. */
  readonly how: string;
  readonly execs: number;
  readonly wallMs: number;
  /** Of it, while the appliance was working. */
  readonly applianceMs: number;
  /** Processor time of the driver. */
  readonly cpuMs: number;
}

/** Lists many volumes, in pages and at once. @param rig with a pool `pool2` that is no btrfs, for nothing else */
export async function listings(rig: Rig, volumes: number): Promise<Listing[]> {
  await fill(rig, volumes);
  return rig.connected({ kind: 'per command', ms: 0 }, async ({ driver }) => {
    const measure = async (how: string, maxEntries: number): Promise<Listing> => {
      const cpuBefore = await cpuMs(driver.pid);
      let wallMs = 0;
      const execs = await rig.execsDuring(async () => {
        const begun = performance.now();
        const found = await listAll(driver.client, maxEntries);
        wallMs = performance.now() - begun;
        if (found !== volumes) throw new Error(`${found} of ${volumes} volumes were listed`);
      });
      const applianceMs = execs.reduce(
        (sum, { startedAt, endedAt = startedAt }) => sum + endedAt - startedAt,
        0,
      );
      return {
        volumes,
        how,
        execs: execs.length,
        wallMs,
        applianceMs,
        cpuMs: (await cpuMs(driver.pid)) - cpuBefore,
      };
    };
    // Each twice: the first compiles the code.
    await listAll(driver.client, 0);
    const atOnce = await measure('at once', 0);
    return [atOnce, await measure(`pages of ${PAGE}`, PAGE)];
  });
}

async function listAll({ controller }: CsiClient, maxEntries: number): Promise<number> {
  let found = 0;
  let startingToken = '';
  do {
    const { entries, nextToken } = await controller.listVolumes({ maxEntries, startingToken });
    found += entries.length;
    startingToken = nextToken;
  } while (startingToken !== '');
  return found;
}

/** Disk items as the driver makes them, added by a few long lines: through the driver it would take minutes. */
async function fill({ simulator }: Rig, volumes: number): Promise<void> {
  const privateKey = await Bun.file(simulator.userKeyFile).text();
  const clusterId = simulator.settings()['CLUSTER_ID'] ?? '';
  const { port } = simulator;
  const client = await PlainClient.connect({ port, username: Simulator.user, privateKey });
  const folder = `pool2/csi/${clusterId}`;
  try {
    await client.exec(`/file/add name="pool2/csi" type=directory; /file/add name="${folder}" type=directory`);
    for (let first = 0; first < volumes; first += BATCH) {
      const many = Array.from({ length: Math.min(BATCH, volumes - first) });
      const line = many.map((_, at) => addDisk(clusterId, folder, first + at)).join('; ');
      const { out } = await client.exec(line);
      if (out !== '') throw new Error(`the appliance answered: ${out}`);
    }
  } finally {
    await client.close();
  }
}

function addDisk(clusterId: string, folder: string, at: number): string {
  const name = `list-${at}`;
  const slot = slotFor(clusterId, name);
  const comment = writeRecord({
    ...{ cluster: clusterTag(clusterId), revision: 0, provisioning: 'thin', port: 20_000 + at },
    ...{ mayFormat: true, everPublished: false, publications: [], name },
  });
  return (
    `/disk/add type=file slot="${slot}" file-path="/${folder}/${slot}.img" file-size=${MiB} comment="${comment}" ` +
    `mount-filesystem=no nvme-tcp-export=no nvme-tcp-server-port=${20_000 + at}`
  );
}
