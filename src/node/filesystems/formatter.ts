import { formatBytes } from '../../core/bytes.ts';
import type { CallContext } from '../../core/call-context.ts';
import type { Clock } from '../../core/clock.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { firstNonZero } from '../devices/blank-check.ts';
import type { ReadDevice } from '../devices/device-reader.ts';
import type { DeviceUsage } from '../devices/device-usage.ts';
import type { DeviceWriters } from '../devices/device-writers.ts';
import { probeSignature, type Signature } from '../devices/signatures.ts';
import { failureText } from '../exec/command-failure.ts';
import type { CommandRunner } from '../exec/command-runner.ts';
import { NodeError } from '../node-error.ts';
import { type AttachedDevice, pathsOf } from '../transports/transport.ts';
import type { Format, Superblock } from './filesystem.ts';
import type { FormatNotes } from './format-intent.ts';

/** The caller's deadline is the real limit; this one is for a caller without. */
const MKFS_TIMEOUT_MS = 30 * 60_000;

/** losetup opens a device that somebody else was given a moment before, to look whether it is free. */
const WRITERS_WAIT_MS = 3_000;
const WRITERS_POLL_MS = 20;

export interface FormatterDeps {
  readonly runner: CommandRunner;
  readonly readDevice: ReadDevice;
  readonly usage: DeviceUsage;
  readonly writers: DeviceWriters;
  readonly clock: Clock;
}

export interface Formattable {
  readonly volumeId: VolumeId;
  readonly device: AttachedDevice;
  readonly format: Format;
  readonly readonly: boolean;
  readonly notes: FormatNotes;
  /**
   * False: the content is somebody's, however blank the device looks: by origin (restored, cloned), or since another
   * node had the volume first in this epoch.
   */
  readonly mayFormat: boolean;
}

/** Decides whether a device's file system is used, made, or refused. It never repairs, and never guesses. */
export class Formatter {
  readonly #deps: FormatterDeps;

  constructor(deps: FormatterDeps) {
    this.#deps = deps;
  }

  /**
   * Leaves the wanted file system on the device: the one found, or a new one where the device is proven blank.
   * @returns its superblock
   * @throws NodeError `precondition` the device carries something else, is not blank, too small, or not clean and
   * to be used read-only · `in-use` · `unavailable` it could not be read, or mkfs failed
   */
  async prepare(volume: Formattable, context: CallContext): Promise<Superblock> {
    const interrupted = await volume.notes.has(volume.device.nqn);
    if (interrupted && !volume.readonly) return this.#format(volume, true, context);
    if (interrupted) throw refused(volume, 'its format was interrupted; stage it read-write first');
    const found = await probeSignature(volume.device.path, this.#deps.runner, context);
    if (found) return this.#use(volume, found, context);
    if (volume.readonly) {
      throw refused(
        volume,
        'it carries no file system and is to be used read-only; stage it read-write first',
      );
    }
    await this.#assertBlank(volume, context);
    return this.#format(volume, false, context);
  }

  async #use(volume: Formattable, found: Signature, context: CallContext): Promise<Superblock> {
    const { format, device } = volume;
    if (found.type !== format.type) {
      throw refused(
        volume,
        `it carries ${found.type}, wanted is ${format.type}; set ${isSecret(found, format) ? "the StorageClass's encrypted" : 'the fsType'} ` +
          'to what is there, or wipe the volume if nobody needs its content',
      );
    }
    const superblock = await this.#superblock(volume, context);
    if (superblock.sizeBytes > device.sizeBytes) {
      throw refused(
        volume,
        `its ${found.type} is of ${formatBytes(superblock.sizeBytes)}, the device only of ` +
          `${formatBytes(device.sizeBytes)}: part of it is missing; restore the volume to its size`,
      );
    }
    if (volume.readonly && superblock.needsRecovery) {
      throw refused(
        volume,
        `its ${found.type} was not unmounted cleanly, so it cannot be used read-only; stage it read-write once`,
      );
    }
    return superblock;
  }

