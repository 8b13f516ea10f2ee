import { join } from 'node:path';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import type { BlockDevices } from '../devices/block-devices.ts';
import type { DeviceRef } from '../devices/device-usage.ts';
import { readAttribute, readNames } from '../devices/sysfs.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import { isMapperName, mapperName, mapperPrefix } from './mapper-name.ts';

/** An opened device of ours below which there is nothing any more. */
export interface OrphanedMapper extends DeviceRef {
  /** In device-mapper. */
  readonly name: string;
}

interface Roots {
  readonly sys: string;
  readonly dev: string;
}

const KERNEL_NAME = /^dm-\d+$/;

/**
 * The opened devices of encrypted volumes, by sysfs. What stands on what is read from the lower device's `holders`:
 * the `slaves` of the upper one still name a device that is gone, and another may have got its name since.
 */
export class Mappers {
  readonly #roots: Roots;
  readonly #devices: Pick<BlockDevices, 'byNumber' | 'holders'>;

  /** @param roots normally `/sys` and `/dev` */
  constructor(roots: Roots, devices: Pick<BlockDevices, 'byNumber' | 'holders'>) {
    this.#roots = roots;
    this.#devices = devices;
  }

  /**
   * The volume's opened device that stands on exactly this one; undefined: it is not open.
   * @throws NodeError `unavailable`
   */
  async on(device: AttachedDevice): Promise<AttachedDevice | undefined> {
    const wanted = mapperName(device.volumeId, device.epoch);
    for (const kernelName of await this.#devices.holders(device.number)) {
      const mapper = await this.#read(kernelName);
      const found = mapper?.name === wanted && (await this.#devices.byNumber(mapper.number));
      if (found) return { ...device, ...found, aliases: this.#aliases(wanted) };
    }
    return undefined;
  }

  /** Those of a volume, or of all, whose lower device is gone. @throws NodeError `unavailable` */
  async orphans(id?: VolumeId): Promise<readonly OrphanedMapper[]> {
    const prefix = id === undefined ? '' : mapperPrefix(id);
    const names = (await readNames(join(this.#roots.sys, 'block'))) ?? [];
    const found = await Promise.all(
      names.filter((name) => KERNEL_NAME.test(name)).map((name) => this.#orphan(name)),
    );
    return found.filter((mapper) => mapper !== undefined).filter(({ name }) => name.startsWith(prefix));
  }

  async #orphan(kernelName: string): Promise<OrphanedMapper | undefined> {
    const mapper = await this.#read(kernelName);
    if (!mapper || !isMapperName(mapper.name)) return undefined;
    const block = join(this.#roots.sys, 'block');
    const lower = (await readNames(join(block, kernelName, 'slaves'))) ?? [];
    // One that is just being opened has none yet.
    if (lower.length === 0) return undefined;
    const held = await Promise.all(lower.map((name) => readNames(join(block, name, 'holders'))));
    if (held.some((holders) => holders?.includes(kernelName))) return undefined;
    return { ...mapper, path: join(this.#roots.dev, kernelName), aliases: this.#aliases(mapper.name) };
  }

  async #read(kernelName: string) {
    if (!KERNEL_NAME.test(kernelName)) return undefined;
    const folder = join(this.#roots.sys, 'block', kernelName);
    const [name, uuid, number] = await Promise.all([
      readAttribute(join(folder, 'dm', 'name')),
      readAttribute(join(folder, 'dm', 'uuid')),
      readAttribute(join(folder, 'dev')),
    ]);
    if (name === undefined || number === undefined) return undefined;
    // Of cryptsetup's making and of no other program's: libcryptsetup, dm_prepare_uuid.
    return uuid?.startsWith('CRYPT-LUKS2-') && uuid.endsWith(`-${name}`) ? { name, number } : undefined;
  }

  /** Programs know it under device-mapper's name, the kernel under its own. */
  #aliases(name: string): readonly string[] {
    return [join(this.#roots.dev, 'mapper', name)];
  }
}
