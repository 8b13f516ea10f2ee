import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { until } from '../../../test/support/until.ts';
import { silentLogger } from '../observe/logger.ts';
import { ReconcileRunner } from './runner.ts';

function rig(round: () => Promise<void> = async () => undefined) {
  const clock = new ManualClock();
  const rounds: number[] = [];
  const outcomes: string[] = [];
  let due: number | undefined;
  let forgotten = 0;
  const reconciler = {
    round: async () => {
      rounds.push(clock.monotonic());
      await round();
    },
    dueAt: () => due,
    forget: () => {
      forgotten += 1;
    },
  };
  const runner = new ReconcileRunner({
    timetable: [{ name: 'x', reconciler, everyMs: 300_000, onTrigger: true }],
    clock,
    logger: silentLogger,
    reports: {
      acted: () => undefined,
      counts: () => undefined,
      round: (_, outcome) => outcomes.push(outcome),
    },
    roundMs: 60_000,
  });
  const stop = new AbortController();
  const term = { valid: true };
  const running = runner.run({ signal: stop.signal, valid: () => term.valid && !stop.signal.aborted });
  const end = async () => {
    stop.abort(new Error('over'));
    await running;
  };
  const idle = (count: number) =>
    until(
      `round ${count}`,
      () => rounds.length === count && outcomes.length === count && clock.sleeping === 1,
    );
  return {
    clock,
    runner,
    rounds,
    outcomes,
    term,
    end,
    idle,
    setDue: (at: number) => (due = at),
    forgotten: () => forgotten,
  };
}

describe('the reconcile runner', () => {
  test('begins at once, and goes on by the clock', async () => {
    const { clock, rounds, end, idle, forgotten } = rig();
    await idle(1);
    clock.advance(299_000);
    expect(rounds).toHaveLength(1);
    clock.advance(1000);
    await idle(2);
    expect(forgotten()).toBe(1);
    await end();
  });

  test('makes one round of a crowd of triggers', async () => {
    const { clock, runner, rounds, end, idle } = rig();
    await idle(1);
    for (let at = 0; at < 50; at += 1) runner.trigger('a node is not ready');
    await until('it gathers', () => clock.sleeping === 1);
    clock.advance(1000);
    await idle(2);
    clock.advance(10_000);
    expect(rounds).toHaveLength(2);
    await end();
  });

  test('comes back when a finding can be confirmed', async () => {
    const { clock, rounds, end, idle, setDue } = rig();
    setDue(120_000);
    await idle(1);
    clock.advance(120_000);
    await idle(2);
    expect(rounds).toEqual([0, 120_000]);
    await end();
  });

  test('looks again soon after a round that could not look', async () => {
    let failing = true;
    const { clock, outcomes, end, idle } = rig(async () => {
      if (failing) throw new Error('the API server is away');
    });
    await idle(1);
    failing = false;
    clock.advance(15_000);
    await idle(2);
    expect(outcomes).toEqual(['skipped', 'done']);
    await end();
  });

  test('does nothing without a mandate', async () => {
    const { clock, rounds, term, runner, end, idle } = rig();
    await idle(1);
    term.valid = false;
    runner.trigger('the appliance answers');
    await until('it gathers', () => clock.sleeping === 1);
    clock.advance(1000);
    await Promise.resolve();
    expect(rounds).toHaveLength(1);
    await end();
  });
});
