import type { CallContext } from '../../core/call-context.ts';
import { failureText } from '../exec/command-failure.ts';
import type { CommandRunner } from '../exec/command-runner.ts';
import { NodeError } from '../node-error.ts';

/** What libblkid recognises on a device. */
export interface Signature {
  /** Such as `ext4`, `crypto_LUKS`, `LVM2_member`; a partition table's type where there is one alone. */
  readonly type: string;
}

/** blkid(8), "Exit status". */
const NOTHING_FOUND = 2;
const AMBIVALENT = 8;

/**
 * Asks `blkid -p`, which reads the device itself and no cache.
 * @returns undefined where nothing is recognised. That is no proof of blankness: blkid says the same where reads
 * fail (seen with util-linux 2.38 on a loop device behind its file's end)
 * @throws NodeError `precondition` several signatures contradict each other · `unavailable` blkid failed
 */
export async function probeSignature(
  path: string,
  runner: CommandRunner,
  context: CallContext,
): Promise<Signature | undefined> {
  const result = await runner.run(['blkid', '-p', '-o', 'export', path], { signal: context.signal });
  // A device that cannot be opened gives 2 as well, but not silently.
  if (result.exitCode === NOTHING_FOUND && result.stderr.trim() === '') return undefined;
  if (result.exitCode === AMBIVALENT) {
    throw new NodeError(
      'precondition',
      `${path} carries signatures of several formats (${failureText(result)}); it is left as it is: look at it ` +
        'with wipefs, and remove what does not belong there',
    );
  }
  if (result.exitCode !== 0) {
    throw new NodeError('unavailable', `blkid could not examine ${path}: ${failureText(result)}`);
  }
  return signatureOf(parseExport(result.stdout), path);
}

function signatureOf(tags: ReadonlyMap<string, string>, path: string): Signature {
  const type = tags.get('TYPE') ?? tags.get('PTTYPE');
  if (type === undefined) {
    throw new NodeError('unavailable', `blkid found something on ${path}, but said not of what type`);
  }
  return { type };
}

/**
 * Reads `NAME=value` lines as `blkid -o export` prints them; values keep their shell quoting.
 * @throws NodeError `protocol`
 */
export function parseExport(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw new NodeError('protocol', `not a line of blkid's export format: ${JSON.stringify(line)}`);
      }
      return [name, value];
    }),
  );
}
