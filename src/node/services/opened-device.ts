import type { CallContext } from '../../core/call-context.ts';
import { type FormatNotes, NEVER_REPEATED } from '../filesystems/format-intent.ts';
import type { LuksHeader } from '../luks/luks-header.ts';
import { readLuksHeader } from '../luks/luks-header.ts';
import { IN_USE, luks2, NO_FILESYSTEM_YET } from '../luks/luks2.ts';
import { mapperName } from '../luks/mapper-name.ts';
import type { Passphrases } from '../luks/passphrases.ts';
import { NodeError } from '../node-error.ts';
import type { AttachedDevice } from '../transports/transport.ts';
import { closeOrphans } from './close-mapper.ts';
import type { NodeDeps } from './node-deps.ts';
import { unmountLeftOver } from './own-mounts.ts';
import { replacePrevious } from './replace-passphrase.ts';
import { setDeviceAccess } from './stage-device.ts';
import type { VolumeUse } from './stage-request.ts';

/** An incomplete last one is not used. */
const SECTOR_MAX_BYTES = 4096n;

interface Opening {
  readonly use: VolumeUse;
  readonly passphrases: Passphrases;
  readonly stagingPath: string;
}

/**
 * The opened device of an encrypted volume: made LUKS where it is proven blank, opened where it is not, and as large as
 * what it stands on. Open already: a success, whatever the passphrase.
 * @throws NodeError `permission` the passphrase is wrong · `precondition` it carries something else than LUKS ·
 * `in-use` what is left of a lost device is still used under its name
 */
export async function openedDevice(
  deps: NodeDeps,
  attached: AttachedDevice,
  opening: Opening,
  context: CallContext,
): Promise<AttachedDevice> {
  const { use } = opening;
  const open = await deps.mappers.on(attached);
  if (open) return ofFullSize(deps, attached, open, context);
  await unmountLeftOver(deps, use.id, opening.stagingPath, context);
  await closeOrphans(deps, use.id, context);
  const device = await setDeviceAccess(deps, attached, use.readonly, context);
  await deps.formatter.prepare(
    {
      volumeId: use.id,
      device,
      format: luks2(opening.passphrases.current, use.mount ? 'filesystem' : 'block'),
      readonly: use.readonly,
      mayFormat: use.target.mayFormat,
      notes: use.shared ? NEVER_REPEATED : deps.intents,
    },
    context,
  );
  await unlock(deps, device, opening, context);
  const opened = await deps.mappers.on(device);
  if (opened) return ofFullSize(deps, device, opened, context);
  throw new NodeError('protocol', `volume ${use.id}: ${device.path} was opened, but nothing stands on it`);
}

async function unlock(
  deps: NodeDeps,
  device: AttachedDevice,
  { use, passphrases }: Opening,
  context: CallContext,
): Promise<void> {
  const name = mapperName(use.id, device.epoch);
  const { current, previous } = passphrases;
  // Two nodes that write one header at a time would destroy it, and a reader may not write at all.
  const mayWrite = !use.readonly && !use.shared;
  if (previous && mayWrite) await replacePrevious(deps.cryptsetup, device, { current, previous }, context);
  const candidates = previous && !mayWrite ? [current, previous] : [current];
  for (const passphrase of candidates) {
    const how = { passphrase, readonly: use.readonly };
    if (await deps.cryptsetup.open(device.path, name, how, context)) {
      context.logger.info(
        { volumeId: use.id, device: device.path, mapper: name },
        'opened an encrypted volume',
      );
      return;
    }
  }
  throw new NodeError(
    'permission',
    `volume ${use.id}: the passphrase of the stage secret does not open ${device.path}; correct the secret, or give ` +
      'the one that it was made with as encryptionPassphrasePrevious',
  );
}

/** An opened device keeps the size that it was opened with. */
async function ofFullSize(
  deps: NodeDeps,
  device: AttachedDevice,
  opened: AttachedDevice,
  context: CallContext,
): Promise<AttachedDevice> {
  const { dataOffset } = await headerOf(deps, device, context);
  if (device.sizeBytes - dataOffset - opened.sizeBytes < SECTOR_MAX_BYTES) return opened;
  return resizeOpened(deps, device, context);
}

/** Makes an opened device as large as what it stands on. @throws NodeError `unavailable`, `not-found` */
export async function resizeOpened(
  deps: Pick<NodeDeps, 'cryptsetup' | 'mappers'>,
  device: AttachedDevice,
  context: CallContext,
): Promise<AttachedDevice> {
  await deps.cryptsetup.resize(mapperName(device.volumeId, device.epoch), context);
  const resized = await deps.mappers.on(device);
  if (resized) return resized;
  throw new NodeError('not-found', `volume ${device.volumeId}: ${device.path} is not open any more`);
}

/**
 * Of an opened device, which is noise until it has a file system: whether one was ever made stands in the header, set
 * with the format and taken away before the first mount. So a format can be repeated on whatever node, and never once
 * there can be data.
 */
export class HeaderNotes implements FormatNotes {
  readonly #deps: Pick<NodeDeps, 'cryptsetup' | 'readDevice'>;
  readonly #device: AttachedDevice;
  readonly #context: CallContext;

  /** @param device what the opened one stands on */
  constructor(
    deps: Pick<NodeDeps, 'cryptsetup' | 'readDevice'>,
    device: AttachedDevice,
    context: CallContext,
  ) {
    this.#deps = deps;
    this.#device = device;
    this.#context = context;
  }

  async has(): Promise<boolean> {
    return (await headerOf(this.#deps, this.#device, this.#context)).subsystem === NO_FILESYSTEM_YET;
  }

  /** Nothing but luksFormat gives that right. @throws NodeError `precondition` */
  async record(): Promise<void> {
    if (await this.has()) return;
    const { volumeId, path } = this.#device;
    throw new NodeError(
      'precondition',
      `volume ${volumeId}: the header of ${path} does not let it be formatted`,
    );
  }

  async clear(): Promise<void> {
    if (!(await this.has())) return;
    await this.#deps.cryptsetup.setSubsystem(this.#device.path, IN_USE, this.#context);
    if (!(await this.has())) return;
    const { volumeId, path } = this.#device;
    throw new NodeError(
      'unavailable',
      `volume ${volumeId}: the header of ${path} still says that it has no content`,
    );
  }
}

function headerOf(
  { readDevice }: Pick<NodeDeps, 'readDevice'>,
  device: AttachedDevice,
  { signal }: CallContext,
): Promise<LuksHeader> {
  return readDevice(device, signal, (reader) => readLuksHeader(reader, signal));
}
