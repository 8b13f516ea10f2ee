import { APPLIANCE_KEYS } from '../../src/appliances-file.ts';

type Environment = Readonly<Record<string, string>>;

/**
 * Writes the file of several appliances.
 * @param file where it is to be
 * @param appliances the settings of a driver that had each of them alone, by the names that they are to have
 * @returns the settings of a driver that has them all
 */
export async function fleetSettings(
  file: string,
  appliances: Readonly<Record<string, Environment>>,
): Promise<Environment> {
  const own = new Map([...APPLIANCE_KEYS].map(([key, name]): [string, string] => [name, key]));
  const entries = Object.entries(appliances).map(([name, settings]) => {
    const keys = Object.entries(settings).map(([setting, value]) => [own.get(setting), value]);
    return { ...Object.fromEntries(keys.filter(([key]) => key !== undefined)), name };
  });
  // Every JSON text is YAML.
  await Bun.write(file, JSON.stringify({ appliances: entries }));
  const common = Object.values(appliances).flatMap((settings) => Object.entries(settings));
  return { ...Object.fromEntries(common.filter(([setting]) => !own.has(setting))), RDS_CONFIG: file };
}
