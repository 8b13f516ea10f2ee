/** Levels: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ */
export const auditPolicy = (user: string): string =>
  JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    rules: [{ level: 'Metadata', users: [user] }, { level: 'None' }],
  });

interface Entry {
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string };
}

/** The driver's own requests, as the API server has counted them. */
export class Requests {
  constructor(private readonly auditLog: string) {}

  /** Each as `verb resource`, in the order in which they ended. Watches count when they end. */
  async all(): Promise<string[]> {
    const lines = (await Bun.file(this.auditLog).text()).split('\n').filter((line) => line !== '');
    return lines
      .map((line) => JSON.parse(line) as Entry)
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? 'other'}`);
  }

  /** What came while something was done, by kind. */
  async during(work: () => Promise<unknown>): Promise<Map<string, number>> {
    const before = (await this.all()).length;
    await work();
    const counts = new Map<string, number>();
    for (const one of (await this.all()).slice(before)) counts.set(one, (counts.get(one) ?? 0) + 1);
    return counts;
  }
}

/** Without what the Lease costs, which is by the clock and not by what is done. */
export const withoutLease = (counts: ReadonlyMap<string, number>): number =>
  [...counts].reduce((sum, [kind, count]) => sum + (kind.endsWith(' leases') ? 0 : count), 0);
