import { afterAll, beforeAll, expect, test } from 'bun:test';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { run } from '../../../vm/rig/run-program.ts';
import { Tenant } from '../tenant.ts';

const PASSPHRASE = 'correct horse battery staple';
const MARK = `mark-${crypto.randomUUID()}`;
const KEYS = 'keys';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('encryption');
  await tenant.storageClass({
    parameters: {
      encrypted: 'true',
      'csi.storage.k8s.io/fstype': 'ext4',
      'csi.storage.k8s.io/node-stage-secret-name': KEYS,
      'csi.storage.k8s.io/node-stage-secret-namespace': tenant.name,
    },
  });
  await secret(PASSPHRASE);
  await tenant.claim('data', { class: tenant.name, size: '128Mi' });
});
afterAll(() => tenant.leave());

async function secret(encryptionPassphrase: string): Promise<void> {
  await tenant.drop('secrets', KEYS);
  await tenant.make('secrets', { metadata: { name: KEYS }, stringData: { encryptionPassphrase } });
}

/** Whether this machine's kernel has device-mapper and its crypt target. */
async function mayEncrypt(): Promise<boolean> {
  try {
    closeSync(openSync('/dev/mapper/control', 'r'));
    if (!existsSync('/sys/module/dm_crypt')) await run('modprobe', 'dm_crypt');
    return true;
  } catch {
    return false;
  }
}

/** The images that are exported, whole. */
async function images(): Promise<Buffer[]> {
  const folder = tenant.node.namespaces.path('/var/lib/rose-csi/mock/exports');
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => Buffer.from(await Bun.file(`${folder}/${name}`).arrayBuffer())),
  );
}

const toldOf = (pod: string, ...words: readonly string[]) =>
  tenant.until(`${pod} is told why`, async () => {
    const said = await tenant.complaints(pod);
    return said.some((one) => words.every((word) => one.includes(word))) || said;
  });

test('an encrypted volume holds a pod’s data, of which its image shows nothing; or it says what the kernel lacks, and is not written in clear', async () => {
  await tenant.pod('writes', { claims: ['data'] });
  if (!(await mayEncrypt())) {
    await toldOf('writes', 'cryptsetup gave', 'kernel');
    const [image] = await images();
    // The superblock of an ext4 that is not encrypted.
    expect(image?.readUInt16LE(1080)).not.toBe(0xef53);
    return;
  }
  await tenant.runs('writes');
  await tenant.sh('writes', `echo ${MARK} >/data/file && sync`);
  const [image] = await images();
  expect(image?.subarray(0, 6).toString('latin1')).toBe('LUKS\xba\xbe');
  expect(image?.includes(MARK)).toBe(false);
  await tenant.drop('pods', 'writes');
  await secret('wrong');
  await tenant.pod('reads', { claims: ['data'] });
  await toldOf('reads', 'passphrase');
  await secret(PASSPHRASE);
  await tenant.runs('reads');
  expect(await tenant.sh('reads', 'cat /data/file')).toBe(MARK);
});
