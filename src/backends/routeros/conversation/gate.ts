import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { readOffset } from '../operations/times.ts';
import { asText, each, local, map, variable } from '../script/code.ts';
import { rows, setting } from '../script/command.ts';
import { readReply } from '../script/reply.ts';
import { answer, script } from '../script/script.ts';
import type { ApplianceSession, Prepare } from '../ssh/appliance.ts';
import type { ApplianceFacts } from './facts.ts';
import { readUptime } from './uptime.ts';

/** From 7.21 on an export's NQN can be chosen (command schemas of 7.20 and 7.21). */
const OLDEST = { major: 7, minor: 21 };
const PACKAGE = 'rose-storage';
/** No script of ours is longer, in bytes; the gate sends a line of this length, so that what fits is known. */
export const LONGEST_LINE = 8192;

const factsSchema = z.object({
  version: z.string(),
  uptime: z.string(),
  identity: z.string(),
  offset: z.union([z.number(), z.string()]),
});
export const packageSchema = z.object({
  name: z.string(),
  disabled: z.union([z.boolean(), z.string()]).nullish(),
});

export interface GateOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * What each connection goes through before it serves: the appliance says what it is, and is turned away, with the
 * remedy in words, where the driver cannot work with it.
 */
export function gate({ name, clock, random }: GateOptions): Prepare<ApplianceFacts> {
  return async (session) => {
    const nonce = Buffer.from(random(6)).toString('hex');
    const { answers, error } = await ask(session, nonce, name);
    if (error !== undefined) throw new BackendError('protocol', `appliance ${name} answered: ${error}`);
    const readAt = clock.monotonic();
    const facts = factsSchema.parse(answers.find(({ kind }) => kind === 'facts')?.value);
    requireVersion(name, facts.version);
    const packages = answers
      .filter(({ kind }) => kind === 'package')
      .map(({ value }) => packageSchema.parse(value));
    requirePackage(name, packages);
    return {
      version: facts.version.split(' ')[0] ?? '',
      identity: facts.identity,
      uptimeS: readUptime(facts.uptime) ?? unreadable(name, 'its uptime', facts.uptime),
      readAt,
      gmtOffsetS:
        readOffset(facts.offset) ?? unreadable(name, 'the offset of its clock', String(facts.offset)),
    };
  };
}

async function ask(session: ApplianceSession, nonce: string, name: string) {
  const { text } = await session.exec({ operation: 'gate', line: gateLine(nonce) });
  try {
    return readReply(text, nonce);
  } catch (cause) {
    const seen = JSON.stringify(text.slice(0, 200));
    throw new BackendError(
      'protocol',
      `appliance ${name} did not answer a script of ${LONGEST_LINE} bytes as RouterOS does (${seen}); is it a RouterOS ` +
        'appliance, and does its user have the policies ssh, read and write?',
      { cause },
    );
  }
}

/** As long as the longest line that the driver sends. */
function gateLine(nonce: string): string {
  const body = (filling: string) => [
    local('w', filling),
    answer(
      'facts',
      map({
        version: setting('/system/resource', 'version'),
        uptime: asText(setting('/system/resource', 'uptime')),
        identity: setting('/system/identity', 'name'),
        offset: setting('/system/clock', 'gmt-offset'),
      }),
    ),
    each('d', rows('/system/package', ['name', 'disabled']), [answer('package', variable('d'))]),
  ];
  const short = script(nonce, undefined, body('')).line.length;
  return script(nonce, undefined, body('x'.repeat(LONGEST_LINE - short))).line;
}

export function requireVersion(name: string, text: string): void {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  const isNewEnough =
    Number(major) > OLDEST.major || (Number(major) === OLDEST.major && Number(minor) >= OLDEST.minor);
  if (isNewEnough) return;
  throw new BackendError(
    'unsupported',
    `appliance ${name} runs RouterOS ${JSON.stringify(text)}; this driver needs ${OLDEST.major}.${OLDEST.minor} or ` +
      'newer, since older versions cannot choose the NQN of an export: update RouterOS',
  );
}

export function requirePackage(name: string, packages: readonly z.infer<typeof packageSchema>[]): void {
  const found = packages.find((one) => one.name === PACKAGE);
  if (found && found.disabled !== true && found.disabled !== 'true' && found.disabled !== 'yes') return;
  throw new BackendError(
    'unsupported',
    `appliance ${name} has no package ${PACKAGE}${found ? ' enabled' : ''}: install and enable it in System, Packages, ` +
      'and reboot the appliance',
  );
}

function unreadable(name: string, what: string, seen: string): never {
  throw new BackendError(
    'protocol',
    `appliance ${name} tells ${what} in an unknown form: ${JSON.stringify(seen)}`,
  );
}
