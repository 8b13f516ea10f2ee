import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { sh } from '../../host/support/shell.ts';
import { mountCapability } from '../../support/node/node-requests.ts';
import { OUTAGES_VARIABLE } from '../scenarios.ts';
import { Appliance } from '../support/appliance.ts';
import { checksum, sha256, Writer } from '../support/data.ts';
import { expectRefusal, Node, type NodeVolume } from '../support/node.ts';
import { until } from '../support/patience.ts';
import { statesOf, subsystems } from '../support/subsystems.ts';

/** Above those that volumes of their own have. */
const SHARED_PORT = 5000;

const appliance = new Appliance();
let node: Node;
beforeAll(async () => {
  node = await Node.start();
});
afterAll(async () => {
  await node.stop();
  expect(subsystems()).toEqual([]);
});

const OUTAGES = (process.env[OUTAGES_VARIABLE] ?? '5,30').split(',').map(Number);

/** Volumes that are written to while their storage goes away, all at once, and comes back. */
describe.each(OUTAGES)('an outage of %p s under I/O', (seconds) => {
  test('loses nothing, and no umount is begun meanwhile', async () => {
    const works = [await begin('ext4'), await begin('xfs')];
    const pages = randomBytes(8 << 20);
    // Not yet on the storage when it goes away.
    for (const { used } of works) writeFileSync(join(used.published, 'pages'), pages);
    const back = performance.now() + seconds * 1000;
    for (const { used } of works) used.volume.withdraw();
    for (const { used } of works) {
      await until('the connection is lost', () => !statesOf(used.volume.target.nqn).includes('live'));
      await expectRefusal(used.unstage(), 'UNAVAILABLE', /does not answer/);
      await expectRefusal(used.unpublish(), 'UNAVAILABLE', /does not answer/);
    }
    if (seconds > 20) await restartedMeanwhile(works);
    await Bun.sleep(Math.max(0, back - performance.now()));
    for (const { used } of works) used.volume.restore();
    const restored = performance.now();
    await Promise.all(works.map(({ writer }) => writer.progress(3)));
    process.stdout.write(
      `  ${seconds} s: writing again after ${Math.round(performance.now() - restored)} ms\n`,
    );
    for (const work of works) await finish(work, sha256(pages));
  });
});

/** A driver that starts while the storage is away finds its volumes, and begins nothing that would wait for them. */
async function restartedMeanwhile(works: readonly Work[]): Promise<void> {
  node.kill();
  await node.restart();
  for (const { used } of works) {
    await expectRefusal(used.stage(), 'UNAVAILABLE', /does not answer/);
    await expectRefusal(used.publish(), 'UNAVAILABLE', /does not answer/);
    await expectRefusal(used.unstage(), 'UNAVAILABLE', /does not answer/);
  }
}

/** On a port of its own, and two on one port. */
test.each(OUTAGES)(
  'a network that swallows everything for %p s loses nothing, whatever the ports',
  async (seconds) => {
    const shared = SHARED_PORT + seconds;
    const works = [await begin('ext4'), await begin('ext4', shared), await begin('ext4', shared)];
    const pages = randomBytes(8 << 20);
    for (const { used } of works) writeFileSync(join(used.published, 'pages'), pages);
    sh('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'loss', '100%');
    const silent = performance.now();
    // A short one passes without anybody noticing.
    if (seconds > 20) {
      for (const { used } of works) {
        const { nqn } = used.volume.target;
        await until('the silence is noticed', () => !statesOf(nqn).includes('live'));
      }
      process.stdout.write(`  silence: noticed after ${Math.round(performance.now() - silent)} ms\n`);
    }
    await Bun.sleep(Math.max(0, seconds * 1000 - (performance.now() - silent)));
    sh('tc', 'qdisc', 'del', 'dev', 'lo', 'root');
    await Promise.all(works.map(({ writer }) => writer.progress(3)));
    for (const work of works) await finish(work, sha256(pages));
  },
);

interface Work {
  readonly used: NodeVolume;
  readonly writer: Writer;
}

async function begin(fsType: string, port?: number): Promise<Work> {
  const volume = appliance.newVolume(384n * MiB, ['127.0.0.1'], port);
  const used = node.use(volume, mountCapability({ fsType }));
  const notes = join(node.folder, `notes-${volume.image.replaceAll('/', '-')}`);
  await used.stage();
  await used.publish();
  mkdirSync(join(used.published, 'work'));
  mkdirSync(notes);
  const writer = new Writer(join(used.published, 'work'), notes);
  await writer.progress(3);
  return { used, writer };
}

/** Everything is read from the storage again, by a new connection. */
async function finish({ used, writer }: Work, pages: string): Promise<void> {
  expect(await writer.stop()).toBe(0);
  await used.unpublish();
  await used.unstage();
  await used.stage();
  await used.publish();
  expect(writer.damaged()).toEqual([]);
  expect(writer.acknowledged.length).toBeGreaterThan(5);
  expect(checksum(join(used.published, 'pages'))).toBe(pages);
  await used.unpublish();
  await used.unstage();
}
