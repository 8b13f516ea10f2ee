import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { MiB } from '../../../src/core/bytes.ts';
import { VolumeCapability_AccessMode_Mode as Mode } from '../../../src/core/csi/generated/csi.ts';
import { blockCapability, mountCapability } from '../../support/node/node-requests.ts';
import { until, untilSucceeds } from '../support/patience.ts';
import type { RemoteNode } from '../support/remote/remote-node.ts';
import { beginOn, endOn, place, RemoteWriter, TwoNodes } from '../support/two-nodes.ts';

/** Two nodes on kernels of their own, and the appliance on a third, with a storage network between them. */
let cluster: TwoNodes;
let one: RemoteNode;
let two: RemoteNode;
beforeAll(async () => {
  cluster = await TwoNodes.start();
  [one, two] = cluster.nodes;
}, 240_000);
afterAll(() => cluster.stop());
beforeEach(async () => {
  for (const node of [one, two]) expect(await node.guest.call('subsystems')).toEqual([]);
});

test('a volume that is taken from a node which still writes is clean on the next one, with every acknowledged byte', async () => {
  const capability = mountCapability();
  const volume = await cluster.create('fenced', 256n * MiB, capability);
  const used = await beginOn(one, volume, capability);
  const writer = await RemoteWriter.start(one, join(used.published, 'work'), 'fenced');
  await writer.progress(5);
  const old = volume.target;
  await volume.unpublish(one.name);
  const before = await writer.acknowledged();
  const next = await beginOn(two, volume, capability);
  expect(await two.guest.call('damaged', join(next.published, 'work'), await writer.acknowledged())).toEqual(
    [],
  );
  const second = await RemoteWriter.start(two, join(next.published, 'second'), 'second');
  await second.progress(5);

  // The first one wrote nothing more, and is not let in: not by its kernel, which tries again, and not by a new connection.
  // One file that was acknowledged just before may be noted just after.
  expect((await writer.acknowledged()).length).toBeLessThanOrEqual(before.length + 1);
  expect(await one.guest.call('statesOf', old.nqn)).not.toContain('live');
  const refused = await used.stage().then(
    () => undefined,
    ({ code }) => code,
  );
  // The one while its kernel still tries, the other where it has given up, as newer ones do.
  expect([status.UNAVAILABLE, status.NOT_FOUND]).toContain(refused);
  const { addresses, port, nqn } = old;
  const connect = ['nvme', 'connect', '-t', 'tcp', '-a', addresses[0] ?? '', '-s', String(port), '-n', nqn];
  const hostNqn = ['--hostnqn=nqn.2026-11.test.vm:tried', '--hostid=11111111-2222-4333-8444-555555555555'];
  expect((await one.guest.call('run', [...connect, ...hostNqn], 30_000)).exitCode).not.toBe(0);

  expect(await second.stop()).toBe(0);
  const wrote = await second.acknowledged();
  await endOn(two, volume, next);

  // And back, without a reboot: the pod is another one, so its path is new.
  const again = await place(one, volume, capability, 'again');
  await untilSucceeds(() => again.stage());
  await writer.failed();
  expect(await one.guest.call('statesOf', nqn)).toEqual([]);
  expect(await one.guest.call('mountsOn', again.staging)).toHaveLength(1);
  await again.publish();
  expect(await one.guest.call('damaged', join(again.published, 'second'), wrote)).toEqual([]);
  expect(await one.guest.call('damaged', join(again.published, 'work'), await writer.acknowledged())).toEqual(
    [],
  );
  const device = (await one.guest.call('subsystems')).find((seen) => seen.nqn === volume.target.nqn)
    ?.devices[0];
  await again.unpublish();
  // Looked at before it goes, as nobody can afterwards.
  await one.guest.call('run', ['umount', again.staging], 30_000);
  const check = await one.guest.call('run', ['fsck.ext4', '-fn', device ?? ''], 60_000);
  expect(check.exitCode, check.said).toBe(0);
  await again.unstage();
  // The first pod's path, whenever kubelet comes to it. Where the kernel had given the device up by itself, nothing had
  // taken that mount away.
  await used.unpublish();
  await volume.unpublish(one.name);
  await volume.delete();
});

