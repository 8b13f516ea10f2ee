import { join } from 'node:path';
import type { CallContext } from '../../core/call-context.ts';
import type { Clock } from '../../core/clock.ts';
import type { NqnNaming } from '../../core/storage/nqn.ts';
import type { Export } from '../../core/storage/volume.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { BlockDevices } from '../devices/block-devices.ts';
import { type DeviceFiles, SystemDeviceFiles } from '../devices/device-files.ts';
import { failureText } from '../exec/command-failure.ts';
import type { CommandResult, CommandRunner } from '../exec/command-runner.ts';
import { NodeError } from '../node-error.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { type LoopDevice, LoopDevices, loopName } from './loop-devices.ts';
import type { AttachedDevice, DeviceObservation, Standing, Transport } from './transport.ts';

export interface LoopTransportOptions {
  readonly nqns: NqnNaming;
  /** Normally `/sys` and `/dev`. */
  readonly roots: { readonly sys: string; readonly dev: string };
  readonly runner: CommandRunner;
  readonly clock: Clock;
  readonly files?: DeviceFiles;
}

/** Others may take the free device that losetup found; each attempt finds another. */
const SETUP_ATTEMPTS = 20;
const SETUP_PAUSE_MS = 25;
const SETUP_RACE = /busy|temporarily unavailable/i;
/** Programs that look at new devices (udev, blkid) hold them for a moment. */
const DETACH_WAIT_MS = 5_000;
const DETACH_POLL_MS = 20;
/**
 * Always 512, the default: with direct I/O a newer kernel would take the block size of the disk below, and a file
 * system that was made on 512 is not mounted on 4096.
 */
const SECTOR_SIZE = ['--sector-size', '512'] as const;

/**
 * Volumes whose images are files of this node: the export is a file named by the NQN, the device a loop device on
 * it. Only loop devices whose file has the name of one of our NQNs are ever seen or touched.
 */
export class LoopTransport implements Transport {
  readonly name = 'loop';
  readonly #nqns: NqnNaming;
  readonly #dev: string;
  readonly #runner: CommandRunner;
  readonly #clock: Clock;
  readonly #files: DeviceFiles;
  readonly #loops: LoopDevices;
  readonly #devices: BlockDevices;
  /** Two loop devices on one image would each have a cache of their own: set up one after the other. */
  readonly #queue = new KeyedQueue();

  constructor({ nqns, roots, runner, clock, files = new SystemDeviceFiles() }: LoopTransportOptions) {
    this.#nqns = nqns;
    this.#dev = roots.dev;
    this.#runner = runner;
    this.#clock = clock;
    this.#files = files;
    this.#loops = new LoopDevices(roots.sys, runner);
    this.#devices = new BlockDevices(roots, runner, files);
  }

  /**
   * @throws NodeError `not-found` no image under that NQN · `invalid` another transport's export, or not our NQN ·
   * `in-use` it was detached while somebody had it open, and goes once he closes it ·
   * `precondition` the name is attached to another file, or twice · `exhausted` no loop device is free ·
   * `unavailable`, `protocol`
   */
  async attach(target: Export, context: CallContext): Promise<AttachedDevice> {
    const file = this.#fileOf(target);
    return this.#queue.run(target.nqn, context.signal, async () => {
      const inode = await this.#imageInode(file);
      const loop =
        (await this.#backedBy(target.nqn, inode, context)) ??
        (await this.#setUp(file, target.nqn, inode, context));
      const device = await this.#attached(loop);
      if (loop.autoclear && device) throw goingAway(device);
      if (device) return device;
      throw new NodeError('protocol', `${loop.name} went away while ${target.nqn} was attached`);
    });
  }

