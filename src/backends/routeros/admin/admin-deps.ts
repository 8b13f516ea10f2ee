import type { NqnNaming } from '../../../core/storage/nqn.ts';
import { Conversation } from '../conversation/conversation.ts';
import { InDoubt } from '../conversation/in-doubt.ts';
import { Disks } from '../operations/disks.ts';
import { Ownership } from '../operations/owned-volume.ts';
import { Pools } from '../operations/pools.ts';
import type { NvmePorts } from '../operations/ports.ts';
import { RecordHints } from '../operations/record-hints.ts';
import { SnapshotReader } from '../operations/snapshot-reader.ts';
import { Layout } from '../records/layout.ts';
import type { RouterosBackendOptions } from '../routeros-options.ts';
import { ImageStrategies } from '../strategies/image-strategies.ts';

/** What the commands for administrators need of an appliance. */
export type AdminOptions = Pick<
  RouterosBackendOptions,
  | 'name'
  | 'clusterId'
  | 'appliance'
  | 'naming'
  | 'ports'
  | 'pools'
  | 'rules'
  | 'abilities'
  | 'clock'
  | 'random'
>;

/** What they share. */
export interface AdminDeps {
  readonly conversation: Conversation;
  readonly disks: Disks;
  readonly pools: Pools;
  readonly ownership: Ownership;
  readonly layout: Layout;
  readonly strategies: ImageStrategies;
  readonly snapshots: SnapshotReader;
  readonly naming: NqnNaming;
  readonly ports: NvmePorts;
  readonly random: (bytes: number) => Uint8Array;
}

export function adminDeps(options: AdminOptions): AdminDeps {
  const { appliance, name, clock, random, rules, abilities, naming, ports } = options;
  const conversation = new Conversation({ appliance, name, clock, random, inDoubt: new InDoubt() });
  const layout = new Layout(options.clusterId);
  const ownership = new Ownership(name, layout, naming);
  const pools = new Pools({ conversation, appliance: name, rules, abilities, only: options.pools });
  return {
    conversation,
    disks: new Disks(conversation, new RecordHints()),
    pools,
    ownership,
    layout,
    strategies: new ImageStrategies(layout),
    snapshots: new SnapshotReader(conversation, pools, ownership, layout),
    naming,
    ports,
    random,
  };
}
