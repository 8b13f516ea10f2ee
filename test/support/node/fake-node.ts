import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { NODE_CAPABILITIES } from '../../../src/core/csi/capabilities.ts';
import { NqnNaming } from '../../../src/core/storage/nqn.ts';
import { isNodeId, volumeId } from '../../../src/core/storage/volume-id.ts';
import { BlockDevices } from '../../../src/node/devices/block-devices.ts';
import type { FileIdentity } from '../../../src/node/devices/device-files.ts';
import type { ReadDevice } from '../../../src/node/devices/device-reader.ts';
import { DeviceUsage } from '../../../src/node/devices/device-usage.ts';
import { DeviceWriters } from '../../../src/node/devices/device-writers.ts';
import type { CommandResult, CommandRunner, RunOptions } from '../../../src/node/exec/command-runner.ts';
import type { Filesystem } from '../../../src/node/filesystems/filesystem.ts';
import { FormatIntents } from '../../../src/node/filesystems/format-intent.ts';
import { Formatter } from '../../../src/node/filesystems/formatter.ts';
import { Cryptsetup } from '../../../src/node/luks/cryptsetup.ts';
import { Mappers } from '../../../src/node/luks/mappers.ts';
import { MountTable } from '../../../src/node/mounts/mount-table.ts';
import { Mounter } from '../../../src/node/mounts/mounter.ts';
import { NodeError } from '../../../src/node/node-error.ts';
import { DeadEpochs } from '../../../src/node/services/dead-epochs.ts';
import type { NodeDeps } from '../../../src/node/services/node-deps.ts';
import { StatfsReader } from '../../../src/node/services/statfs-reader.ts';
import { ManualClock } from '../manual-clock.ts';
import { FakeDeviceFiles } from './fake-device-files.ts';
import { FakeLuks } from './fake-luks.ts';
import { FakeMounts, failing } from './fake-mounts.ts';
import { FakeTransport } from './fake-transport.ts';

/** What lies on a disk of the fake node. */
export interface Content {
  /** As blkid names it; undefined: nothing that it knows. */
  signature?: string | undefined;
  usage?: string;
  filesystemBytes: bigint;
  needsRecovery: boolean;
  hasErrors: boolean;
  /** The offset of a byte that is not zero. */
  stainAt?: bigint;
}

const DONE: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
export const NODE_ID = 'node-1';
export const NQNS = new NqnNaming('nqn.2026-01.test.node');
export const VOLUME = volumeId('mock', 'csi-volume');

