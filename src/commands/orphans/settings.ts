import type { Settings } from '../../settings.ts';
import { readApplianceConfig } from '../appliance-config.ts';
import type { CommandLine } from '../options.ts';

/** @throws ConfigError */
export const readOrphanConfig = (
  environment: Readonly<Record<string, string | undefined>>,
  line: CommandLine,
): Settings => readApplianceConfig({ ...environment, KUBERNETES: 'on' }, line);

/** The words in which the helps end. */
export const ORPHAN_SETTINGS_HELP =
  'The appliance is that of the settings RDS_*, CLUSTER_ID and NQN_BASE, the cluster that of KUBECONFIG or of the pod, as\n' +
  'environment variables or flags, as serve has them (rose-csi serve --help). Both have to be those of one driver. Where\n' +
  'RDS_CONFIG names several appliances, --appliance NAME says which.\n';
