import { status } from '@grpc/grpc-js';
import type { CsiClient } from '../../../src/core/csi/client.ts';
import type { Relay } from '../../simulator/relay/relay.ts';
import { createRequest } from '../create-request.ts';
import type { LatencyKind, Rig } from './rig.ts';

const PATIENCE_MS = 60_000;
const LOOK_MS = 10;

export interface Silence {
  readonly kind: LatencyKind;
  readonly ms: number;
  /** From the first lost packet until Probe says not ready. */
  readonly noticedMs: number;
  /** What a call that was under way got, and when, from the first lost packet on. */
  readonly callUnderWay: { readonly code: string; readonly ms: number };
  /** What a new call gets once it was noticed. */
  readonly callAfterwards: { readonly code: string; readonly ms: number };
  /** From the network's return until the driver's next attempt to connect, as its back-off has it. */
  readonly untilAttemptMs: number;
  /** From that attempt until Probe says ready, and until a create was answered. */
  readonly readyMs: number;
  readonly backMs: number;
}

/** The network drops every packet, with nobody told; and comes back. */
export function silence(rig: Rig, ms: number): Promise<Silence> {
  return rig.connected({ kind: 'round trip', ms: Math.max(ms, 1) }, async ({ driver: { client }, relay }) => {
    const create = (name: string) => client.controller.createVolume(createRequest(name), PATIENCE_MS);
    await create(`before-silence-${ms}`);
    relay.blackHole();
    const begun = performance.now();
    const since = () => performance.now() - begun;
    const underWay = outcome(create(`in-silence-${ms}`));
    await untilReady(client, false);
    const noticedMs = since();
    const callAfterwards = await outcome(create(`after-silence-${ms}`));
    const callUnderWay = await underWay;
    relay.blackHole(false);
    const returned = performance.now();
    await anotherConnection(relay);
    const attempted = performance.now();
    await untilReady(client, true);
    const readyMs = performance.now() - attempted;
    await create(`back-${ms}`);
    return {
      ...{ kind: 'round trip', ms, noticedMs, callAfterwards },
      callUnderWay,
      untilAttemptMs: attempted - returned,
      readyMs,
      backMs: performance.now() - attempted,
    };
  });
}

async function outcome(call: Promise<unknown>): Promise<{ code: string; ms: number }> {
  const begun = performance.now();
  const code = await call.then(
    () => 'OK',
    (error: { code?: number }) => status[error.code ?? status.UNKNOWN] ?? 'no status',
  );
  return { code, ms: performance.now() - begun };
}

async function untilReady({ identity }: CsiClient, ready: boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await identity.probe({})).ready !== ready) {
    if (performance.now() > deadline) throw new Error(`Probe did not become ready=${ready}`);
    await Bun.sleep(LOOK_MS);
  }
}

/** One more than there are; those that were silenced stay. */
async function anotherConnection(relay: Relay): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (
    let known = relay.connections;
    relay.connections <= known;
    known = Math.min(known, relay.connections)
  ) {
    if (performance.now() > deadline) throw new Error('the driver did not try to connect');
    await Bun.sleep(1);
  }
}
