import type { CsiClient } from '../../../src/core/csi/client.ts';
import { createRequest } from '../create-request.ts';
import { load, loadUntil } from '../statistics.ts';
import type { Line, Rig } from './rig.ts';

const CALLS = 100;

export interface Burst {
  readonly kind: string;
  readonly ms: number;
  /** The driver's limit of connections. */
  readonly sessions: number;
  readonly operation: string;
  readonly wallMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly execs: number;
  /** Connections that ran something; and how many were opened meanwhile. */
  readonly connections: number;
  readonly opened: number;
  /** Of Probe meanwhile. */
  readonly probeP50Ms: number;
  readonly probeP99Ms: number;
}

/** 100 creates at once with a driver that has one connection, then 100 deletes at once with those that stand. */
export function bursts(rig: Rig, line: Line & { readonly sessions: number }, run: number): Promise<Burst[]> {
  return rig.connected(line, async ({ driver: { client } }) => {
    const ids: string[] = [];
    const name = (at: number) => `burst-${line.kind}-${line.ms}-${line.sessions}-${run}-${at}`;
    const create = async (at: number) => {
      const { volume } = await client.controller.createVolume(createRequest(name(at)));
      ids.push(volume?.volumeId ?? '');
    };
    const remove = (at: number) => client.controller.deleteVolume({ volumeId: ids[at] ?? '', secrets: {} });
    await client.identity.probe({});
    return [
      await burst(rig, line, `${CALLS} creates`, client, create),
      await burst(rig, line, `${CALLS} deletes`, client, remove),
    ];
  });
}

async function burst(
  rig: Rig,
  { kind, ms, sessions }: Line & { readonly sessions: number },
  operation: string,
  client: CsiClient,
  call: (at: number) => Promise<unknown>,
): Promise<Burst> {
  const before = await rig.simulator.sessions();
  const measured = { wallMs: 0, p50Ms: 0, p99Ms: 0, probeP50Ms: 0, probeP99Ms: 0 };
  const execs = await rig.execsDuring(async () => {
    const begun = performance.now();
    const working = load(CALLS, CALLS, call);
    const probing = loadUntil(working, () => client.identity.probe({}));
    const { p50Ms, p99Ms } = await working;
    Object.assign(measured, { wallMs: performance.now() - begun, p50Ms, p99Ms });
    const probes = await probing;
    Object.assign(measured, { probeP50Ms: probes.p50Ms, probeP99Ms: probes.p99Ms });
  });
  const after = await rig.simulator.sessions();
  return {
    ...{ kind, ms, sessions, operation, ...measured },
    execs: execs.length,
    connections: new Set(execs.map(({ session }) => session)).size,
    opened: after.logins - before.logins,
  };
}
