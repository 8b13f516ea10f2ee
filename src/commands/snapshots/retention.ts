/** A VolumeSnapshot of a schedule, as far as retention looks at it. */
export interface ScheduledSnapshot {
  readonly name: string;
  readonly uid: string;
  /** The claim that it is of. */
  readonly claim: string;
  /** Ready to restore from, and not being deleted. */
  readonly good: boolean;
  readonly deleting: boolean;
  /** ms since 1970-01-01 UTC. */
  readonly takenAt: number;
}

/**
 * What a schedule may delete: of each claim all that is older than the `keep` newest good ones. Only good ones count, so
 * that failures never push a good one out; and where there are fewer, nothing goes at all. Age alone deletes nothing: a
 * schedule that stopped working keeps what it has.
 * @param keep 1 or more
 */
export function superfluous(snapshots: readonly ScheduledSnapshot[], keep: number): ScheduledSnapshot[] {
  const claims = new Set(snapshots.map(({ claim }) => claim));
  return [...claims].flatMap((claim) => {
    const own = snapshots.filter((one) => one.claim === claim);
    const good = own.filter((one) => one.good).sort(newestFirst);
    const oldestKept = good[Math.max(1, keep) - 1];
    if (!oldestKept) return [];
    return own.filter((one) => !one.deleting && newestFirst(oldestKept, one) < 0);
  });
}

/** By name where two are of one moment: an order that every run agrees on. */
const newestFirst = (a: ScheduledSnapshot, b: ScheduledSnapshot): number =>
  b.takenAt - a.takenAt || Number(a.name < b.name) - Number(a.name > b.name);
