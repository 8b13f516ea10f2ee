import type { Logger } from '../../core/observe/logger.ts';
import type { DeviceObservation, Transport } from '../transports/transport.ts';

/** Over all transports. One that cannot say is left out and logged: a scrape still gets all else. */
export async function observeAll(
  transports: readonly Pick<Transport, 'name' | 'observe'>[],
  logger: Logger,
): Promise<readonly DeviceObservation[]> {
  const found = await Promise.allSettled(transports.map((transport) => transport.observe()));
  return found.flatMap((result, index) => {
    if (result.status === 'fulfilled') return result.value;
    logger.warn({ err: result.reason, transport: transports[index]?.name }, 'volumes could not be measured');
    return [];
  });
}
