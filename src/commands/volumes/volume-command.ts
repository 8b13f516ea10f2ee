import { ConfigError } from '../../config.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import type { Settings } from '../../settings.ts';
import { COMMON_OPTIONS, readApplianceConfig, wantsJson } from '../appliance-config.ts';
import { type CommandLine, type OwnOption, readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { toJson } from '../table.ts';
import { readVolumeId, toVolumeId } from '../volume-word.ts';
import { type ApplianceDesk, withAppliance } from './with-appliance.ts';

export interface Asked<Wish> extends ApplianceDesk {
  readonly id: VolumeId;
  readonly settings: Settings;
  readonly wish: Wish;
  /** The same volume was named by `--confirm`. */
  readonly confirmed: boolean;
}

export interface Outcome {
  /** Beside the volume's id; sizes are bigint bytes. */
  readonly json: object;
  readonly text: string;
  /** Whether nothing is left to say or to confirm. */
  readonly settled: boolean;
}

/** What a command does to one volume, and only says unless that volume is confirmed. */
export interface VolumeCommand<Wish> {
  readonly help: string;
  /** Beside the common ones and `--confirm`. */
  readonly options?: Readonly<Record<string, OwnOption>>;
  /** What else the command line says, before anything is connected. @throws ConfigError */
  read(line: CommandLine, id: VolumeId): Wish;
  run(asked: Asked<Wish>): Promise<Outcome>;
}

/** Exit code 0 once it is settled, 1 before. */
export const volumeCommand =
  <Wish>({ help, options, read, run }: VolumeCommand<Wish>): Subcommand =>
  async (args, { environment, out, stop }) => {
    const line = readCommandLine(args, { ...COMMON_OPTIONS, confirm: { type: 'string' }, ...options });
    if (line.flag('help')) {
      out(help);
      return 0;
    }
    const json = wantsJson(line);
    const settings = readApplianceConfig(environment, line);
    const id = readVolumeId(line, settings);
    const wish = read(line, id);
    const confirmed = isConfirmed(line, id, settings);
    return withAppliance(settings, stop, async (desk) => {
      const outcome = await run({ ...desk, id, settings, wish, confirmed });
      out(json ? toJson({ id, ...outcome.json }) : outcome.text);
      return outcome.settled ? 0 : 1;
    });
  };

/** @throws ConfigError the confirmation is for another one */
function isConfirmed(line: CommandLine, id: VolumeId, settings: Settings): boolean {
  const confirm = line.text('confirm');
  if (confirm === undefined || toVolumeId(confirm, settings) === id) return confirm !== undefined;
  throw new ConfigError([`--confirm is ${confirm}, and what was named is ${id}`]);
}
