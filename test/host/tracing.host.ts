import { afterAll, expect, test } from 'bun:test';
import { mkdir } from 'node:fs/promises';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import {
  ControllerPublishVolumeRequest,
  CreateVolumeRequest,
  NodePublishVolumeRequest,
  NodeStageVolumeRequest,
} from '../../src/core/csi/generated/csi.ts';
import { Collector } from '../support/collector.ts';
import { MiB, mountCapability } from '../support/node/node-requests.ts';
import { Host } from './support/host.ts';
import { requirePrograms, requireRoot } from './support/requirements.ts';

requireRoot();
requirePrograms({ 'mkfs.ext4': 'e2fsprogs' });
const MAIN = `${import.meta.dir}/../../src/main.ts`;
const NODE = 'traced-node';
const host = new Host();
afterAll(() => host.close());

/** The trace of each call on the node, by its method, as the log has it. */
async function loggedTraces(folder: string): Promise<Map<unknown, unknown>> {
  const lines = (await Bun.file(`${folder}/driver.log`).text()).trim().split('\n');
  const handled = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'call handled');
  return new Map(handled.map(({ method, traceId }) => [method, traceId]));
}

test('a volume’s way onto a node is followed from the call to each program that it runs, and found in the log', async () => {
  const collector = new Collector();
  const folder = `${host.folder}/traced`;
  const [staging, target] = [`${folder}/staging`, `${folder}/pod/mount`];
  await mkdir(staging, { recursive: true });
  const driver = await DriverProcess.start({
    command: [process.execPath, MAIN],
    folder,
    settings: {
      CSI_MODE: 'all',
      NODE_NAME: NODE,
      CLUSTER_ID: 'traced',
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.endpoint}/`,
    },
    timeoutMs: 20_000,
  });
  try {
    const { controller, node } = driver.client;
    const volumeCapability = mountCapability();
    const { volume } = await controller.createVolume(
      CreateVolumeRequest.fromPartial({
        name: 'traced',
        capacityRange: { requiredBytes: 64n * MiB },
        volumeCapabilities: [volumeCapability],
      }),
    );
    const volumeId = volume?.volumeId ?? '';
    const { publishContext } = await controller.controllerPublishVolume(
      ControllerPublishVolumeRequest.fromPartial({
        volumeId,
        nodeId: NODE,
        volumeCapability,
      }),
    );
    const place = { volumeId, publishContext, stagingTargetPath: staging, volumeCapability };
    try {
      await node.nodeStageVolume(NodeStageVolumeRequest.fromPartial(place));
      await node.nodePublishVolume(NodePublishVolumeRequest.fromPartial({ ...place, targetPath: target }));
    } finally {
      await node.nodeUnpublishVolume({ volumeId, targetPath: target });
      await node.nodeUnstageVolume({ volumeId, stagingTargetPath: staging });
    }
  } finally {
    expect(await driver.stop()).toBe(0);
    await collector.stop();
  }
  const logged = await loggedTraces(folder);
  const programs = (method: string): string[] => {
    const rpc = collector.spans.find(({ name }) => name === `csi.v1.Node/${method}`);
    expect(logged.get(method)).toBe(rpc?.traceId);
    const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === rpc?.spanId);
    expect(below.every(({ traceId }) => traceId === rpc?.traceId)).toBe(true);
    return below.map(({ name }) => name);
  };
  expect(programs('NodeStageVolume')).toEqual(
    expect.arrayContaining(['run losetup', 'run blkid', 'run mkfs.ext4', 'run mount']),
  );
  expect(programs('NodePublishVolume')).toContain('run mount');
  expect(programs('NodeUnstageVolume')).toEqual(expect.arrayContaining(['run umount', 'run losetup']));
}, 60_000);
