import { BackendError } from './backend-error.ts';
import type { BackendHealth, StorageBackend } from './storage-backend.ts';
import { parseHandle, type SnapshotId, type VolumeId } from './volume-id.ts';

export interface ApplianceHealth extends BackendHealth {
  readonly appliance: string;
}

/**
 * The appliances that this driver keeps volumes on. An id names its appliance, so that what is done to a volume
 * concerns that one alone, whatever the others do.
 */
export class Fleet {
  /** In the order of their ids: everything of one is listed before anything of the next. */
  readonly members: readonly StorageBackend[];

  /** @throws TypeError without a member, or with two of one name */
  constructor(members: readonly StorageBackend[]) {
    if (members.length === 0) throw new TypeError('a fleet needs an appliance');
    if (new Set(members.map(({ name }) => name)).size < members.length) {
      throw new TypeError('two appliances have one name');
    }
    this.members = [...members].sort((a, b) => (idsOf(a) < idsOf(b) ? -1 : 1));
  }

  /**
   * The appliance that an id names.
   * @throws BackendError `precondition` it is none of ours: nothing is known of what it holds, so that this is no
   * absence. A volume is not deleted because its appliance was taken out of the configuration.
   */
  of(id: VolumeId | SnapshotId): StorageBackend {
    const name = parseHandle(id)?.appliance ?? '';
    const member = this.named(name);
    if (member) return member;
    throw new BackendError(
      'precondition',
      `${id} is on the appliance ${JSON.stringify(name)}, which this driver is not configured with; it has ` +
        `${this.names()}. Configure that appliance under its name again`,
    );
  }

  named(name: string): StorageBackend | undefined {
    return this.members.find((member) => member.name === name);
  }

  /** All of them, for people. */
  names(): string {
    return this.members.map(({ name }) => name).join(', ');
  }

  /** What is known without asking. */
  health(): readonly ApplianceHealth[] {
    return this.members.map((member) => ({ appliance: member.name, ...member.health() }));
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
  }
}

/** What every id of an appliance begins with. */
export const idsOf = ({ name }: StorageBackend): string => `${name}/`;
