import { z } from 'zod';
import type { Fault } from '../faults/fault.ts';
import type { FaultRule, FaultTarget } from '../faults/fault-rule.ts';
import type { LatencyRules } from '../latency/latency.ts';

const count = z.number().int().min(1);
const ms = z.number().min(0);
const text = z.string().exactOptional();

const moment = z
  .union([z.enum(['before', 'after', 'replied']), z.strictObject({ afterStatement: count })])
  .exactOptional();

/** Faults without settings of their own. */
const plain = z.strictObject({
  kind: z.enum([
    'refuse-connection',
    'auth-failure',
    'changed-host-key',
    'silent-connection',
    'reply-lost',
    'disk-full',
    'permission-denied',
    'busy',
    'sentinel-missing',
  ]),
});

const fault: z.ZodType<Fault> = z.union([
  plain,
  z.strictObject({ kind: z.enum(['cut', 'silent']), at: moment }),
  z.strictObject({ kind: z.literal('hang'), at: moment, ms: ms.exactOptional() }),
  z.strictObject({ kind: z.literal('reboot'), at: moment, awayMs: ms }),
  z.strictObject({ kind: z.literal('clock-jump'), at: moment, ms: z.number() }),
  z.strictObject({ kind: z.enum(['unknown-error', 'garbage-before', 'garbage-after', 'stray-line']), text }),
  z.strictObject({
    kind: z.literal('half-line'),
    line: count.exactOptional(),
    end: z.enum(['exit', 'cut']).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('wrap'), columns: count }),
  z.strictObject({ kind: z.literal('drip'), bytes: count, everyMs: ms }),
  z.strictObject({ kind: z.literal('exit-code'), code: z.number().int().min(0).max(255) }),
]);

/** An expression as JSON has it: its source. */
const pattern = z.string().transform((source, context) => {
  try {
    return new RegExp(source);
  } catch (error) {
    context.addIssue({ code: 'custom', message: String(error) });
    return z.NEVER;
  }
});

const target: z.ZodType<FaultTarget> = z.strictObject({
  exec: pattern.exactOptional(),
  statement: pattern.exactOptional(),
  slot: text,
  user: text,
});

const rule: z.ZodType<FaultRule> = z.strictObject({
  fault,
  on: target.exactOptional(),
  from: count.exactOptional(),
  /** `always` is what JSON has for Infinity. */
  times: z.union([count, z.literal('always').transform(() => Number.POSITIVE_INFINITY)]).exactOptional(),
});

const delay = z.union([ms, z.strictObject({ min: ms, max: ms })]).exactOptional();

const latency: z.ZodType<LatencyRules> = z.strictObject({
  perCommandMs: delay,
  perStatementMs: delay,
  perLoginMs: delay,
});

/** What was sent is not what is understood; the message says where. */
export class BadRequest extends Error {}

function read<Value>(schema: z.ZodType<Value>, json: unknown): Value {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new BadRequest(z.prettifyError(parsed.error));
}

/** A rule from JSON: expressions are strings, `times` may be `"always"`. @throws BadRequest */
export const readRule = (json: unknown): FaultRule => read(rule, json);

/** Latency from JSON: fixed or between two bounds. @throws BadRequest */
export const readLatency = (json: unknown): LatencyRules => read(latency, json);

/** Whom an initiator asks for. @throws BadRequest */
export const readConnect = (json: unknown): { nqn: string; port: number; hostNqn: string } =>
  read(z.strictObject({ nqn: z.string(), port: count, hostNqn: z.string() }), json);

/** How long a reboot takes. @throws BadRequest */
export const readReboot = (json: unknown): number => read(z.strictObject({ awayMs: ms }), json).awayMs;

/** How far the clock jumps. @throws BadRequest */
export const readJump = (json: unknown): number => read(z.strictObject({ ms: z.number() }), json).ms;
