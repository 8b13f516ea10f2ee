import { parseArgs } from 'node:util';
import { parseBytes } from '../../src/core/bytes.ts';
import type { Assumptions } from './appliance/assumptions.ts';
import type { PoolFileSystem, PoolOptions, UserOptions } from './appliance/options.ts';
import { type AllAssumptions, AssumptionError, assume, assumptionHelp } from './assumption-flags.ts';
import type { LatencyRules } from './latency/latency.ts';
import { SCHEMA_VERSIONS } from './schema/schema.ts';
import type { SshAssumptions } from './ssh/assumptions.ts';

/** Every flag once: what it takes, what it is for, and what holds without it. */
const FLAGS = {
  version: { takes: 'VERSION', help: `RouterOS to play: ${SCHEMA_VERSIONS.join(', ')}`, fallback: '7.22.3' },
  identity: { takes: 'NAME', help: 'the name at the prompt', fallback: 'rds' },
  pool: { takes: 'SLOT:FS:SIZE', help: 'a pool, such as pool2:xfs:4TiB; may be repeated', many: true },
  user: { takes: 'NAME:PASSWORD', help: 'a user of the group full; may be repeated', many: true },
  'user-key': {
    takes: 'NAME=FILE',
    help: 'the public key of a user of the group full; may be repeated',
    many: true,
  },
  host: { takes: 'ADDRESS', help: 'where to listen', fallback: '127.0.0.1' },
  port: { takes: 'PORT', help: 'SSH port, 0 for a free one', fallback: '2222' },
  'host-key': { takes: 'FILE', help: 'private host key; may be repeated, for another type', many: true },
  state: { takes: 'FOLDER', help: 'keeps state and keys; without it nothing is kept' },
  'max-sessions': { takes: 'N', help: 'logins at once', fallback: '20' },
  latency: { takes: 'MS|MIN-MAX', help: 'time that each command takes', fallback: '0' },
  'round-trip': { takes: 'MS', help: 'a network in front, on a port of its own', fallback: '0' },
  'control-port': { takes: 'PORT', help: 'HTTP on 127.0.0.1: faults, latency, journal; 0 for a free one' },
  kind: { help: 'where the device’s behaviour is unknown: the kind variant' },
  assume: { takes: 'NAME=VALUE', help: 'one assumption; may be repeated', many: true },
  help: { help: 'this text' },
} as const satisfies Record<string, Flag>;

interface Flag {
  readonly takes?: string;
  readonly help: string;
  readonly fallback?: string;
  readonly many?: boolean;
}

type FlagName = keyof typeof FLAGS;

/** What the command line asks for. */
export interface CommandLine {
  readonly version: string;
  readonly identity: string;
  readonly pools: readonly PoolOptions[];
  readonly users: readonly UserOptions[];
  /** Files of public keys, by user. */
  readonly userKeyFiles: ReadonlyMap<string, string>;
  readonly host: string;
  readonly port: number;
  readonly hostKeyFiles: readonly string[];
  readonly stateFolder?: string;
  readonly maxSessions: number;
  readonly latency: LatencyRules;
  /** 0: no relay. */
  readonly roundTripMs: number;
  readonly controlPort?: number;
  readonly assumptions: Assumptions;
  readonly ssh: SshAssumptions;
}

/** What is wrong with a command line, for people. */
export class UsageError extends Error {}

export const USAGE = `bun test/simulator/main.ts [flags]: a RouterOS appliance with rose-storage, behind real SSH

${rows().join('\n')}

Assumptions for --assume, the default first; what each means stands in appliance/assumptions.ts and\nssh/assumptions.ts:
${assumptionHelp()
  .map((line) => `  ${line}`)
  .join('\n')}
`;

