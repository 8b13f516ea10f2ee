import type { ExecEntry } from '../../simulator/journal/journal.ts';
import { createRequest } from '../create-request.ts';
import { load, loadUntil, quantile } from '../statistics.ts';
import type { Rig } from './rig.ts';

const SESSIONS = 8;
/** Of each command; long enough that the simulator's own work does not keep connections waiting. */
const COMMAND_MS = 500;

export interface OwnTime {
  readonly inFlight: number;
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly probeP50Ms: number;
  readonly probeP99Ms: number;
  /** Processor time of the driver for one call, on average. */
  readonly cpuMs: number;
}

/**
 * What a create takes beside the appliance: its time without that in which its command ran there, and without that in
 * which all connections were busy with the commands of others. The appliance's journal says both. What remains is the
 * driver, SSH and gRPC at both of their ends, and the scheduling of three processes: an upper bound.
 *
 * Calls come spread over the time that one takes, as those of callers who know nothing of each other do.
 */
export function ownTime(rig: Rig, inFlight: number, calls: number): Promise<OwnTime> {
  const line = { kind: 'per command', ms: COMMAND_MS, sessions: SESSIONS } as const;
  return rig.connected(line, async ({ driver }) => {
    const { client } = driver;
    const spans = new Map<string, { readonly from: number; readonly to: number }>();
    const create = async (at: number) => {
      const name = `own-${inFlight}-${String(at).padStart(5, '0')}`;
      const from = now();
      await client.controller.createVolume(createRequest(name));
      spans.set(name, { from, to: now() });
    };
    // Connections are opened and code is compiled before anything is measured.
    await load(SESSIONS * 3, SESSIONS * 3, (at) =>
      client.controller.createVolume(createRequest(`warm-${inFlight}-${at}`)),
    );
    let probes = { p50Ms: 0, p99Ms: 0 };
    const cpuBefore = await cpuMs(driver.pid);
    const execs = await rig.execsDuring(async () => {
      const turn = inFlight > SESSIONS ? (inFlight / SESSIONS) * COMMAND_MS : COMMAND_MS;
      const creating = load(calls, inFlight, create, turn / inFlight);
      probes = await loadUntil(creating, () => client.identity.probe({}));
      await creating;
    });
    const cpu = (await cpuMs(driver.pid)) - cpuBefore;
    const own = ownTimes(spans, execs);
    return {
      ...{ inFlight, calls: own.length },
      p50Ms: quantile(own, 0.5),
      p99Ms: quantile(own, 0.99),
      probeP50Ms: probes.p50Ms,
      probeP99Ms: probes.p99Ms,
      cpuMs: cpu / calls,
    };
  });
}

/** Wall clock with fractions, ms: the journal of another process uses the same. */
const now = (): number => performance.timeOrigin + performance.now();

function ownTimes(
  spans: ReadonlyMap<string, { readonly from: number; readonly to: number }>,
  execs: readonly ExecEntry[],
): number[] {
  const freeSince = new Map<number, number>();
  const own: number[] = [];
  for (const { text, session, startedAt, endedAt = startedAt } of execs) {
    const name = /own-\d+-\d{5}/.exec(text)?.[0];
    const span = name === undefined ? undefined : spans.get(name);
    if (span) {
      const could = Math.max(span.from, freeSince.get(session) ?? 0);
      // The journal counts in whole ms, cut off.
      own.push(Math.max(0, startedAt - could) + Math.max(0, span.to - endedAt));
    }
    freeSince.set(session, endedAt);
  }
  return own;
}

/** Processor time of a process so far, ms. The kernel counts in ticks of 10 ms (proc_pid_stat(5)). */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await Bun.file(`/proc/${pid}/stat`).text();
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
