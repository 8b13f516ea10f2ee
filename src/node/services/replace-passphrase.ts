import type { CallContext } from '../../core/call-context.ts';
import type { Cryptsetup } from '../luks/cryptsetup.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';

interface Replacement {
  readonly current: Uint8Array;
  readonly previous: Uint8Array;
}

/**
 * Lets the current passphrase open the device instead of the previous one: added first, tried, and only then is the
 * other removed. Each step is asked for, not remembered, so that it goes on from wherever it was interrupted; where
 * neither opens the device nothing is changed.
 * @throws NodeError `unavailable`
 */
export async function replacePrevious(
  cryptsetup: Cryptsetup,
  { path, volumeId }: AttachedDevice,
  { current, previous }: Replacement,
  context: CallContext,
): Promise<void> {
  const before = await cryptsetup.opens(path, previous, context);
  if (!before) return;
  if (!(await cryptsetup.opens(path, current, context))) {
    await cryptsetup.addPassphrase(path, previous, current, context);
    if (!(await cryptsetup.opens(path, current, context))) {
      throw new NodeError(
        'unavailable',
        `volume ${volumeId}: the new passphrase was added to ${path}, but does not open it`,
      );
    }
  }
  await cryptsetup.removePassphrase(path, previous, context);
  context.logger.info({ volumeId, device: path }, 'replaced the previous key of an encrypted volume');
}
