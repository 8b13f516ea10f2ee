import { BackendError } from '../../../core/storage/backend-error.ts';
import { SshAppliance, type SshApplianceParts } from '../ssh/ssh-appliance.ts';
import { noSshMetrics } from '../ssh/ssh-metrics.ts';

/**
 * Connects, or says why not. A command that a person waits for does not try for ever, as the driver does.
 * @throws BackendError `unavailable` with the reason · `invalid` settings with which it can never work
 * @throws the signal's reason
 */
export async function connectOnce<Facts>(
  parts: Omit<SshApplianceParts<Facts>, 'metrics'>,
  signal: AbortSignal,
): Promise<SshAppliance<Facts>> {
  signal.throwIfAborted();
  const met = Promise.withResolvers<void>();
  const appliance: SshAppliance<Facts> = new SshAppliance({
    ...parts,
    metrics: {
      ...noSshMetrics,
      state: (state) => {
        if (state === 'connected') met.resolve();
        if (state === 'away') met.reject(awayError(parts.settings.name, appliance.health().reason));
      },
    },
  });
  // Once it is met, being away later is told to the calls.
  met.promise.catch(() => undefined);
  const abort = () => met.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    appliance.start();
    await met.promise;
    return appliance;
  } catch (error) {
    await appliance.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const awayError = (name: string, reason = 'unknown'): BackendError =>
  new BackendError('unavailable', `appliance ${name} cannot be reached: ${reason}`);
