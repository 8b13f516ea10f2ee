import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiB } from '../../../src/core/bytes.ts';
import { sh } from '../../host/support/shell.ts';
import { blockCapability, mountCapability } from '../../support/node/node-requests.ts';
import { Appliance, type ApplianceVolume } from '../support/appliance.ts';
import { checksum, writeRandom } from '../support/data.ts';
import { expectRefusal, Node } from '../support/node.ts';
import { untilSucceeds } from '../support/patience.ts';
import { subsystems } from '../support/subsystems.ts';
import type { UsableVolume } from '../support/volume-calls.ts';

const appliance = new Appliance();
const SECRET = 'correct horse battery staple';
const NEXT = 'something else altogether';
/** Each try of a passphrase is seconds of work for an emulated CPU, and a replacement is six of them. */
const REPLACE_MS = 180_000;
const ROUNDS = 3;
const PLAIN = 'this text must not be found on the storage';
let node: Node;
beforeAll(async () => {
  node = await Node.start();
});
afterAll(async () => {
  expect(node.log).not.toContain(SECRET);
  expect(node.log).not.toContain(NEXT);
  await node.stop();
  expect(subsystems()).toEqual([]);
  expect(mappers()).toEqual([]);
});

/** What is open in device-mapper, by name. */
const mappers = (): string[] =>
  readdirSync('/sys/block')
    .filter((name) => name.startsWith('dm-'))
    .map((name) => readFileSync(`/sys/block/${name}/dm/name`, 'utf8').trim());

/** A volume of a StorageClass with `encrypted`; its export changes with the storage's. */
class EncryptedVolume implements UsableVolume {
  readonly context = { encrypted: 'true' };
  secrets: Record<string, string> = { encryptionPassphrase: SECRET };

  constructor(readonly storage: ApplianceVolume) {}

  get id() {
    return this.storage.id;
  }

  get target() {
    return this.storage.target;
  }
}

const use = (bytes: bigint, capability = mountCapability()) =>
  node.use(new EncryptedVolume(appliance.newVolume(bytes)), capability);

/** One that has its device's number in mountinfo, and one that has only its path. */
describe.each(['ext4', 'btrfs'])('an encrypted volume with %s', (fsType) => {
  test('is made, grown, moved to another epoch, and found as it was left', async () => {
    const used = use(400n * MiB, mountCapability({ fsType }));
    const { storage } = used.volume;
    const file = join(used.published, 'data');
    await used.stage();
    await used.stage();
    expect(mappers()).toHaveLength(1);
    await used.publish();
    await used.publish();
    writeFileSync(join(used.published, 'text'), PLAIN);
    const sum = writeRandom(file, 16);
    storage.grow(600n * MiB);
    await used.expand(600n * MiB);
    await used.expand(600n * MiB);
    const [bytes] = await used.usage();
    expect(bytes?.total).toBeGreaterThan(480n * MiB);
    await used.unpublish();
    await used.unstage();
    await used.unstage();
    expect(mappers()).toEqual([]);
    expect(readFileSync(storage.image, 'latin1').includes(PLAIN)).toBe(false);
    storage.unpublish();
    storage.grow(700n * MiB, { told: false });
    storage.publish();
    await used.stage();
    await used.publish();
    expect(checksum(file)).toBe(sum);
    expect((await used.usage())[0]?.total).toBeGreaterThan(580n * MiB);
    await used.unpublish();
    await used.unstage();
  });
});

test('an encrypted raw block volume is written, grown, and found as it was left', async () => {
  const used = use(64n * MiB, blockCapability());
  await used.stage();
  await used.publish();
  await used.publish();
  expect(statSync(used.published).isBlockDevice()).toBe(true);
  const sum = writeRandom(used.published, 32);
  used.volume.storage.grow(128n * MiB);
  expect(await used.expand(128n * MiB)).toEqual({ capacityBytes: 128n * MiB });
  expect(await used.usage()).toMatchObject([{ total: 112n * MiB }]);
  await used.unpublish();
  await used.unstage();
  expect(mappers()).toEqual([]);
  await used.stage();
  await used.publish();
  expect(checksum(used.published, 32)).toBe(sum);
  await used.unpublish();
  await used.unstage();
});

