import { status } from '@grpc/grpc-js';
import { MiB } from '../../../src/core/bytes.ts';
import type { CsiClient } from '../../../src/core/csi/client.ts';
import {
  ControllerExpandVolumeRequest,
  ControllerPublishVolumeRequest,
  CreateSnapshotRequest,
} from '../../../src/core/csi/generated/csi.ts';
import { createRequest, RAW_BLOCK } from '../create-request.ts';
import { median, timed } from '../statistics.ts';
import type { Line, Rig } from './rig.ts';

const NODE = 'bench-node';
/** Beyond the round trip. */
const PAUSE_MS = 30;

export interface Alone {
  readonly kind: string;
  readonly ms: number;
  /** After a pause. */
  readonly rested: boolean;
  readonly operation: string;
  /** Commands that the appliance ran for one. */
  readonly execs: number;
  /** The median of the repeats. */
  readonly tookMs: number;
}

type Operation = readonly [string, () => Promise<unknown>];

/**
 * Each operation alone, over a connection that stands. The first life warms up and is not counted.
 * @param rested after a pause, in which the driver opens the next channel; else at once after the one before
 */
export function alone(rig: Rig, line: Line, repeats: number, rested = true): Promise<Alone[]> {
  const pauseMs = rested ? line.ms + PAUSE_MS : 0;
  return rig.connected(line, async ({ driver: { client } }) => {
    const samples = new Map<string, { ms: number[]; execs: number[] }>();
    for (let life = 0; life <= repeats; life += 1) {
      for (const [operation, call] of await operations(
        client,
        `alone-${line.kind}-${line.ms}-${rested}-${life}`,
      )) {
        let ms = 0;
        await Bun.sleep(pauseMs);
        const execs = await rig.execsDuring(async () => {
          ms = await timed(call);
        });
        if (life === 0) continue;
        const sample = samples.get(operation) ?? { ms: [], execs: [] };
        samples.set(operation, sample);
        sample.ms.push(ms);
        sample.execs.push(execs.length);
      }
    }
    return [...samples].map(([operation, { ms, execs }]) => ({
      ...{ kind: line.kind, ms: line.ms, rested, operation },
      execs: median(execs),
      tookMs: median(ms),
    }));
  });
}

/** A volume's life, operation by operation. */
async function operations(client: CsiClient, name: string): Promise<readonly Operation[]> {
  const { controller } = client;
  const request = createRequest(name);
  let volumeId = '';
  let snapshotId = '';
  const create = async () => {
    volumeId = (await controller.createVolume(request)).volume?.volumeId ?? '';
  };
  const snapshot = async () => {
    const asked = CreateSnapshotRequest.fromPartial({ sourceVolumeId: volumeId, name: `snap-${name}` });
    snapshotId = (await controller.createSnapshot(asked)).snapshot?.snapshotId ?? '';
  };
  const publish = ControllerPublishVolumeRequest.fromPartial({ nodeId: NODE, volumeCapability: RAW_BLOCK });
  const expand = ControllerExpandVolumeRequest.fromPartial({ capacityRange: { requiredBytes: 2n * MiB } });
  const life: Operation[] = [
    ['create', create],
    ['get', () => controller.controllerGetVolume({ volumeId })],
    ['list page of 10', () => controller.listVolumes({ maxEntries: 10, startingToken: '' })],
    ['expand', () => controller.controllerExpandVolume({ ...expand, volumeId })],
    ['publish', () => controller.controllerPublishVolume({ ...publish, volumeId })],
    ['unpublish', () => controller.controllerUnpublishVolume({ volumeId, nodeId: NODE, secrets: {} })],
    ['snapshot (btrfs)', snapshot],
    ['delete snapshot', () => controller.deleteSnapshot({ snapshotId, secrets: {} })],
    ['delete', () => controller.deleteVolume({ volumeId, secrets: {} })],
  ];
  if (await servesSnapshots(client)) return life;
  return life.filter(([operation]) => !operation.includes('snapshot'));
}

/** Whether snapshots have come to the CSI services yet. */
async function servesSnapshots({ controller }: CsiClient): Promise<boolean> {
  const refused = await controller.deleteSnapshot({ snapshotId: 'none', secrets: {} }).then(
    () => undefined,
    (error: { code?: number }) => error.code,
  );
  return refused !== status.UNIMPLEMENTED;
}
