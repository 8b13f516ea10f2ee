import { test } from 'bun:test';
import type { RouterosBackend } from '../../src/backends/routeros/routeros-backend.ts';
import { MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { parseHandle, type VolumeId } from '../../src/core/storage/volume-id.ts';
import type { Assumptions } from '../simulator/appliance/assumptions.ts';
import type { PoolOptions } from '../simulator/appliance/options.ts';
import { Simulator } from '../simulator/simulator.ts';
import { PlainClient } from '../simulator/support/plain-client.ts';
import { connectedBackend, type DriverChange } from '../support/routeros-backend.ts';

/** An appliance on which a person works beside the driver. */
export class Accident {
  readonly context = detachedContext(AbortSignal.timeout(60_000));

  private constructor(
    readonly simulator: Simulator,
    readonly backend: RouterosBackend,
    private readonly console: PlainClient,
  ) {}

  static async open(
    pools: readonly PoolOptions[],
    assumptions: Partial<Assumptions> = {},
    driver: DriverChange = {},
  ): Promise<Accident> {
    const simulator = await Simulator.start({ appliance: { pools, assumptions } });
    const console = await PlainClient.connect({
      host: '127.0.0.1',
      port: simulator.port,
      username: Simulator.user,
      privateKey: simulator.userKey,
    });
    return new Accident(simulator, await connectedBackend(simulator, driver), console);
  }

  create(name: string, change = {}) {
    const size = { requiredBytes: 4n * MiB, provisioning: 'thin', compression: false } as const;
    return this.backend.createVolume({ name, ...size, ...change }, this.context);
  }

  /** What a person types on the appliance. */
  async type(line: string): Promise<string> {
    const { out } = await this.console.exec(line);
    return out;
  }

  files(): string[] {
    return this.simulator.appliance.files().map(({ name }) => name);
  }

  async close(): Promise<void> {
    await this.backend.close();
    await this.console.close();
    await this.simulator.stop();
  }
}

export const slotOf = (id: VolumeId): string => parseHandle(id)?.slot ?? '';
export const ADOPTS = { options: { abilities: { adoptsImages: true } } };
export const KIND = {
  existingImage: 'adopted',
  changeWhileExported: 're-exports',
  removeUsedFile: 'done',
} as const;

export function accident(
  title: string,
  pools: readonly PoolOptions[],
  body: (on: Accident) => Promise<void>,
  driver: DriverChange = {},
): void {
  test(title, async () => {
    const on = await Accident.open(pools, KIND, driver);
    try {
      await body(on);
    } finally {
      await on.close();
    }
  }, 60_000);
}