  async find(id: VolumeId, _context: CallContext): Promise<readonly AttachedDevice[]> {
    return (await this.#list()).filter((device) => device.volumeId === id);
  }

  list(_context: CallContext): Promise<readonly AttachedDevice[]> {
    return this.#list();
  }

  async observe(): Promise<readonly DeviceObservation[]> {
    const found = (await this.#list()).map(async ({ volumeId, number }) => {
      const io = await this.#devices.io(number);
      return io && { volumeId, io, connections: ['live'] };
    });
    return (await Promise.all(found)).filter((observation) => observation !== undefined);
  }

  /** @throws NodeError `not-found` it is not attached (any more) · `unavailable` */
  async rescan(device: AttachedDevice, context: CallContext): Promise<AttachedDevice> {
    const loop = await this.#stillAttached(device);
    const absent = new NodeError('not-found', `${device.nqn} is not attached to ${device.path} any more`);
    if (!loop) throw absent;
    const result = await this.#runner.run(['losetup', '--set-capacity', device.path], context);
    if (result.exitCode !== 0) throw failed(`cannot read the size of ${device.path} anew`, result);
    const renewed = await this.#attached(loop);
    if (renewed?.nqn !== device.nqn) throw absent;
    return renewed;
  }

  detach(device: AttachedDevice, context: CallContext): Promise<void> {
    return this.#queue.run(device.nqn, context.signal, async () => {
      if (!(await this.#stillAttached(device))) return;
      await this.#makeWritable(device.path, context);
      const result = await this.#runner.run(['losetup', '--detach', device.path], context);
      if (result.exitCode !== 0 && (await this.#stillAttached(device))) {
        throw failed(`cannot detach ${device.path}`, result);
      }
      await this.#untilGone(device, context);
    });
  }

  /** There is no peer that could be away; an attached device holds its image whatever became of the name. */
  async standing(of: Export | AttachedDevice, _context: CallContext): Promise<Standing> {
    if (!('transport' in of)) return { state: 'exported' };
    try {
      await this.#imageInode(this.#fileOf(of));
      return { state: 'exported' };
    } catch (error) {
      if (!(error instanceof NodeError) || error.kind !== 'not-found') throw error;
      return { state: 'refused', why: 'unknown', reason: error.message };
    }
  }

  /** Loop devices are always live. */
  async cut(device: AttachedDevice, _context: CallContext): Promise<void> {
    if (!(await this.#stillAttached(device))) return;
    throw new NodeError('in-use', `${device.path} (${device.nqn}) is live; it is left as it is`);
  }

  async tidy(_context: CallContext): Promise<void> {}

  #fileOf(target: Export): string {
    if (target.transport !== 'loop') {
      throw new NodeError('invalid', `${target.nqn} is exported by ${target.transport}, not by loop`);
    }
    if (!this.#nqns.parse(target.nqn)) {
      throw new NodeError('invalid', `${target.nqn} does not stand under this driver's NQN base`);
    }
    return join(target.folder, target.nqn);
  }

  async #imageInode(file: string): Promise<string> {
    const { kind, inode } = await this.#files.identify(file);
    if (kind === 'regular') return inode;
    throw new NodeError(
      'not-found',
      `${file} is no regular file, so not the image of a volume; publish it again`,
    );
  }

  /** By identity, not by path: that file under its name in whatever folder. */
  async #backedBy(nqn: string, inode: string, context: CallContext): Promise<LoopDevice | undefined> {
    const named = (await this.#loops.list()).filter((loop) => loop.fileName === nqn);
    const ours: LoopDevice[] = [];
    for (const loop of named) {
      const backing = await this.#loops.backingInode(this.#path(loop), context.signal);
      if (backing === inode) ours.push(loop);
      else if (backing !== undefined) {
        throw new NodeError('precondition', `${loop.name} has another file named ${nqn}; detach it by hand`);
      }
    }
    if (ours.length < 2) return ours[0];
    const names = ours.map((loop) => loop.name).join(', ');
    throw new NodeError('precondition', `${nqn} is attached more than once (${names}); detach all but one`);
  }

  /** What losetup says is but a hint: it may fail after it has set the device up, and a table tells. */
  async #setUp(file: string, nqn: string, inode: string, context: CallContext): Promise<LoopDevice> {
    let directIo = true;
    let result: CommandResult | undefined;
    for (let attempt = 0; attempt < SETUP_ATTEMPTS; attempt++) {
      const direct = directIo ? ['--direct-io=on'] : [];
      const argv = ['losetup', '--find', '--show', ...SECTOR_SIZE, ...direct, file] as const;
      result = await this.#runner.run(argv, context);
      const loop = await this.#backedBy(nqn, inode, context);
      if (loop) {
        await this.#makeWritable(this.#path(loop), context);
        return loop;
      }
      if (SETUP_RACE.test(result.stderr)) await this.#clock.sleep(SETUP_PAUSE_MS, context.signal);
      else if (result.exitCode !== 0 && directIo) directIo = false;
      else break;
    }
    throw failed(`cannot attach ${file}`, result);
  }

