import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDeviceFiles } from '../../../../test/support/node/fake-device-files.ts';
import { FakeNvme } from '../../../../test/support/node/fake-nvme.ts';
import { RushingClock } from '../../../../test/support/rushing-clock.ts';
import { detachedContext } from '../../../core/call-context.ts';
import { NqnNaming } from '../../../core/storage/nqn.ts';
import { isEpoch, volumeId } from '../../../core/storage/volume-id.ts';
import { BlockDevices } from '../../devices/block-devices.ts';
import { derivedIdentity } from './host-identity.ts';
import { NvmeTransport } from './nvme-transport.ts';

const NQNS = new NqnNaming('nqn.2026-01.test.observe');
const ID = volumeId('rds', 'csi-a');
let folder = '';
afterEach(() => rmSync(folder, { recursive: true }));

async function attached(multipath: boolean, addresses: readonly string[]) {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-observe-'));
  const roots = { sys: join(folder, 'sys'), dev: join(folder, 'dev') };
  const files = new FakeDeviceFiles();
  const kernel = new FakeNvme(roots, files, multipath);
  const epoch = '00000000000000aa';
  if (!isEpoch(epoch)) throw new Error(epoch);
  const nqn = NQNS.forExport(ID, epoch);
  const transport = new NvmeTransport({
    ...{ nqns: NQNS, sys: roots.sys, files, clock: new RushingClock(), fabrics: kernel, probe: kernel },
    devices: new BlockDevices(roots, { run: () => Promise.reject(new Error('no programs')) }, files),
    log: { lastComplaintWith: () => undefined },
    host: derivedIdentity('node-1'),
    reconnections: { counts: (connected) => new Map([...connected.values()].map((name) => [name, 2])) },
  });
  kernel.export(nqn);
  const rest = { epoch, capacityBytes: 1n << 20n, mayFormat: true, port: 4420, namespaceId: 1 };
  const target = { nqn, ...rest, transport: 'nvme-tcp', addresses } as const;
  await transport.attach(target, detachedContext(AbortSignal.timeout(10_000)));
  return { transport, kernel };
}

test('what a device of two paths has done is the sum of its paths, where the kernel counts only them', async () => {
  const { transport, kernel } = await attached(true, ['192.0.2.1', '192.0.2.2']);
  kernel.write('class/nvme/nvme1/state', 'connecting');
  const [seen, ...more] = await transport.observe();
  expect(more).toEqual([]);
  expect(seen).toMatchObject({ volumeId: ID, reconnects: 2, io: { reads: 18, writes: 10, inFlight: 2 } });
  expect(seen?.connections.toSorted()).toEqual(['connecting', 'live']);
});

test('without multipath it is what the device itself says', async () => {
  const { transport } = await attached(false, ['192.0.2.1']);
  expect(await transport.observe()).toMatchObject([
    { io: { reads: 9, readBytes: 36_864, writeSeconds: 0.05 } },
  ]);
});
