import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import type { EdgeServices } from '../../src/core/csi/server.ts';
import { type Outcome, TestEdge } from '../support/edge.ts';
import { HOSTILE_VALUES, type HostileValue } from './hostile-values.ts';
import { goodRequest, requestWith } from './requests.ts';
import { SERVED, type StringField, stringFields } from './string-fields.ts';

/** The services that are to survive. */
export interface FuzzTarget {
  readonly services: EdgeServices;
  /** What they keep, for comparison: refused requests must leave it as it is. */
  readonly state?: () => unknown;
  readonly stop?: () => Promise<void>;
}

const CALL_TIMEOUT_MS = 10_000;
const RANDOM_TEXTS = 8;

/**
 * Sends hostile text in every text field of every RPC through a real socket. What a schema must refuse is
 * INVALID_ARGUMENT, reaches no handler and changes no state; all else is answered with a code that says
 * something, and a Probe afterwards is good.
 */
export function fuzzEdge(title: string, makeTarget: () => FuzzTarget | Promise<FuzzTarget>): void {
  describe(title, () => {
    const called: string[] = [];
    let target: FuzzTarget;
    let edge: TestEdge;

    beforeAll(async () => {
      target = await makeTarget();
      edge = await TestEdge.start(recorded(target.services, called));
    });
    afterAll(async () => {
      await edge.stop();
      await target.stop?.();
    });

    const send = (field: StringField, { text, bytes }: Pick<HostileValue, 'text' | 'bytes'>) =>
      edge.client.call(field.rpc, requestWith(field, text), {
        timeoutMs: CALL_TIMEOUT_MS,
        ...(bytes ? { garble: replace(Buffer.from(text), bytes) } : {}),
      });

    test.each(SERVED)('%s: a good request reaches its handler', async (rpc) => {
      called.length = 0;
      await edge.client.call(rpc, goodRequest(rpc), { timeoutMs: CALL_TIMEOUT_MS });
      expect(called).toEqual([rpc]);
    });

    for (const field of SERVED.flatMap(stringFields)) {
      const name = `${field.rpc} ${field.field} (${field.kind})`;

      test(`${name}: what must be refused reaches no handler`, async () => {
        const before = Bun.inspect(await target.state?.(), { depth: 20 });
        for (const hostile of HOSTILE_VALUES.filter(({ refusedBy }) => refusedBy.has(field.kind))) {
          called.length = 0;
          const { code } = await send(field, hostile);
          expect([hostile.label, code, ...called]).toEqual([hostile.label, 'INVALID_ARGUMENT']);
        }
        expect(Bun.inspect(await target.state?.(), { depth: 20 })).toBe(before);
      });

      test(`${name}: all else is answered, and the server lives on`, async () => {
        for (const hostile of HOSTILE_VALUES.filter(({ refusedBy }) => !refusedBy.has(field.kind))) {
          expectAnswer(hostile.label, await send(field, hostile));
        }
        await fc.assert(
          fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), async (text) => {
            expectAnswer(text, await send(field, { text }));
          }),
          { numRuns: RANDOM_TEXTS },
        );
        expect((await edge.client.call('probe', {}, { timeoutMs: CALL_TIMEOUT_MS })).code).toBe('OK');
      });
    }
  });
}

/** A code that tells a caller what to do; the others mean that nobody had thought of it. */
function expectAnswer(label: string, { code, details }: Outcome): void {
  const unforeseen = !(code in status) || ['INTERNAL', 'UNKNOWN', 'DEADLINE_EXCEEDED'].includes(code);
  expect({ label, code, details, unforeseen }).toMatchObject({ unforeseen: false });
}

/** Notes which handlers are called. */
function recorded(services: EdgeServices, called: string[]): EdgeServices {
  const wrapped = Object.entries(services).map(([service, handlers]) => [
    service,
    Object.fromEntries(
      Object.entries(handlers as Record<string, (...given: unknown[]) => unknown>).map(([key, handler]) => [
        key,
        (...given: unknown[]) => {
          called.push(key);
          return handler(...given);
        },
      ]),
    ),
  ]);
  return Object.fromEntries(wrapped) as EdgeServices;
}

function replace(marker: Buffer, bytes: Buffer): (message: Buffer) => Buffer {
  return (message) => {
    const at = message.indexOf(marker);
    if (at < 0) throw new Error('the marker is not in the message');
    bytes.copy(message, at);
    return message;
  };
}
