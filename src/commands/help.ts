import { flagOf } from '../config.ts';
import type { ParameterTable } from '../core/services/controller/parameter-table.ts';
import { SETTINGS } from '../settings.ts';

/** One row of a table of settings or parameters, for `--help` and `docs/configuration.md` alike. */
export interface HelpRow {
  readonly name: string;
  readonly help: string;
  readonly allowed: string;
  readonly fallback: string;
}

export const settingRows = (): HelpRow[] =>
  Object.entries(SETTINGS).map(([name, { help, allowed, fallback }]) => ({ name, help, allowed, fallback }));

export const parameterRows = ({ rows }: ParameterTable): HelpRow[] =>
  Object.entries(rows).map(([name, { help, allowed, fallback }]) => ({
    name,
    help,
    allowed,
    fallback,
  }));

export const USAGE = `rose-csi: Kubernetes CSI driver for MikroTik ROSE Data Servers

Usage: rose-csi [command] [flags]

  serve     serve CSI on the socket (the default)
  drain     wait until a node that is being drained has no volume mounted (for preStop)
  demo      walk through a volume's life on the embedded backend
  volumes   list, show, repair, recover, import and wipe the volumes on an appliance
  snapshots take the snapshots of a schedule, and delete what it has too many of (for a CronJob)
  orphans   list and delete volumes that no PersistentVolume knows
  doctor    check an appliance, and find out what it does
  help      this text; also --help, and COMMAND --help
  version   the version; also --version
`;

/** `rose-csi serve --help`: every setting, from the table that reads it. */
export function serveHelp(): string {
  const rows = settingRows().map(
    ({ name, help, allowed, fallback }) =>
      `  ${name}, ${flagOf(name)}\n      ${help}\n      Allowed: ${allowed}. Default: ${fallback || 'none'}.\n`,
  );
  return `rose-csi serve: serve CSI on the socket until SIGTERM\n\nSettings, as environment variables or flags:\n\n${rows.join('\n')}`;
}