  async #assertBlank(volume: Formattable, context: CallContext): Promise<void> {
    if (!volume.mayFormat) {
      throw refused(
        volume,
        'it was restored or cloned, or another node has it first, and it carries nothing that is known; it is not ' +
          'formatted here: look at its source, stage it on that node first, or use it as a raw block volume',
      );
    }
    const at = await this.#deps.readDevice(volume.device, context.signal, (reader) =>
      firstNonZero(reader, context.signal),
    );
    if (at === undefined) return;
    throw refused(
      volume,
      `it carries no known file system, but is not blank either: the first byte that is not zero was found at ` +
        `offset ${at}; look at it, or wipe the volume if nobody needs its content`,
    );
  }

  async #format(volume: Formattable, force: boolean, context: CallContext): Promise<Superblock> {
    const { device, format, mayFormat, notes } = volume;
    if (!mayFormat)
      throw refused(
        volume,
        'it was restored or cloned, or another node has it first: here it is never formatted',
      );
    if (device.sizeBytes < format.minimumBytes) {
      throw refused(
        volume,
        `its ${formatBytes(device.sizeBytes)} are too few for ${format.type}, which needs ` +
          `${formatBytes(format.minimumBytes)}; ask for a larger volume or another fsType`,
      );
    }
    await this.#deps.usage.assertUnused(device, [], context);
    await this.#untilNobodyWrites(volume, context);
    await notes.record(device.nqn);
    await this.#mkfs(volume, force, context);
    const superblock = await this.#made(volume, context);
    await notes.clear(device.nqn);
    return superblock;
  }

  /** The mkfs of a driver that was killed may still run, and claim nothing. */
  async #untilNobodyWrites({ volumeId, device }: Formattable, { signal }: CallContext): Promise<void> {
    const { writers, clock } = this.#deps;
    const deadline = clock.monotonic() + WRITERS_WAIT_MS;
    for (;;) {
      const found = await writers.of(pathsOf(device));
      if (found.length === 0) return;
      if (clock.monotonic() >= deadline) {
        throw new NodeError(
          'in-use',
          `volume ${volumeId}: ${device.path} is not formatted while a process writes to it ` +
            `(${found.map((pid) => `pid ${pid}`).join(', ')}); it is tried again, and goes on when that has ended`,
        );
      }
      await clock.sleep(WRITERS_POLL_MS, signal);
    }
  }

  async #mkfs({ volumeId, device, format }: Formattable, force: boolean, context: CallContext) {
    context.logger.info(
      { volumeId, device: device.path, nqn: device.nqn, fsType: format.type, force },
      'formatting a volume',
    );
    const argv = format.mkfs(device.path, force);
    const result = await this.#deps.runner.run(argv, {
      signal: context.signal,
      timeoutMs: MKFS_TIMEOUT_MS,
      ...(format.mkfsInput && { stdin: format.mkfsInput }),
    });
    if (result.exitCode === 0) return;
    throw new NodeError(
      'unavailable',
      `volume ${volumeId}: ${argv[0]} on ${device.path} failed: ${failureText(result)}; it is tried again`,
    );
  }

  /** mkfs saying 0 is not enough to give up the right to format again. */
  async #made(volume: Formattable, context: CallContext): Promise<Superblock> {
    const { device, format, volumeId } = volume;
    const found = await probeSignature(device.path, this.#deps.runner, context);
    if (found?.type === format.type) return this.#superblock(volume, context);
    throw new NodeError(
      'unavailable',
      `volume ${volumeId}: after mkfs ${device.path} carries ${found?.type ?? 'nothing'} instead of ` +
        `${format.type}; it is tried again`,
    );
  }

  #superblock({ device, format }: Formattable, context: CallContext): Promise<Superblock> {
    return this.#deps.readDevice(device, context.signal, (reader) =>
      format.superblock(reader, context.signal),
    );
  }
}

const LUKS = 'crypto_LUKS';
const isSecret = (found: Signature, format: Format): boolean => found.type === LUKS || format.type === LUKS;

const refused = ({ volumeId, device }: Formattable, why: string): NodeError =>
  new NodeError('precondition', `volume ${volumeId} on ${device.path}: ${why}`);
