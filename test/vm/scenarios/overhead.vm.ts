import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, readFileSync } from 'node:fs';
import { MiB } from '../../../src/core/bytes.ts';
import { firstNonZero } from '../../../src/node/devices/blank-check.ts';
import { readBlockDevice } from '../../../src/node/devices/device-reader.ts';
import { ext4 } from '../../../src/node/filesystems/ext4.ts';
import { sh } from '../../host/support/shell.ts';
import { Appliance, type ApplianceVolume } from '../support/appliance.ts';
import { Node } from '../support/node.ts';
import { until } from '../support/patience.ts';
import { subsystems } from '../support/subsystems.ts';
import { newTransport, within } from '../support/transport.ts';

const ROUNDS = 9;
const RSS_LIMIT_MIB = 55;

const appliance = new Appliance();
let node: Node;
beforeAll(async () => {
  node = await Node.start();
});
afterAll(async () => {
  await node.stop();
  expect(subsystems()).toEqual([]);
});

/** Printed, not judged: an emulated machine is ten to twenty times slower than one that a node runs on. */
test('what a stage costs beyond the connect, mkfs and mount that it is made of', async () => {
  const alone: Record<Part, number[]> = { connect: [], blkid: [], blank: [], mkfs: [], mount: [] };
  const first: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await stageAlone(appliance.newVolume(64n * MiB), alone);
    const used = node.use(appliance.newVolume(64n * MiB));
    first.push(await duration(() => used.stage()));
    await used.unstage();
    again.push(await duration(() => used.stage()));
    await used.unstage();
  }
  const [connect, mkfs, mount] = [median(alone.connect), median(alone.mkfs), median(alone.mount)];
  say(
    `alone: connect ${connect} ms, mkfs ${mkfs} ms, mount ${mount} ms; a program that does nothing ${spawn()} ms`,
  );
  say(
    `asked beside them: blkid ${median(alone.blkid)} ms, before and after mkfs; the reads that prove a device blank ` +
      `${median(alone.blank)} ms`,
  );
  say(
    `first stage ${median(first)} ms, beyond the kernel's own ${median(first) - connect - mkfs - mount} ms`,
  );
  say(`stage again ${median(again)} ms, beyond the kernel's own ${median(again) - connect - mount} ms`);
});

test('a node that has nothing to do is small', async () => {
  const fresh = await Node.start();
  const [before, after] = [rss(fresh), rss(node)];
  say(`idle RSS: ${before} MiB after the start, ${after} MiB after ${ROUNDS} volumes`);
  expect(before).toBeLessThan(RSS_LIMIT_MIB);
  await fresh.stop();
});

type Part = 'connect' | 'blkid' | 'blank' | 'mkfs' | 'mount';

/** What the kernel and its programs take, each with nothing around it. */
async function stageAlone({ target }: ApplianceVolume, times: Record<Part, number[]>): Promise<void> {
  const { transport, connectRaw } = newTransport();
  const device = () => subsystems().find(({ nqn }) => nqn === target.nqn)?.devices[0];
  const folder = `/run/alone-${target.port}`;
  mkdirSync(folder);
  times.connect.push(
    await duration(async () => {
      await connectRaw(target);
      await until('the device is there', () => device() !== undefined);
    }),
  );
  const path = device() ?? '';
  times.blank.push(await duration(() => blankness(path, target.capacityBytes)));
  times.blkid.push(await duration(async () => Bun.spawnSync(['blkid', '-p', '-o', 'export', path])));
  times.mkfs.push(await duration(async () => sh(...ext4.mkfs(path, false))));
  times.mount.push(
    await duration(async () => sh('mount', '--options', 'rw,errors=remount-ro', path, folder)),
  );
  sh('umount', folder);
  const attached = await transport.attach(target, within());
  await transport.detach(attached, within());
}

function blankness(path: string, sizeBytes: bigint): Promise<bigint | undefined> {
  const { signal } = within();
  return readBlockDevice({ path, sizeBytes }, signal, (reader) => firstNonZero(reader, signal));
}

const spawn = (): number =>
  median(
    Array.from({ length: ROUNDS }, () => {
      const started = performance.now();
      sh('true');
      return performance.now() - started;
    }),
  );

/** MiB */
function rss(of: Node): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${of.pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const median = (values: readonly number[]): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);

const say = (text: string) => process.stdout.write(`  ${text}\n`);
