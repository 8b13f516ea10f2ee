import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../core/clock.ts';
import type { LifeSigns } from './life-signs.ts';

export interface HeartbeatParts {
  readonly clock: Clock;
  readonly signs: LifeSigns;
  readonly probeAfterMs: number;
  readonly probeTimeoutMs: number;
  /** Does what makes a living appliance send something, over any connection. */
  stimulate(): void;
}

/**
 * Watches for a peer that swallows what it is sent.
 *
 * Why so: SSH's keepalive is a request that RouterOS does not answer, so counting silences would end healthy
 * connections. TCP's keepalive (`SshTimings.keepaliveMs`) finds a dead peer where a connection is idle for TCP, at no
 * cost to the appliance; but the kernel does not use it while something sent is not acknowledged, retransmits for a
 * quarter of an hour instead, and Bun offers no TCP_USER_TIMEOUT. So, besides: when no connection has brought a byte
 * for `probeAfterMs`, the appliance is asked for one, and has `probeTimeoutMs` to send it. What counts is the
 * appliance, not the connection: a command that runs for a minute keeps its own connection silent, and only that
 * one. Both together are below 15 s.
 *
 * @returns once the appliance is silent: for how long, in ms
 * @throws the signal's reason
 */
export async function untilSilent(parts: HeartbeatParts, signal: AbortSignal): Promise<number> {
  const { clock, signs, probeAfterMs } = parts;
  for (;;) {
    const rest = probeAfterMs - signs.silence();
    if (rest > 0) await clock.sleep(rest, signal);
    else if (!(await answers(parts, signal))) return signs.silence();
  }
}

async function answers(parts: HeartbeatParts, signal: AbortSignal): Promise<boolean> {
  let answered = false;
  const timer = new AbortController();
  const stop = () => timer.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  parts.signs.next().then(() => {
    answered = true;
    timer.abort();
  });
  parts.stimulate();
  try {
    await parts.clock.sleep(parts.probeTimeoutMs, timer.signal);
    // If this process was held up itself, timers are due before bytes that came long ago.
    await nextTurn();
  } catch {
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return answered;
}
