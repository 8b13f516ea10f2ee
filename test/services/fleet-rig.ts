import { FaultPlan } from '../../src/backends/mock/fault-plan.ts';
import { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import { GiB, MiB } from '../../src/core/bytes.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import {
  CreateVolumeRequest,
  VolumeCapability_AccessMode_Mode as Mode,
} from '../../src/core/csi/generated/csi.ts';
import { type Change, call, controllersOver, mockOptions, mount } from './controller-rig.ts';

/** The controllers over several mocks of one cluster. */
export class FleetRig {
  readonly faults = new FaultPlan();
  private constructor(readonly backends: readonly MockBackend[]) {}

  /** @param sizes the pool of each appliance, by its name */
  static async open(sizes: Readonly<Record<string, bigint>> = { a: 10n * GiB, b: 10n * GiB }) {
    const rig = new FleetRig([]);
    const backends = await Promise.all(
      Object.entries(sizes).map(async ([name, capacityBytes]) => {
        const pools = [{ name: 'main', capacityBytes }];
        return new MockBackend({ ...(await mockOptions({ pools })), name, faults: rig.faults });
      }),
    );
    return Object.assign(rig, { backends });
  }

  /** Knows nothing of what others of its kind did: a driver after its restart. */
  driver(backends: readonly MockBackend[] = this.backends) {
    return controllersOver(backends, 'test');
  }

  create(name: string, change: Change<typeof CreateVolumeRequest> = {}, driver = this.driver()) {
    const request = CreateVolumeRequest.fromPartial({
      name,
      capacityRange: { requiredBytes: 8n * MiB },
      volumeCapabilities: [mount(Mode.SINGLE_NODE_WRITER)],
      ...change,
    });
    return call(driver.controller.createVolume, request);
  }

  async created(name: string, change: Change<typeof CreateVolumeRequest> = {}): Promise<string> {
    return (await this.create(name, change)).volume?.volumeId ?? '';
  }

  /** The ids on all appliances, those that are away too. */
  async ids(): Promise<string[]> {
    const context = detachedContext(AbortSignal.timeout(10_000));
    const pages = await Promise.all(this.backends.map((backend) => backend.listVolumes({}, context)));
    return pages.flatMap(({ items }) => items.map(({ id }) => id));
  }

  backend(name: string): MockBackend {
    const found = this.backends.find((backend) => backend.name === name);
    if (!found) throw new Error(`no appliance ${name}`);
    return found;
  }
}