/** The node's whole floor in a folder of its own: a /proc, a /sys, disks with their content, and the programs. */
export class FakeNode implements CommandRunner {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'rose-csi-node-')));
  readonly kernel = new FakeMounts(join(this.folder, 'proc'));
  readonly files = new MountAwareFiles(this.kernel);
  readonly clock = new ManualClock();
  readonly transport = new FakeTransport(NQNS, (name, number) => this.#plug(name, number));
  readonly commands: (readonly string[])[] = [];
  /** Answers a program instead of running it; undefined: it runs. */
  intercept: (argv: readonly string[]) => CommandResult | undefined = () => undefined;
  /** By the disk's path. */
  readonly contents = new Map<string, Content>();
  readonly luks: FakeLuks;
  readonly deps: NodeDeps;

  constructor() {
    this.kernel.intercept = (argv) => this.#mount(argv);
    this.#showProcess();
    mkdirSync(join(this.folder, 'sys', 'dev', 'block'), { recursive: true });
    this.luks = new FakeLuks({
      sys: join(this.folder, 'sys'),
      files: this.files,
      size: (path) => this.transport.size(path),
      formatted: (path) => Object.assign(this.content(path), { signature: 'crypto_LUKS', usage: 'crypto' }),
    });
    this.deps = this.#assemble();
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A disk that is none of the driver's. @returns its path */
  addDisk(name: string, number: string): string {
    return this.#plug(name, number).path;
  }

  content(path: string): Content {
    const known = this.contents.get(path);
    if (known) return known;
    const blank = { filesystemBytes: 0n, needsRecovery: false, hasErrors: false };
    this.contents.set(path, blank);
    return blank;
  }

  /** The programs that ran, without those that only look. */
  programs(): string[] {
    return this.commands.map(([program = '']) => program).filter((program) => program !== 'blkid');
  }

  async run(argv: readonly string[], options: Pick<RunOptions, 'stdin'> = {}): Promise<CommandResult> {
    this.commands.push(argv);
    const answer = this.intercept(argv);
    if (answer) return answer;
    const [program = ''] = argv;
    if (program === 'mount' || program === 'umount') return this.kernel.run(argv);
    return program === 'cryptsetup' ? this.luks.run(argv, options) : this.#program(program, argv);
  }

  #program(program: string, argv: readonly string[]): CommandResult {
    const path = argv.find((word) => word.startsWith('/dev/')) ?? '';
    const content = this.content(path);
    if (program === 'blkid') return this.#blkid(content);
    if (program === 'blockdev') this.#write(path, 'ro', argv[1] === '--setro' ? '1' : '0');
    if (program.startsWith('mkfs.')) {
      content.signature = program.slice('mkfs.'.length);
      content.usage = 'filesystem';
    }
    if (program.startsWith('mkfs.') || program === 'grow') content.filesystemBytes = this.#size(path);
    return DONE;
  }

  /** Of a disk, or of what one was opened as. */
  #size(path: string): bigint {
    if (!path.startsWith('/dev/dm-')) return this.transport.size(path);
    const folder = join(this.folder, 'sys', 'block', basename(path));
    return BigInt(readFileSync(join(folder, 'size'), 'utf8').trim()) * 512n;
  }

  #blkid({ signature, usage = 'filesystem' }: Content): CommandResult {
    if (signature === undefined) return { ...DONE, exitCode: 2 };
    return { ...DONE, stdout: `DEVNAME=x\nTYPE=${signature}\nUSAGE=${usage}\n` };
  }

  /** Binds show what their source shows, and a file system that is mounted `ro` is so as a whole. */
  #mount(argv: readonly string[]): CommandResult | undefined {
    const [source = '', mountPoint = ''] = argv.slice(-2);
    if (argv.includes('--bind')) return this.#bind(source, mountPoint);
    if (!argv.includes('--types')) return undefined;
    const fsType = argv[argv.indexOf('--types') + 1] ?? '';
    const options = (argv[argv.indexOf('--options') + 1] ?? '').split(',');
    const mode = options.includes('ro') ? 'ro' : 'rw';
    const device = fsType === 'btrfs' ? '0:45' : (this.files.known.get(source)?.number ?? '');
    this.kernel.add({ mountPoint, source, fsType, device, options: [mode], superOptions: [mode] });
    return DONE;
  }

  #bind(source: string, mountPoint: string): CommandResult {
    const shown = this.kernel.mounts.findLast((mount) => mount.mountPoint === source);
    if (shown) {
      const { device, root, fsType, options, superOptions } = shown;
      this.kernel.add({ mountPoint, device, root, fsType, source: shown.source, options, superOptions });
      return DONE;
    }
    if (!this.files.known.has(source)) return failing(32, `mount: ${source} does not exist`);
    this.kernel.add({ mountPoint, root: `/${basename(source)}`, fsType: 'devtmpfs', source: 'devtmpfs' });
    return DONE;
  }

  /** One process, which sees what this one sees. */
  #showProcess(): void {
    const folder = join(this.folder, 'proc', '1');
    mkdirSync(join(folder, 'ns'), { recursive: true });
    symlinkSync('mnt:[1]', join(folder, 'ns', 'mnt'));
    symlinkSync('/', join(folder, 'root'));
    symlinkSync('../self/mountinfo', join(folder, 'mountinfo'));
  }

  #plug(name: string, number: string) {
    const folder = join(this.folder, 'sys', 'block', name);
    mkdirSync(join(folder, 'holders'), { recursive: true });
    symlinkSync(`../../block/${name}`, join(this.folder, 'sys', 'dev', 'block', number));
    const path = `/dev/${name}`;
    this.files.addBlock(path, number);
    this.#write(path, 'ro', '0');
    this.#write(path, 'size', '0');
    return {
      path,
      isReadonly: () => readFileSync(join(folder, 'ro'), 'utf8').trim() === '1',
      unplug: () => {
        this.files.known.delete(path);
        rmSync(join(this.folder, 'sys', 'dev', 'block', number));
        rmSync(folder, { recursive: true });
      },
    };
  }

  #write(path: string, attribute: string, value: string): void {
    writeFileSync(join(this.folder, 'sys', 'block', basename(path), attribute), `${value}\n`);
  }

  readonly #readDevice: ReadDevice = (device, _signal, use) =>
    use({
      ...device,
      read: async (offset, length) => {
        const bytes = new Uint8Array(length);
        const at = Number(offset);
        bytes.set(this.luks.header(device.path)?.subarray(at, at + length) ?? []);
        const stain = this.content(device.path).stainAt;
        if (stain !== undefined && stain >= offset && stain < offset + BigInt(length)) {
          bytes[Number(stain - offset)] = 0xff;
        }
        return bytes;
      },
    });

  #filesystem(type: string): Filesystem {
    return {
      type,
      minimumBytes: 16n << 20n,
      mkfs: (device, force) => [`mkfs.${type}`, ...(force ? ['-f'] : []), device],
      mountOptions: (readonly) => (readonly ? ['norecovery'] : ['nouuid']),
      grow: (device, mountPoint) => ['grow', device, mountPoint],
      superblock: async ({ path }) => {
        const { filesystemBytes, needsRecovery, hasErrors } = this.content(path);
        return { sizeBytes: filesystemBytes, needsRecovery, hasErrors };
      },
    };
  }

  #assemble(): NodeDeps {
    const { files, clock } = this;
    const mounts = new MountTable(join(this.folder, 'proc'));
    const roots = { sys: join(this.folder, 'sys'), dev: '/dev' };
    const devices = new BlockDevices(roots, this, files);
    const usage = new DeviceUsage(mounts, devices);
    const intents = new FormatIntents(join(this.folder, 'state'));
    const writers = new DeviceWriters(join(this.folder, 'proc'));
    const readDevice = this.#readDevice;
    if (!isNodeId(NODE_ID)) throw new Error(NODE_ID);
    return {
      nodeId: NODE_ID,
      maxVolumes: 7,
      topology: async () => ({ 'test/appliance': 'mock' }),
      capabilities: NODE_CAPABILITIES.map(({ type }) => type),
      transports: new Map([[this.transport.name, this.transport]]),
      nqns: NQNS,
      mounter: new Mounter(this, mounts, files),
      mounts,
      devices,
      files,
      usage,
      deadEpochs: new DeadEpochs(clock),
      filesystems: new Map(['ext4', 'xfs', 'btrfs'].map((type) => [type, this.#filesystem(type)])),
      cryptsetup: new Cryptsetup(this),
      mappers: new Mappers(roots, devices),
      formatter: new Formatter({ runner: this, readDevice, usage, writers, clock }),
      intents,
      readDevice,
      statfs: new StatfsReader(clock, 1_000),
      runner: this,
      clock,
      growthWaitMs: 1_000,
    };
  }
}

/** Sees through mounts, as stat(2) does. */
class MountAwareFiles extends FakeDeviceFiles {
  constructor(private readonly kernel: FakeMounts) {
    super();
  }

  override async identify(path: string): Promise<FileIdentity> {
    const mount = this.kernel.mounts.findLast(({ mountPoint }) => mountPoint === path);
    if (!mount) return super.identify(path);
    if (mount.fsType === 'devtmpfs') return super.identify(`/dev${mount.root}`);
    if (this.dead.has(path)) throw new NodeError('unavailable', `cannot look at ${path}: EIO`);
    return { kind: 'other', inode: `${mount.device}:${mount.root}`, number: '0:0' };
  }

  /** Mount points whose file system has shut down. */
  readonly dead = new Set<string>();
}
