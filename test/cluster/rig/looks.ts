import type { SimulatorProcess } from '../../support/simulator-process.ts';
import type { Objects, Seen } from './objects.ts';

/** Looks at the cluster and at the appliance, for `eventually`: true, or what there is instead. */
export class Looks {
  constructor(
    private readonly objects: Objects,
    private readonly appliance: SimulatorProcess,
  ) {}

  /** These claims have their volumes. */
  async bound(names: readonly string[]): Promise<unknown> {
    const claims = await this.objects.list.claims();
    const ready = new Set(
      claims.filter(({ status }) => status?.['phase'] === 'Bound').map(({ metadata }) => metadata.name),
    );
    const waiting = names.filter((name) => !ready.has(name));
    return waiting.length === 0 || waiting;
  }

  /** So many attachments, no more, and each is attached. */
  async attached(count: number): Promise<unknown> {
    const all = await this.objects.list.attachments();
    const ready = all.filter(({ status }) => status?.['attached'] === true);
    return (ready.length === count && all.length === count) || { ready: ready.length, of: all.length };
  }

  /** Nothing of a kind is left. */
  async none(kind: 'volumes' | 'attachments' | 'contents' | 'pods'): Promise<unknown> {
    const left = await this.objects.list[kind]();
    return left.length === 0 || left.map(({ metadata }: Seen) => metadata);
  }

  /** NQNs that the appliance exports, by slot. */
  async exported(): Promise<ReadonlyMap<string, string>> {
    const { disks } = await this.appliance.state();
    return new Map(
      disks
        .filter(({ settings }) => settings.nvmeExport)
        .map(({ settings }) => [settings.slot, settings.nvmeNqn]),
    );
  }

  /** The NQN under which a claim's volume is exported. */
  async nqnOf(claim: string): Promise<string | undefined> {
    return (await this.exported()).get(await this.slotOf(claim));
  }

  async slotOf(claim: string): Promise<string> {
    const { spec } = await this.objects.volumeOf(claim);
    const { volumeHandle } = spec['csi'] as { volumeHandle: string };
    return volumeHandle.split('/')[1] ?? '';
  }

  /** No disk, no image, no record, no folder of a volume is left on the appliance. */
  async empty(): Promise<unknown> {
    const { disks, nodes } = await this.appliance.state();
    const files = nodes.map(({ path }) => path).filter((path) => path.includes('csi-'));
    return (disks.length === 0 && files.length === 0) || { disks: disks.length, files };
  }
}
