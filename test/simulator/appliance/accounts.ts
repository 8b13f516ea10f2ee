import { ItemIds } from './ids.ts';
import type { UserOptions } from './options.ts';

/** As `/user/group` lists them. */
export const POLICIES = [
  'local',
  'telnet',
  'ssh',
  'ftp',
  'reboot',
  'read',
  'write',
  'policy',
  'test',
  'winbox',
  'password',
  'web',
  'sniff',
  'sensitive',
  'api',
  'romon',
  'rest-api',
] as const;

/** The groups that every RouterOS has. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  read: POLICIES.filter((policy) => !['ftp', 'write', 'policy', 'sensitive', 'romon'].includes(policy)),
  write: POLICIES.filter((policy) => !['ftp', 'policy', 'sensitive', 'romon'].includes(policy)),
  full: POLICIES,
};

export interface Group {
  readonly id: string;
  readonly name: string;
  policies: ReadonlySet<string>;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly group: Group;
  readonly password: string | undefined;
  readonly publicKeys: readonly string[];
  disabled: boolean;
  comment: string;
}

/** Who is logged in. */
export interface ActiveUser {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly via: string;
  readonly sinceMs: number;
  readonly group: string;
}

/** A script that runs: each session has one. */
export interface Job {
  readonly id: string;
  readonly owner: string;
  /** "command", "login", "scheduler" */
  readonly type: string;
  readonly sinceMs: number;
  /** Called by `/system/script/job remove`. */
  readonly cancel: () => void;
}

/** Users, their groups, who is here and what runs for them. */
export class Accounts {
  readonly groups: Group[] = [];
  readonly users: User[] = [];
  private readonly here = new Map<string, ActiveUser>();
  private readonly running = new Map<string, Job>();
  private readonly ids = new ItemIds();

  constructor(
    users: readonly UserOptions[],
    private readonly now: () => number,
  ) {
    for (const [name, policies] of Object.entries(GROUPS)) this.addGroup(name, policies);
    for (const options of users) {
      const group = options.policies
        ? this.addGroup(options.name, options.policies)
        : this.group(options.group);
      const { name, password, publicKeys = [] } = options;
      this.users.push({
        id: this.ids.next(),
        name,
        group,
        password,
        publicKeys,
        disabled: false,
        comment: '',
      });
    }
  }

  /** undefined also for one that is disabled. */
  user(name: string): User | undefined {
    return this.users.find((user) => user.name === name && !user.disabled);
  }

  active(): readonly ActiveUser[] {
    return [...this.here.values()];
  }

  jobs(): readonly Job[] {
    return [...this.running.values()];
  }

  /** @returns how it leaves */
  logIn(name: string, address: string, via = 'ssh'): () => void {
    const id = this.ids.next();
    const group = this.users.find((user) => user.name === name)?.group.name ?? '';
    this.here.set(id, { id, name, address, via, sinceMs: this.now(), group });
    return () => this.here.delete(id);
  }

  /** @returns to be called when it ends */
  startJob(owner: string, type: string, cancel: () => void): () => void {
    const id = this.ids.next();
    this.running.set(id, { id, owner, type, sinceMs: this.now(), cancel });
    return () => this.running.delete(id);
  }

  /** Everybody is gone. */
  clear(): void {
    this.here.clear();
    this.running.clear();
  }

  private addGroup(name: string, policies: readonly string[]): Group {
    const unknown = policies.find((policy) => !POLICIES.some((known) => known === policy));
    if (unknown !== undefined) throw new RangeError(`RouterOS has no policy ${unknown}`);
    const group = { id: this.ids.next(), name, policies: new Set(policies) };
    this.groups.push(group);
    return group;
  }

  private group(name = 'full'): Group {
    const group = this.groups.find((candidate) => candidate.name === name);
    if (!group) throw new RangeError(`there is no group ${name}; give the user policies`);
    return group;
  }
}
