import type { BackendCapabilities } from '../../../core/storage/storage-backend.ts';
import type { Epoch } from '../../../core/storage/volume-id.ts';
import { Conversation } from '../conversation/conversation.ts';
import { InDoubt } from '../conversation/in-doubt.ts';
import { Layout } from '../records/layout.ts';
import type { RouterosBackendOptions } from '../routeros-options.ts';
import { ImageStrategies } from '../strategies/image-strategies.ts';
import { ChangeVolume } from './change-volume.ts';
import { Origins } from './content-origin.ts';
import { CreateVolume } from './create-volume.ts';
import { DeleteVolume } from './delete-volume.ts';
import { Disks } from './disks.ts';
import { GetVolume } from './get-volume.ts';
import { GroupSnapshots } from './group-snapshots.ts';
import { ListVolumes } from './list-volumes.ts';
import { Ownership } from './owned-volume.ts';
import { Pools } from './pools.ts';
import { Publications } from './publications.ts';
import { RecordHints } from './record-hints.ts';
import { RemainsOperations } from './remains.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import { SnapshotSources } from './snapshot-source.ts';
import { Snapshots } from './snapshots.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** One object for each group of operations, put together. */
export interface Operations {
  readonly pools: Pools;
  readonly create: CreateVolume;
  readonly delete: DeleteVolume;
  readonly get: GetVolume;
  readonly list: ListVolumes;
  readonly change: ChangeVolume;
  readonly publications: Publications;
  readonly snapshots: Snapshots;
  readonly groups: GroupSnapshots;
  readonly remains: RemainsOperations;
}

export function openOperations(options: RouterosBackendOptions, limits: BackendCapabilities): Operations {
  const { appliance, name, clock, random, rules, abilities } = options;
  const conversation = new Conversation({ appliance, name, clock, random, inDoubt: new InDoubt() });
  const hints = new RecordHints();
  const layout = new Layout(options.clusterId);
  const ownership = new Ownership(name, layout, options.naming);
  const pools = new Pools({ conversation, appliance: name, rules, abilities, only: options.pools });
  const disks = new Disks(conversation, hints);
  const deps: VolumeDeps = {
    disks,
    pools,
    ownership,
    layout,
    strategies: new ImageStrategies(layout),
    rules,
    limits,
  };
  const reader = new SnapshotReader(conversation, pools, ownership, layout);
  const sources = new SnapshotSources(deps);
  const snapshots = new Snapshots(deps, conversation, reader, sources);
  return {
    pools,
    create: new CreateVolume(deps, new Origins(deps, reader), options.ports, random),
    delete: new DeleteVolume(deps),
    get: new GetVolume(deps),
    list: new ListVolumes(deps, conversation, hints),
    change: new ChangeVolume(deps),
    publications: new Publications(deps, {
      naming: options.naming,
      clock,
      newEpoch: () => Buffer.from(random(8)).toString('hex') as Epoch,
      addresses: options.nvmeAddresses,
      settleMs: options.settleMs,
    }),
    snapshots,
    groups: new GroupSnapshots(deps, conversation, reader, sources, snapshots),
    remains: new RemainsOperations(deps, conversation),
  };
}
