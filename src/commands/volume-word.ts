import { ConfigError } from '../config.ts';
import { parseHandle, type VolumeId, volumeId } from '../core/storage/volume-id.ts';
import type { Settings } from '../settings.ts';
import type { CommandLine } from './options.ts';

/** The one volume that the command is for. @throws ConfigError none, more than one, or no id */
export function readVolumeId(
  { words }: Pick<CommandLine, 'words'>,
  settings: Pick<Settings, 'RDS_NAME'>,
): VolumeId {
  const [word, ...others] = words;
  if (word === undefined || others.length > 0) {
    throw new ConfigError(['say one volume: its id, <appliance>/<slot>, or its slot']);
  }
  return toVolumeId(word, settings);
}

/** @throws ConfigError */
export function toVolumeId(word: string, { RDS_NAME }: Pick<Settings, 'RDS_NAME'>): VolumeId {
  const id = word.includes('/') ? word : `${RDS_NAME}/${word}`;
  const handle = parseHandle(id);
  if (!handle) throw new ConfigError([`${JSON.stringify(word)} is no volume id`]);
  if (handle.appliance === RDS_NAME) return volumeId(handle.appliance, handle.slot);
  throw new ConfigError([`${id} is a volume of appliance ${handle.appliance}; RDS_NAME is ${RDS_NAME}`]);
}