test('a wrong passphrase opens nothing, and harms nothing', async () => {
  const used = use(64n * MiB);
  await used.stage();
  writeFileSync(join(used.staging, 'data'), 'kept');
  await used.unstage();
  used.volume.secrets = { encryptionPassphrase: 'wrong' };
  await expectRefusal(used.stage(), 'PERMISSION_DENIED', /passphrase/);
  used.volume.secrets = {};
  await expectRefusal(used.stage(), 'INVALID_ARGUMENT', /node-stage-secret-name/);
  used.volume.secrets = { encryptionPassphrase: SECRET };
  await used.stage();
  expect(readFileSync(join(used.staging, 'data'), 'utf8')).toBe('kept');
  await used.unstage();
});

test('a passphrase is replaced when both are given, and the previous one opens it no more', async () => {
  const used = use(64n * MiB);
  await used.stage();
  writeFileSync(join(used.staging, 'data'), 'kept');
  await used.unstage();
  used.volume.secrets = { encryptionPassphrase: NEXT, encryptionPassphrasePrevious: SECRET };
  for (let times = 0; times < 2; times++) {
    await used.stage(REPLACE_MS);
    expect(readFileSync(join(used.staging, 'data'), 'utf8')).toBe('kept');
    await used.unstage();
  }
  used.volume.secrets = { encryptionPassphrase: SECRET };
  await expectRefusal(used.stage(), 'PERMISSION_DENIED', /passphrase/);
  used.volume.secrets = { encryptionPassphrase: NEXT };
  await used.stage();
  await used.unstage();
});

test('no process shows a passphrase in its command line while a volume is staged', async () => {
  const seen = new Set<string>();
  const used = use(64n * MiB);
  const staged = used.stage().then(() => 'staged' as const);
  for (let state: unknown; state !== 'staged'; state = await Promise.race([staged, Bun.sleep(1)])) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) seen.add(commandLine(pid));
  }
  expect([...seen].some((line) => line.includes('cryptsetup'))).toBe(true);
  expect([...seen].filter((line) => line.includes(SECRET))).toEqual([]);
  for (const name of mappers()) expect(existsSync(`/dev/mapper/${name}`)).toBe(true);
  await used.unstage();
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('a driver that is killed at any point of stage and unstage goes on where it was', async () => {
  const first = use(64n * MiB);
  const stageMs = await duration(() => first.stage());
  const unstageMs = await duration(() => first.unstage());
  for (let round = 0; round < ROUNDS; round++) {
    const used = use(64n * MiB);
    await killedAt(stageMs * Math.random(), () => used.stage());
    expect(used.mounts()).toHaveLength(1);
    writeFileSync(join(used.staging, 'data'), 'kept');
    await killedAt(unstageMs * Math.random(), () => used.unstage());
    expect(mappers()).toEqual([]);
    await used.stage();
    expect(readFileSync(join(used.staging, 'data'), 'utf8')).toBe('kept');
    await used.unstage();
  }
});

async function killedAt(delayMs: number, call: () => Promise<unknown>): Promise<void> {
  const interrupted = call().catch(() => undefined);
  await Bun.sleep(delayMs);
  node.kill();
  await interrupted;
  await node.restart();
  await untilSucceeds(call);
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

test('a volume whose epoch is over is cut off, mapper and all, and the newer one is used', async () => {
  const used = use(64n * MiB);
  const { storage } = used.volume;
  storage.keepPortsOpen();
  await used.stage();
  writeFileSync(join(used.staging, 'data'), 'kept');
  sh('sync', '-f', used.staging);
  await used.publish();
  storage.unpublish();
  storage.publish();
  await untilSucceeds(() => used.stage());
  expect(mappers()).toHaveLength(1);
  expect(readFileSync(join(used.staging, 'data'), 'utf8')).toBe('kept');
  await used.unpublish();
  await used.unstage();
  expect(mappers()).toEqual([]);
});

test('a plain volume is not used as an encrypted one, nor the reverse', async () => {
  const used = use(64n * MiB);
  await used.stage();
  await used.unstage();
  const plain = node.use(used.volume.storage);
  await expectRefusal(plain.stage(), 'FAILED_PRECONDITION', /crypto_LUKS.*encrypted/);
  await plain.unstage();
  const other = appliance.newVolume(64n * MiB);
  await node.use(other).stage();
  await node.use(other).unstage();
  const encrypted = node.use(new EncryptedVolume(other));
  await expectRefusal(encrypted.stage(), 'FAILED_PRECONDITION', /carries ext4.*encrypted/);
  await encrypted.unstage();
});
