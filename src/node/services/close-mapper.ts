import type { CallContext } from '../../core/call-context.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { mapperName } from '../luks/mapper-name.ts';
import { NodeError } from '../node-error.ts';
import type { NodeDeps } from './node-deps.ts';
import type { VolumeDevice } from './volume-devices.ts';

type Closing = Pick<NodeDeps, 'cryptsetup' | 'mappers' | 'usage'>;

/**
 * Closes the opened device of a volume, if it is open.
 * @returns the volume without it
 * @throws NodeError `in-use` somebody mounts or holds it
 */
export async function closeMapper(
  deps: Closing,
  found: VolumeDevice,
  context: CallContext,
): Promise<VolumeDevice> {
  const { device, transport, mapper } = found;
  if (!mapper) return found;
  await deps.usage.assertUnused(mapper, [], context);
  await deps.cryptsetup.close(mapperName(device.volumeId, device.epoch), context);
  if (await deps.mappers.on(device)) {
    throw new NodeError(
      'in-use',
      `volume ${device.volumeId}: ${mapper.path} was closed, but still stands on ${device.path}`,
    );
  }
  return { device, transport };
}

/**
 * Closes opened devices whose lower device is gone, unless somebody uses them: then they stay, and take nobody's place
 * but their own epoch's.
 */
export async function closeOrphans(
  deps: Closing,
  id: VolumeId | undefined,
  context: CallContext,
): Promise<void> {
  for (const { name, ...orphan } of await deps.mappers.orphans(id)) {
    const users = await deps.usage.users(orphan);
    if (users.length > 0) {
      stillUsed(name, users, context);
      continue;
    }
    context.logger.warn({ mapper: name }, 'closing an encrypted volume whose device is gone');
    await deps.cryptsetup.close(name, context).catch((error: unknown) => {
      // Who only has it open, as an emulator of machines does, is not among its users.
      if (!(error instanceof NodeError) || error.kind !== 'in-use') throw error;
      stillUsed(name, [error.message], context);
    });
  }
}

const stillUsed = (mapper: string, users: readonly string[], { logger }: CallContext): void =>
  logger.warn(
    { mapper, users },
    'what an encrypted volume was opened as has lost its device, and is still used',
  );