  /** BLKROSET outlives the set-up: the kernel gives the next one a read-only device too. */
  async #makeWritable(path: string, context: CallContext): Promise<void> {
    const device = await this.#devices.describe(path);
    if (device.readonly) await this.#devices.setReadonly(path, false, context);
  }

  async #list(): Promise<readonly AttachedDevice[]> {
    const found = await Promise.all((await this.#loops.list()).map((loop) => this.#attached(loop)));
    return found.filter((device) => device !== undefined);
  }

  /** undefined: not ours, or gone meanwhile. */
  async #attached(loop: LoopDevice): Promise<AttachedDevice | undefined> {
    const parsed = this.#nqns.parse(loop.fileName);
    const device = parsed && (await this.#devices.byNumber(loop.number));
    if (!device) return undefined;
    const { id: volumeId, epoch } = parsed;
    const withdrawn = loop.unlinked && !loop.autoclear;
    return {
      ...device,
      ...{ nqn: loop.fileName, volumeId, epoch, live: true },
      ...(withdrawn && { withdrawn }),
    };
  }

  /** Nodes are used again: the device of that path may be somebody else's by now. */
  async #stillAttached(device: AttachedDevice): Promise<LoopDevice | undefined> {
    const loop = await this.#loops.get(loopName(device.path));
    return loop?.fileName === device.nqn && this.#nqns.parse(device.nqn) ? loop : undefined;
  }

  async #untilGone(device: AttachedDevice, context: CallContext): Promise<void> {
    const deadline = this.#clock.monotonic() + DETACH_WAIT_MS;
    for (;;) {
      const loop = await this.#stillAttached(device);
      if (!loop) return;
      if (this.#clock.monotonic() >= deadline) throw stillThere(device, loop);
      await this.#clock.sleep(DETACH_POLL_MS, context.signal);
    }
  }

  #path(loop: LoopDevice): string {
    return join(this.#dev, loop.name);
  }
}

/** A device that is open elsewhere is only marked by the kernel, and goes at its last close (loop_clr_fd). */
const stillThere = (device: AttachedDevice, loop: LoopDevice): NodeError =>
  loop.autoclear
    ? goingAway(device)
    : new NodeError('timeout', `${device.path} (${device.nqn}) was not let go within ${DETACH_WAIT_MS} ms`);

const goingAway = ({ path, nqn }: AttachedDevice): NodeError =>
  new NodeError(
    'in-use',
    `${path} (${nqn}) is detached but still open; stop its users, then it goes by itself`,
  );

function failed(what: string, result: CommandResult | undefined): NodeError {
  if (!result) return new NodeError('protocol', what);
  if (/busy/i.test(result.stderr)) return new NodeError('in-use', `${what}: ${failureText(result)}`);
  const kind = /cannot find an unused|find free|find unused/i.test(result.stderr)
    ? 'exhausted'
    : 'unavailable';
  return new NodeError(kind, `${what}: ${failureText(result)}`);
}
