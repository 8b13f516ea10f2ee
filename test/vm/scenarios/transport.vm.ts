import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { MiB } from '../../../src/core/bytes.ts';
import { errno } from '../../../src/node/exec/errno.ts';
import { Appliance } from '../support/appliance.ts';
import { checksum, writeRandom } from '../support/data.ts';
import { hasMultipath } from '../support/guest.ts';
import { until } from '../support/patience.ts';
import { statesOf, subsystems } from '../support/subsystems.ts';
import { newTransport, within } from '../support/transport.ts';

const appliance = new Appliance();
const { transport, host, connectRaw } = newTransport();
afterAll(() => expect(subsystems()).toEqual([]));

describe('attaching', () => {
  test('gives the device of the NQN; again, it is found', async () => {
    const { target, id } = appliance.newVolume(64n * MiB);
    const started = performance.now();
    const device = await transport.attach(target, within());
    report('attach', started);
    expect(device).toMatchObject({ nqn: target.nqn, sizeBytes: 64n * MiB, live: true, readonly: false });
    expect(device.path).toMatch(/^\/dev\/nvme\d+n1$/);
    expect(await transport.attach(target, within())).toEqual(device);
    expect(await transport.find(id, within())).toEqual([device]);
    expect(await transport.standing(device, within())).toEqual({ state: 'exported' });
    const detaching = performance.now();
    await transport.detach(device, within());
    report('detach', detaching);
    expect(existsSync(device.path)).toBe(false);
    await transport.detach(device, within());
  });

  test('over two portals makes one device, which outlives one of them', async () => {
    const volume = appliance.newVolume(64n * MiB, ['127.0.0.1', '127.0.0.2']);
    const device = await transport.attach(volume.target, within());
    expect(statesOf(volume.target.nqn)).toHaveLength(hasMultipath() ? 2 : 1);
    expect(await transport.list(within())).toEqual([device]);
    if (hasMultipath()) {
      const sum = writeRandom(device.path, 8);
      volume.withdrawFirst();
      await until('one of the paths is lost', () => statesOf(volume.target.nqn).includes('connecting'));
      expect(await transport.list(within())).toEqual([device]);
      expect(checksum(device.path, 8)).toBe(sum);
      expect(writeRandom(device.path, 8)).toBe(checksum(device.path, 8));
      volume.restore();
      await until('both paths are back', () => !statesOf(volume.target.nqn).includes('connecting'));
    }
    await transport.detach(device, within());
  });

  test('tells apart what is refused, unknown, not allowed, and has no route', async () => {
    const volume = appliance.newVolume(64n * MiB);
    const { target } = volume;
    volume.withdraw();
    expect(await fault(target)).toEqual(['unavailable', expect.stringContaining('ECONNREFUSED')]);
    volume.unpublish();
    volume.keepPortsOpen();
    expect(await fault(target)).toEqual(['not-found', expect.stringContaining('the kernel says: nvme')]);
    const other = volume.publish({ allowedHost: 'nqn.2026-11.test.host:other' });
    expect(await fault(other)).toEqual(['permission', expect.stringContaining('not allowed, hostnqn')]);
    const far = { ...other, addresses: ['192.0.2.1'] } as typeof other;
    expect(await fault(far)).toEqual(['unavailable', expect.stringContaining('ENETUNREACH')]);
    volume.unpublish();
    const allowed = volume.publish({ allowedHost: host.nqn });
    await transport.detach(await transport.attach(allowed, within()), within());
  });

  async function fault(target: Parameters<typeof transport.attach>[0]) {
    try {
      await transport.attach(target, within());
    } catch (error) {
      const { kind, message } = error as { kind: string; message: string };
      report(message);
      return [kind, message];
    }
    throw new Error('no fault');
  }
});

test('a rescan shows the new size', async () => {
  const volume = appliance.newVolume(64n * MiB);
  const device = await transport.attach(volume.target, within());
  volume.grow(96n * MiB, { told: false });
  const started = performance.now();
  expect(await transport.rescan(device, within())).toMatchObject({ sizeBytes: 96n * MiB });
  report('rescan', started);
  await transport.detach(device, within());
});

test('two volumes whose devices swapped their names are found by their NQNs', async () => {
  const [a, b] = [appliance.newVolume(64n * MiB), appliance.newVolume(80n * MiB)];
  const first = [await transport.attach(a.target, within()), await transport.attach(b.target, within())];
  for (const device of first) await transport.detach(device, within());
  const swapped = [await transport.attach(b.target, within()), await transport.attach(a.target, within())];
  expect(swapped.map(({ path }) => path)).toEqual(first.map(({ path }) => path));
  expect(await transport.find(a.id, within())).toMatchObject([{ nqn: a.target.nqn, sizeBytes: 64n * MiB }]);
  for (const device of swapped) await transport.detach(device, within());
});

test('what stands: away, then refused in its epoch, and it is cut off', async () => {
  const volume = appliance.newVolume(64n * MiB);
  const device = await transport.attach(volume.target, within());
  await expect(transport.cut(device, within())).rejects.toMatchObject({ kind: 'in-use' });
  volume.withdraw();
  await until('the connection is lost', () => !statesOf(device.nqn).includes('live'));
  expect(await transport.standing(device, within())).toMatchObject({ state: 'away' });
  expect(await transport.attach(volume.target, within())).toMatchObject({ live: false });
  // So the kernel cannot be asked: it answers without asking anyone.
  expect(await connectRaw(volume.target).catch(errno)).toBe('EALREADY');
  volume.unpublish();
  volume.publish();
  const standing = transport.standing(device, within()).catch((error) => error.kind);
  // A kernel that takes the refusal as final may have let the device go already.
  expect([expect.objectContaining({ state: 'refused', why: 'unknown' }), 'not-found']).toContainEqual(
    await standing,
  );
  await transport.cut(device, within());
  expect(await transport.list(within())).toEqual([]);
});

test('a second subsystem with the same namespace identity is refused by the kernel beside the first', async () => {
  const volume = appliance.newVolume(64n * MiB);
  const old = await transport.attach(volume.target, within());
  volume.publish();
  await expect(transport.attach(volume.target, within())).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringMatching(/duplicate IDs/),
  });
  await transport.detach(old, within());
  await transport.tidy(within());
  await transport.detach(await transport.attach(volume.target, within()), within());
});

function report(what: string, since?: number): void {
  const time = since === undefined ? '' : `: ${Math.round(performance.now() - since)} ms`;
  process.stdout.write(`  ${what}${time}\n`);
}
