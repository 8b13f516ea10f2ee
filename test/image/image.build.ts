/** Run by `make test-image` on what `make image` has made, as root: the image is unpacked and its programs are run. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmod, readdir } from 'node:fs/promises';
import { version } from '../../package.json' with { type: 'json' };
import { PROGRAMS } from '../../scripts/image/contents.ts';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { UnpackedImage } from './unpacked-image.ts';

const DIST = `${import.meta.dir}/../../dist`;
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

let image: UnpackedImage;
beforeAll(async () => {
  image = await UnpackedImage.open(`${DIST}/image`, ARCHITECTURE);
  await chmod(image.shared, 0o777);
}, 60_000);
afterAll(() => image.remove());

const everything = async (): Promise<string[]> => await readdir(image.root, { recursive: true });

describe('the image', () => {
  test('is not for root, unless a pod asks for it', () => {
    expect(image.config.config).toMatchObject({ User: '65532:65532', Entrypoint: ['/usr/bin/rose-csi'] });
  });

  test('has no shell, no package manager, no interpreter, and no program that takes on rights', async () => {
    const programs = (await everything())
      .filter((path) => /^usr\/s?bin\//.test(path))
      .map((path) => path.split('/').at(-1));
    expect(programs.toSorted()).toEqual([...PROGRAMS, 'mke2fs', 'rose-csi'].sort());
    const found = Bun.spawnSync(['find', image.root, '-perm', '/6000']).stdout.toString();
    expect(found).toBe('');
  });

  for (const program of PROGRAMS) {
    test(`${program} starts with the libraries that are there`, () => {
      const folder = Bun.spawnSync([
        'find',
        image.root,
        '-name',
        program,
        '-path',
        '*bin/*',
      ]).stdout.toString();
      const path = folder.trim().replace(image.root, '');
      const { output } = image.run([linker(), '--list', path]);
      expect(output).toContain('libc.so.6 =>');
      expect(output).not.toContain('not found');
      const started = image.run([
        path,
        ...(/^(mkfs\.ext4|dumpe2fs|e2fsck|resize2fs|mkfs\.xfs|xfs_\w+|cryptsetup)$/.test(program)
          ? ['-V']
          : ['--version']),
      ]);
      expect(started.output).toMatch(/\d+\.\d+/);
    });
  }

  test('makes and grows file systems with them', () => {
    for (const [make, grow] of [['mkfs.ext4', 'resize2fs'], ['mkfs.xfs'], ['mkfs.btrfs']] as const) {
      const file = `${image.shared}/${make}.img`;
      expect(image.run(['/usr/bin/fallocate', '-l', '400MiB', file])).toMatchObject({ exitCode: 0 });
      expect(image.run([`/usr/sbin/${make}`, '-q', file])).toMatchObject({ exitCode: 0 });
      if (grow) expect(image.run([`/usr/sbin/${grow}`, file])).toMatchObject({ exitCode: 0 });
      expect(image.run(['/usr/sbin/blkid', '-p', '-o', 'value', '-s', 'TYPE', file]).output.trim()).toBe(
        make.slice(5),
      );
    }
  });

  test('encrypts with cryptsetup', async () => {
    const file = `${image.shared}/luks.img`;
    await Bun.write(`${image.shared}/key`, 'not much of a secret', { mode: 0o644 });
    image.run(['/usr/bin/fallocate', '-l', '32MiB', file]);
    const format = [
      'luksFormat',
      '--batch-mode',
      '--type',
      'luks2',
      '--pbkdf-memory',
      '32',
      '--pbkdf-force-iterations',
      '4',
    ];
    const { exitCode, output } = image.run(
      ['/usr/sbin/cryptsetup', ...format, '--pbkdf', 'argon2id', file, `${image.shared}/key`],
      '0',
    );
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(image.run(['/usr/sbin/cryptsetup', 'isLuks', file]).exitCode).toBe(0);
  });

  test('says what its driver can do', () => {
    const { exitCode, output } = image.run(['/usr/bin/rose-csi', '--help']);
    expect(exitCode).toBe(0);
    expect(output).toContain('Usage: rose-csi');
  });

  for (const [mode, user] of [
    ['controller', '65532'],
    ['node', '0'],
    ['all', '0'],
  ] as const) {
    test(`serves in the mode ${mode} as user ${user}, and everything in it resolves`, async () => {
      const folder = `${image.shared}/${mode}`;
      Bun.spawnSync(['install', '-d', '-o', user, folder]);
      const driver = await DriverProcess.start({
        command: image.command(['/usr/bin/rose-csi'], user),
        folder,
        settings: { CSI_MODE: mode, NODE_NAME: 'image', ...(mode === 'node' && { BUN_JSC_useJIT: '0' }) },
        timeoutMs: 20_000,
      });
      try {
        const info = await driver.client.identity.getPluginInfo({});
        expect(info).toMatchObject({ name: 'rose-csi.io', vendorVersion: version });
      } finally {
        expect(await driver.stop()).toBe(0);
      }
    });
  }

  test('lists every package that it has, with its licence', async () => {
    const bill: { components: { name: string; purl: string; licenses?: unknown[] }[] } = await Bun.file(
      `${image.root}/usr/share/doc/rose-csi/sbom.cdx.json`,
    ).json();
    const listed = bill.components.filter(({ purl }) => purl.startsWith('pkg:deb/')).map(({ name }) => name);
    expect(await readdir(`${image.root}/var/lib/dpkg/status.d`)).toEqual(expect.arrayContaining(listed));
    for (const name of listed) {
      expect(await Bun.file(`${image.root}/usr/share/doc/${name}/copyright`).exists()).toBe(true);
    }
    const modules = bill.components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
    expect(modules.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['bun', 'ssh2', '@grpc/grpc-js', 'zod']),
    );
    expect(modules.filter(({ licenses }) => !licenses)).toEqual([]);
  });
});

const linker = (): string =>
  ARCHITECTURE === 'amd64' ? '/lib64/ld-linux-x86-64.so.2' : '/lib/ld-linux-aarch64.so.1';