test('a node whose storage network was cut, and comes back, finds the volume gone and what it had not written lost', async () => {
  const capability = mountCapability();
  const volume = await cluster.create('cut', 256n * MiB, capability);
  const used = await beginOn(one, volume, capability);
  const writer = await RemoteWriter.start(one, join(used.published, 'work'), 'cut');
  await writer.progress(3);
  const old = volume.target.nqn;
  await one.guest.call('run', ['ip', 'link', 'set', 'eth1', 'down'], 10_000);
  await volume.unpublish(one.name);
  const next = await beginOn(two, volume, capability);
  await two.guest.call('writeText', join(next.published, 'next'), 'written on the second node');
  await one.guest.call('run', ['ip', 'link', 'set', 'eth1', 'up'], 10_000);
  const acknowledged = await writer.acknowledged();
  // Its kernel notices by its keep-alive, tries again, and is refused.
  await until(
    'the first node lost it',
    async () => !(await one.guest.call('statesOf', old)).includes('live'),
  );
  expect(await two.guest.call('damaged', join(next.published, 'work'), acknowledged)).toEqual([]);
  expect(await two.guest.call('readText', join(next.published, 'next'))).toBe('written on the second node');
  await endOn(two, volume, next);
  const again = await place(one, volume, capability, 'again');
  await untilSucceeds(() => again.stage());
  await writer.failed();
  expect(await writer.acknowledged()).toEqual(acknowledged);
  expect(await one.guest.call('readText', join(again.staging, 'next'))).toBe('written on the second node');
  await used.unpublish();
  await again.unstage();
  await volume.unpublish(one.name);
  await volume.delete();
});

test('a raw block volume that both nodes have goes on where one leaves, without a break', async () => {
  const capability = blockCapability(Mode.MULTI_NODE_MULTI_WRITER);
  const volume = await cluster.create('shared', 128n * MiB, capability);
  const first = await beginOn(one, volume, capability);
  const { nqn } = volume.target;
  const second = await beginOn(two, volume, capability);
  expect(volume.target.nqn).toBe(nqn);
  const sum = await one.guest.call('writeRandom', first.published, 8);
  expect(await two.guest.call('checksum', second.published, 8)).toBe(sum);
  const writing = two.guest.within(120_000, 'run', writeFor(second.published), 120_000);
  await endOn(one, volume, first);
  expect(await one.guest.call('subsystems')).toEqual([]);
  await two.guest.call('writeText', '/run/enough', '');
  const written = await writing;
  expect(written).toMatchObject({ exitCode: 0, said: expect.stringMatching(/^wrote \d+ times$/m) });
  expect(await two.guest.call('statesOf', nqn)).toEqual(['live']);
  expect((await two.guest.call('run', ['dmesg'], 10_000)).said).not.toContain(`reconnect`);
  const last = await two.guest.call('checksum', second.published, 8);
  // The other way round, as a migration back: the same epoch, since one node had it all the time.
  const back = await beginOn(one, volume, capability);
  expect(volume.target.nqn).toBe(nqn);
  expect(await one.guest.call('checksum', back.published, 8)).toBe(last);
  await endOn(two, volume, second);
  expect(await one.guest.call('checksum', back.published, 8)).toBe(last);
  await endOn(one, volume, back);
  await volume.publish(capability, two.name);
  expect(volume.target.nqn).not.toBe(nqn);
  await volume.unpublish(two.name);
  await volume.delete();
});

/** Writes 1 MiB again and again, past the caches, until it is told that it is enough. */
const writeFor = (device: string) => [
  'sh',
  '-c',
  'n=0; while [ ! -e /run/enough ]; do dd if=/dev/urandom of="$1" bs=1M count=1 oflag=direct conv=notrunc status=none || exit 1; n=$((n+1)); done; echo "wrote $n times"',
  'sh',
  device,
];
