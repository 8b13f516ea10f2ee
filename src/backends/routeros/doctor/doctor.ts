import type { Clock } from '../../../core/clock.ts';
import { answerDisks, disksOf, portOf } from '../operations/disk-row.ts';
import type { NvmePorts } from '../operations/ports.ts';
import { matches, property } from '../script/code.ts';
import type { SshAccess } from '../ssh/ssh-access.ts';
import type { SshSettings } from '../ssh/ssh-settings.ts';
import type { Check, Result } from './check.ts';
import { ERRORS, LINE_LENGTH, WRAPPING } from './checks/channel-checks.ts';
import { CHANNEL_AHEAD, hostKeyCheck, LOGIN, REACH } from './checks/connection-checks.ts';
import { LANGUAGE } from './checks/language.ts';
import { LEFTOVERS } from './checks/leftovers.ts';
import { POLICIES } from './checks/policies.ts';
import { poolsCheck, readPools } from './checks/pools-check.ts';
import { portsCheck } from './checks/ports-check.ts';
import { CLOCK, PACKAGE, sessionsCheck, UPTIME, VERSION } from './checks/system-checks.ts';
import { examine } from './examine.ts';
import { Patient } from './patient.ts';
import { Bench, freePort, type TrialPool } from './trials/bench.ts';
import { cleanUp } from './trials/clean-up.ts';
import { asCheck } from './trials/trial.ts';
import { TRIALS } from './trials/trials.ts';

export interface DoctorOptions {
  readonly access: SshAccess;
  readonly ssh: SshSettings;
  /** Whether whoever answers is to be trusted, as was asked for by name. */
  readonly insecureAsked: boolean;
  readonly ports: NvmePorts;
  /** Those that the driver is to use; empty: all. */
  readonly pools: readonly string[];
  readonly reservePercent: number;
  /** Whether to make and remove things on the appliance. */
  readonly writeTests: boolean;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  /** Ends it early; what was made is removed all the same. */
  readonly signal: AbortSignal;
  /** Each result as it comes. */
  readonly told: (result: Result) => void;
}

export interface Examination {
  readonly results: readonly Result[];
  /** What the write tests made and could not remove, in words. */
  readonly left: readonly string[];
  readonly interrupted: boolean;
}

const CLEAN_UP_TIMEOUT_MS = 60_000;

/**
 * Looks an appliance over from the network up to its scripts, and with write tests finds out what nobody has published.
 * @throws BackendError `invalid` settings with which it can never work
 */
export async function examineAppliance(options: DoctorOptions): Promise<Examination> {
  const patient = new Patient(options);
  const results: Result[] = [];
  const left: string[] = [];
  let interrupted = false;
  try {
    await examine(checksFor(options), patient, results, options.told);
    if (options.writeTests) left.push(...(await tryWrites(options, patient, results)));
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    interrupted = options.signal.aborted;
    await patient.close();
  }
  return { results, left, interrupted };
}

interface ChecksOptions
  extends Pick<DoctorOptions, 'insecureAsked' | 'pools' | 'reservePercent' | 'ports' | 'writeTests'> {
  readonly access: Pick<SshAccess, 'sessions'>;
}

/** In their order. */
export const checksFor = (options: ChecksOptions): Check[] => [
  REACH,
  hostKeyCheck(options.insecureAsked),
  LOGIN,
  POLICIES,
  VERSION,
  PACKAGE,
  poolsCheck(options.pools, options.reservePercent),
  sessionsCheck(options.access.sessions),
  portsCheck(options.ports),
  CLOCK,
  LINE_LENGTH,
  WRAPPING,
  UPTIME,
  LANGUAGE,
  ERRORS,
  CHANNEL_AHEAD,
  ...(options.writeTests ? [LEFTOVERS] : []),
];

/** @returns what could not be removed again */
async function tryWrites(options: DoctorOptions, patient: Patient, results: Result[]): Promise<string[]> {
  const needed = ['pools', 'version', 'package', 'language'];
  const broken = results.find(
    ({ id, status }) => needed.includes(id) && (status === 'failed' || status === 'skipped'),
  );
  if (broken) {
    const skipped = {
      id: 'write-tests',
      title: 'write tests',
      settles: [],
      ms: 0,
      status: 'skipped',
    } as const;
    results.push({ ...skipped, seen: `needs ${broken.id}` });
    options.told({ ...skipped, seen: `needs ${broken.id}` });
    return [];
  }
  const bench = await prepare(options, patient);
  let left: string[] = [];
  try {
    const trials = TRIALS.map((trial) => asCheck(trial, bench));
    await examine(trials, patient, results, options.told);
  } finally {
    left = await cleanUp(patient, bench, AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS));
    results.push(cleanedUp(left));
    options.told(cleanedUp(left));
  }
  return left;
}

function cleanedUp(left: readonly string[]): Result {
  const common = { id: 'clean-up', title: 'what the write tests made is removed', settles: [], ms: 0 };
  if (left.length === 0) return { ...common, status: 'ok', seen: 'nothing is left' };
  return { ...common, status: 'failed', seen: `LEFT: ${left.join('; ')}`, remedy: 'remove it by hand' };
}

async function prepare({ ports, pools }: DoctorOptions, patient: Patient): Promise<Bench> {
  const reply = await patient.ask('ports', [answerDisks(matches(property('slot'), '.'))]);
  const used = new Set(disksOf(reply).flatMap((disk) => portOf(disk) ?? []));
  return new Bench(patient, patient.random(4), await choosePool(patient, pools), freePort(ports, used));
}

/** The driver's first pool; where it may use all, a btrfs pool, on which there is more to try. */
async function choosePool(patient: Patient, wanted: readonly string[]): Promise<TrialPool> {
  const mounted = (await readPools(patient)).filter((pool) => pool['mount-point'] !== '');
  const chosen =
    mounted.find((pool) => pool['mount-point'] === wanted[0]) ??
    mounted.find(({ fs }) => fs === 'btrfs') ??
    mounted[0];
  if (!chosen) throw new Error('there is no pool to try anything on');
  return { name: chosen['mount-point'], fs: chosen.fs, label: chosen['fs-label'] };
}