/** @returns undefined where help is wanted @throws UsageError */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const flags = readFlags(args);
  if (flags.has('help')) return undefined;
  const { appliance: assumptions, ssh } = assumed(flags);
  const [state, control] = [one(flags, 'state'), one(flags, 'control-port')];
  const pools = many(flags, 'pool').map(readPool);
  return {
    version: readVersion(one(flags, 'version')),
    identity: one(flags, 'identity') ?? '',
    pools: pools.length > 0 ? pools : ['pool1:btrfs:1TiB', 'pool2:xfs:1TiB'].map(readPool),
    users: many(flags, 'user').map(readUser),
    userKeyFiles: new Map(many(flags, 'user-key').map((text) => pair('user-key', text, '='))),
    host: one(flags, 'host') ?? '',
    port: number('port', one(flags, 'port')),
    hostKeyFiles: many(flags, 'host-key'),
    ...(state === undefined ? {} : { stateFolder: state }),
    maxSessions: number('max-sessions', one(flags, 'max-sessions')),
    latency: readDelay(one(flags, 'latency') ?? '0'),
    roundTripMs: number('round-trip', one(flags, 'round-trip')),
    ...(control === undefined ? {} : { controlPort: number('control-port', control) }),
    assumptions,
    ssh,
  };
}

function readFlags(args: readonly string[]): ReadonlyMap<FlagName, readonly string[]> {
  const options = Object.fromEntries(
    Object.entries<Flag>(FLAGS).map(([name, { takes }]) => [
      name,
      { type: takes ? ('string' as const) : ('boolean' as const), multiple: true },
    ]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    return new Map(
      Object.entries(values).map(([name, given]) => [name as FlagName, [given].flat().map(String)]),
    );
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const many = (flags: ReadonlyMap<FlagName, readonly string[]>, name: FlagName): readonly string[] =>
  flags.get(name) ?? [];

/** The last one given, else what holds without. */
function one(flags: ReadonlyMap<FlagName, readonly string[]>, name: FlagName): string | undefined {
  const flag: Flag = FLAGS[name];
  return flags.get(name)?.at(-1) ?? flag.fallback;
}

function pair(flag: FlagName, text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`--${flag} ${text}: expected ${(FLAGS[flag] as Flag).takes}`);
}

function number(flag: FlagName, text: string | undefined): number {
  if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${flag} ${text}: expected a whole number`);
}

function readVersion(version = ''): string {
  if (SCHEMA_VERSIONS.includes(version)) return version;
  throw new UsageError(`--version ${version}: there are ${SCHEMA_VERSIONS.join(', ')}`);
}

function readPool(text: string): PoolOptions {
  const [slot = '', fs = '', size = ''] = text.split(':');
  const bytes = parseBytes(size);
  if (slot === '' || !isFileSystem(fs) || bytes === undefined) {
    throw new UsageError(
      `--pool ${text}: expected SLOT:FS:SIZE, FS one of btrfs, xfs, ext4, SIZE such as 4TiB`,
    );
  }
  return { slot, fs, bytes };
}

const isFileSystem = (text: string): text is PoolFileSystem => ['btrfs', 'xfs', 'ext4'].includes(text);

function readUser(text: string): UserOptions {
  const [name, password] = pair('user', text, ':');
  return { name, password };
}

function readDelay(text: string): LatencyRules {
  const [, min, max] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(text) ?? [];
  if (min === undefined) throw new UsageError(`--latency ${text}: expected 200, or 150-250`);
  return { perCommandMs: max === undefined ? Number(min) : { min: Number(min), max: Number(max) } };
}

function assumed(flags: ReadonlyMap<FlagName, readonly string[]>): AllAssumptions {
  const changes = many(flags, 'assume').map((text) => pair('assume', text, '='));
  try {
    return assume(flags.has('kind'), changes);
  } catch (error) {
    throw error instanceof AssumptionError ? new UsageError(`--assume: ${error.message}`) : error;
  }
}

function rows(): string[] {
  return Object.entries<Flag>(FLAGS).map(([name, { takes, help, fallback }]) => {
    const left = `  --${name}${takes ? ` ${takes}` : ''}`;
    return `${left.padEnd(29)} ${help}${fallback === undefined ? '' : ` (${fallback})`}`;
  });
}
