import { slotFor } from '../../../src/core/storage/volume-id.ts';
import type { ExecEntry } from '../../simulator/journal/journal.ts';
import { createRequest } from '../create-request.ts';
import { type ProbeTimes, probedDuring } from '../probing.ts';
import { load, quantile } from '../statistics.ts';
import type { Connected, Rig } from './rig.ts';
import { wallClock } from './wire-log.ts';

const SESSIONS = 8;
/** Volumes that are there for gets. */
const EXISTING = 100;
/** Rounds of a call for each existing volume before anything is measured: what is compiled while it runs is by then. */
const WARM_UPS = 10;
/** How often the calls are made: a hundredth of them is a few, and which few is a matter of luck. */
const ROUNDS = 3;
/** Of each command; long enough that the simulator's own work does not keep connections waiting. */
const COMMAND_MS = 200;

export interface OwnTime {
  readonly operation: string;
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
 * What a call takes beside the appliance: its time without that in which the driver waited for the appliance, and
 * without that in which all connections were busy with the commands of others. The appliance's journal says which
 * command is whose; a relay between the two says when the driver had sent it and when the reply came by. What remains
 * is the driver, gRPC at both ends, the client, and the scheduling of four processes on one machine: an upper bound.
 *
 * Calls come spread over the time that one takes, as those of callers who know nothing of each other do.
 */
export function ownTime(
  rig: Rig,
  operation: 'create' | 'get',
  inFlight: number,
  calls: number,
): Promise<OwnTime> {
  const line = { kind: 'per command', ms: COMMAND_MS, sessions: SESSIONS, logged: true } as const;
  return rig.connected(line, async (connected) => {
    const { driver } = connected;
    const { client } = driver;
    const clusterId = rig.simulator.settings()['CLUSTER_ID'] ?? '';
    const create = (at: number) =>
      client.controller.createVolume(createRequest(nameOf(operation, inFlight, at)));
    const handle = (at: number) => `rds/${slotFor(clusterId, nameOf(operation, inFlight, at))}`;
    const get = (at: number) => client.controller.controllerGetVolume({ volumeId: handle(at % EXISTING) });
    const call = operation === 'create' ? create : get;
    const remove = (at: number) => client.controller.deleteVolume({ volumeId: handle(at), secrets: {} });
    // Connections are opened and code is compiled before anything is measured, without waiting for each command.
    await rig.simulator.setLatency({ perCommandMs: 0 });
    if (operation === 'get') await warmUp(get, create);
    // Away again: the simulator's work grows with what is there, and a busy one answers all connections at once.
    else await warmUp((at) => create(at + calls).then(() => remove(at + calls)));
    await rig.simulator.setLatency({ perCommandMs: COMMAND_MS });

    const spans = new Spans();
    const timedCall = (at: number) =>
      spans.time(
        slotFor(clusterId, nameOf(operation, inFlight, at % (operation === 'get' ? EXISTING : calls))),
        () => call(at),
      );
    let probes: ProbeTimes = { probeP50Ms: Number.NaN, probeP99Ms: Number.NaN };
    let cpu = 0;
    const round = async (turnMs: number) => {
      const before = await cpuMs(driver.pid);
      await load(calls, inFlight, timedCall, turnMs / inFlight);
      cpu += (await cpuMs(driver.pid)) - before;
      if (operation === 'create') await load(calls, inFlight, remove);
    };
    const execs = await rig.execsDuring(async () => {
      const turn = inFlight > SESSIONS ? (inFlight / SESSIONS) * COMMAND_MS : COMMAND_MS;
      probes = await probedDuring(driver.endpoint, async () => {
        for (let at = 0; at < ROUNDS; at++) await round(turn);
      });
    });
    const own = spans.withoutAppliance(execs, connected);
    return {
      ...{ operation, inFlight, calls: own.length },
      p50Ms: quantile(own, 0.5),
      p99Ms: quantile(own, 0.99),
      ...probes,
      cpuMs: cpu / (calls * ROUNDS),
    };
  });
}

async function warmUp(call: Call, before?: Call): Promise<void> {
  if (before) await load(EXISTING, EXISTING, before);
  for (let round = 0; round < WARM_UPS; round++) await load(EXISTING, EXISTING, call);
}

type Call = (at: number) => Promise<unknown>;

const nameOf = (operation: string, inFlight: number, at: number): string =>
  `own-${operation}-${inFlight}-${at}`;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Calls by the slot that they are about, which their commands name too. */
class Spans {
  private readonly bySlot = new Map<string, Span[]>();

  async time(slot: string, call: () => Promise<unknown>): Promise<void> {
    const from = wallClock();
    await call();
    this.bySlot.set(slot, [...(this.bySlot.get(slot) ?? []), { from, to: wallClock() }]);
  }

  withoutAppliance(
    execs: readonly ExecEntry[],
    { log, connectionOf }: Pick<Connected, 'log' | 'connectionOf'>,
  ): number[] {
    const freeSince = new Map<number, number>();
    return execs.flatMap(({ text, session, startedAt, endedAt = startedAt }) => {
      const slot = /csi-[a-z2-7]{28}/.exec(text)?.[0] ?? '';
      const span = this.bySlot.get(slot)?.find(({ from, to }) => from <= endedAt && to >= startedAt);
      const free = freeSince.get(session) ?? 0;
      const connection = connectionOf(session);
      const sent = log.sentBefore(connection, startedAt);
      const came = log.cameAfter(connection, endedAt);
      if (came !== undefined) freeSince.set(session, came);
      if (!span || sent === undefined || came === undefined) return [];
      const begun = Math.max(span.from, free);
      return [sent - begun - log.awaited(connection, begun, sent) + span.to - came];
    });
  }
}

/** Processor time of a process so far, ms. The kernel counts in ticks of 10 ms (proc_pid_stat(5)). */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await Bun.file(`/proc/${pid}/stat`).text();
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
