import { detachedContext } from '../../src/core/call-context.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import { isConnectionFault } from '../simulator/faults/fault.ts';
import type { ActiveRule } from '../simulator/faults/fault-rule.ts';
import { until } from '../support/until.ts';
import { type FaultCase, faultCases, type Rehearsal } from './fault-case.ts';
import type { Act, Scenario } from './scenario.ts';
import { type World, within } from './world.ts';

export interface SweepOptions {
  /** Which cases are run; default: all. */
  readonly pick?: (one: FaultCase, at: number) => boolean;
  /** Cases at once, where they do not disturb each other. */
  readonly inFlight?: number;
}

/** How the struck call ended, counted. */
export interface Tally {
  cases: number;
  /** Succeeded although the fault struck. */
  succeeded: number;
  /** The fault found nothing to strike: what it was meant for did not run this time. */
  missed: number;
  readonly failures: string[];
}

const PATIENCE_MS = 20_000;

/** One operation with every fault at every point, and what is left of it behind a CO's retries. */
export async function sweep(
  world: World,
  scenario: Scenario,
  { pick = () => true, inFlight = 6 }: SweepOptions = {},
): Promise<Tally> {
  const tally: Tally = { cases: 0, succeeded: 0, missed: 0, failures: [] };
  const before = world.everything();
  const prefix = scenario.title.replace(/[^a-z]+/g, '-');
  // The first one makes folders that stay.
  await rehearse(world, scenario, `${prefix}-first`);
  const rehearsal = await rehearse(world, scenario, `${prefix}-rehearsal`);
  const all = faultCases(rehearsal)
    .filter(pick)
    .map((one, at) => ({ one, key: `${prefix}-${at}` }));
  const run = async ({ one, key }: (typeof all)[number]) => {
    try {
      await runCase(world, scenario, one, key, tally);
    } catch (error) {
      tally.failures.push(
        `${scenario.title}: ${one.title}: ${error instanceof Error ? error.message : error}`,
      );
    }
    tally.cases += 1;
  };
  const [alone, together] = [true, false].map((wanted) =>
    all.filter(({ one }) => (scenario.alone || one.alone) === wanted),
  );
  await inTurns(together ?? [], inFlight, run);
  await inTurns(alone ?? [], 1, run);
  const left = world.everything().filter((what) => !before.includes(what));
  tally.failures.push(...world.losses.splice(0), ...left.map((what) => `${scenario.title}: left: ${what}`));
  return tally;
}

/** What the operation does where nothing goes wrong. */
async function rehearse(world: World, scenario: Scenario, key: string): Promise<Rehearsal> {
  const act = await scenario.begin(world, key);
  const entries = await world.simulator.journal.during(async () =>
    act.verify(await act.run(within(PATIENCE_MS))),
  );
  const own = entries.filter(({ text }) => act.execs.test(text));
  await finish(world, act);
  return { execs: own.length, commands: own.flatMap(({ statements }) => statements) };
}

async function runCase(
  world: World,
  scenario: Scenario,
  one: FaultCase,
  key: string,
  tally: Tally,
): Promise<void> {
  const act = await scenario.begin(world, key);
  try {
    await strike(world, scenario, one, act, tally);
    act.verify(await world.persist((context) => act.run(context)));
  } finally {
    await finish(world, act);
  }
}

/** Calls the operation once with the fault in force. */
async function strike(
  world: World,
  { writes }: Scenario,
  { rule, ending }: FaultCase,
  act: Act,
  tally: Tally,
): Promise<void> {
  const connection = isConnectionFault(rule.fault);
  const active = world.simulator.faults.add(
    connection ? rule : { ...rule, on: { ...rule.on, exec: act.execs } },
  );
  try {
    if (connection) await loseConnection(world);
    const error = await callUntilMet(world, act, active, ending);
    if (active.met === 0 && !connection) tally.missed += 1;
    else if (error === undefined) tally.succeeded += 1;
    else requireEnding(error, writes ? ending : readEnding(ending));
    requireNothingMade(world, act, error);
  } finally {
    active.remove();
  }
}

/** Another case may have cut the last connection before the fault was met: that is no ending of this one. */
async function callUntilMet(
  world: World,
  act: Act,
  rule: ActiveRule,
  ending: FaultCase['ending'],
): Promise<unknown> {
  for (let left = 5; ; left -= 1) {
    const error = await call(act, rule, ending);
    const again = left > 0 && ending !== 'not-sent' && rule.met === 0 && error !== undefined;
    if (!again) return error;
    await until('the connection', () => world.backend.health().connected);
  }
}

/** @returns what it failed with; undefined: it succeeded, and the appliance is so */
async function call(act: Act, rule: ActiveRule, ending: FaultCase['ending']): Promise<unknown> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE_MS)]);
  if (ending === 'given-up')
    void rule
      .whenMet(1, signal)
      .then(() => over.abort(GIVEN_UP))
      .catch(() => undefined);
  let outcome: unknown;
  try {
    outcome = await act.run(detachedContext(signal));
  } catch (error) {
    return error;
  } finally {
    over.abort(GIVEN_UP);
  }
  act.verify(outcome);
  return undefined;
}

const GIVEN_UP = new BackendError('timeout', 'the caller has given up');

async function loseConnection(world: World): Promise<void> {
  world.simulator.dropSessions();
  await until('the connection to be lost', () => !world.backend.health().connected);
}

/** A read has no outcome that could be unknown. */
const readEnding = (ending: FaultCase['ending']): FaultCase['ending'] =>
  ending === 'unknown' ? { refused: 'unavailable' } : ending;

function isRight(error: BackendError, ending: FaultCase['ending']): boolean {
  const { kind, uncertain } = error;
  if (ending === 'success') return false;
  if (ending === 'given-up') return error === GIVEN_UP;
  if (ending === 'unknown') return kind === 'unavailable' && uncertain;
  if (ending === 'not-sent') return kind === 'unavailable' && !uncertain;
  return kind === ending.refused || isDone(error);
}

function requireEnding(error: unknown, ending: FaultCase['ending']): void {
  if (!(error instanceof BackendError)) throw new Error(`it failed with no BackendError: ${error}`);
  const { kind, uncertain, message } = error;
  const told = `${uncertain ? 'uncertain ' : ''}${kind} (${message})`;
  const right = isRight(error, ending);
  if (!right) throw new Error(`it ended with ${told}, where ${JSON.stringify(ending)} was expected`);
}

/** The appliance refused only to tell what became of it. */
const isDone = ({ kind, uncertain }: BackendError): boolean => kind === 'unavailable' && uncertain;

function requireNothingMade(world: World, { makes = [] }: Act, error: unknown): void {
  if (!(error instanceof BackendError) || error.uncertain || error.kind === 'timeout') return;
  const made = makes.length === 0 ? [] : world.remains(...makes);
  if (made.length > 0) throw new Error(`it failed for good (${error.message}), and left ${made.join(', ')}`);
}

async function finish(world: World, act: Act): Promise<void> {
  await act.end();
  const left = world.remains(...act.slots);
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}

async function inTurns<T>(
  items: readonly T[],
  inFlight: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
