import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DataFolderOptions,
  openDataFolder,
} from '../../../src/backends/mock/data-folder/open-data-folder.ts';
import { MockBackend } from '../../../src/backends/mock/mock-backend.ts';
import { MiB } from '../../../src/core/bytes.ts';
import { detachedContext } from '../../../src/core/call-context.ts';
import { SystemClock } from '../../../src/core/clock.ts';
import { type LogFields, type Logger, silentLogger } from '../../../src/core/observe/logger.ts';
import { NqnNaming } from '../../../src/core/storage/nqn.ts';
import type { Volume, VolumeSpec } from '../../../src/core/storage/volume.ts';

/** A mock backend over a data folder of its own, with what a test needs to look into that. */
export class DataFolderRig {
  readonly naming = new NqnNaming('nqn.2026-01.test.rose');
  readonly context = detachedContext(new AbortController().signal);
  /** The fields of every warning. */
  readonly logged: LogFields[] = [];
  private readonly logger: Logger = { ...silentLogger, warn: (fields) => void this.logged.push(fields) };
  private opened: MockBackend | undefined;

  private constructor(readonly path: string) {}

  static async make(): Promise<DataFolderRig> {
    const rig = new DataFolderRig(await mkdtemp(join(tmpdir(), 'rose-csi-data-')));
    await rig.reopen();
    return rig;
  }

  get backend(): MockBackend {
    if (!this.opened) throw new Error('the data folder is not open');
    return this.opened;
  }

  async reopen(change: Partial<DataFolderOptions> = {}): Promise<void> {
    const { path, naming, logger } = this;
    const random = (bytes: number) => randomBytes(bytes);
    const folder = await openDataFolder({ path, appliance: 'mock', naming, random, logger, ...change });
    const pools = [{ name: 'main', capacityBytes: 100n * MiB }];
    const common = {
      name: 'mock',
      clusterId: 'one',
      nqnNaming: naming,
      clock: new SystemClock(),
      random,
      pools,
    };
    this.opened = new MockBackend({ ...common, ...folder });
  }

  /** Closes, lets something happen to the folder, and opens again. */
  async meanwhile(happening: () => Promise<unknown>): Promise<void> {
    await this.backend.close();
    await happening();
    await this.reopen();
  }

  create(name: string, change: Partial<VolumeSpec> = {}): Promise<Volume> {
    const spec = { name, requiredBytes: MiB, provisioning: 'thin', compression: false, ...change } as const;
    return this.backend.createVolume(spec, this.context);
  }

  image(id: string, folder: 'volumes' | 'snapshots' = 'volumes'): string {
    return join(this.path, folder, `${slotOf(id)}.img`);
  }

  record(id: string): string {
    return join(this.path, 'records', `${slotOf(id)}.json`);
  }

  async dispose(): Promise<void> {
    await this.backend.close();
    await rm(this.path, { recursive: true });
  }
}

const slotOf = (id: string): string => id.slice('mock/'.length);
