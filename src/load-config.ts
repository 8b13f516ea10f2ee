import { join } from 'node:path';
import { type ApplianceOverrides, parseAppliances } from './appliances-file.ts';
import { ConfigError, parseSettings, wholeSettings } from './config.ts';
import { faultsOfAppliance, type Settings } from './settings.ts';

export interface LoadedConfig {
  readonly settings: Settings;
  /** The settings as each appliance has them, one or more. */
  readonly appliances: readonly Settings[];
}

/**
 * Reads the settings, and the file of the appliances where `RDS_CONFIG` names one.
 * @param readText reads a file, as `readFileSync` does
 * @throws ConfigError with every fault of both
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
  readText: (path: string) => string,
): LoadedConfig {
  const parsed = parseSettings(environment, flags);
  const path = parsed.values.RDS_CONFIG;
  const file = path ? readFile(path, readText) : { appliances: [], faults: [] };
  const faults = [...parsed.faults, ...file.faults];
  if (faults.length > 0) throw new ConfigError(faults);
  const settings = wholeSettings(parsed.values);
  if (!path) return { settings, appliances: [settings] };
  const appliances = file.appliances.map((own) => ofAppliance(settings, own, file.appliances.length));
  const missing = appliances.flatMap((appliance) =>
    faultsOfAppliance(appliance).map((fault) => `RDS_CONFIG appliance ${appliance.RDS_NAME}: ${fault}`),
  );
  const unknown = unknownAppliances(settings, appliances);
  if (missing.length + unknown.length > 0) throw new ConfigError([...missing, ...unknown]);
  return { settings, appliances };
}

function readFile(path: string, readText: (path: string) => string) {
  try {
    return parseAppliances(readText(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { appliances: [], faults: [`RDS_CONFIG ${path} cannot be read: ${reason}`] };
  }
}

/** An address of the settings would be that of every appliance. */
function ofAppliance(settings: Settings, own: ApplianceOverrides, count: number): Settings {
  const folder = settings.MOCK_DATA_DIR;
  const apart = count > 1 && folder !== 'memory' ? join(folder, own.RDS_NAME) : folder;
  return { ...settings, RDS_ADDRESS: '', RDS_NVME_ADDRESS: [], MOCK_DATA_DIR: apart, ...own };
}

function unknownAppliances({ NODE_APPLIANCES }: Settings, appliances: readonly Settings[]): string[] {
  const names = appliances.map(({ RDS_NAME }) => RDS_NAME);
  if (typeof NODE_APPLIANCES === 'string') return [];
  return NODE_APPLIANCES.filter((name) => !names.includes(name)).map(
    (name) => `NODE_APPLIANCES names ${JSON.stringify(name)}; RDS_CONFIG has ${names.join(', ')}`,
  );
}
