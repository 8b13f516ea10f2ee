import type { RouterosSettings } from './backends/routeros/open-routeros-backend.ts';
import { NqnNaming } from './core/storage/nqn.ts';
import type { Settings } from './settings.ts';

/** What the backend for RouterOS, and the commands that look after an appliance, take from the configuration. */
export const routerosSettings = (settings: Settings): RouterosSettings => ({
  name: settings.RDS_NAME,
  clusterId: settings.CLUSTER_ID,
  naming: new NqnNaming(settings.NQN_BASE),
  address: settings.RDS_ADDRESS,
  port: settings.RDS_PORT,
  user: settings.RDS_USER,
  privateKeyFile: settings.RDS_PRIVATE_KEY_FILE,
  passphraseFile: settings.RDS_PASSPHRASE_FILE,
  passwordFile: settings.RDS_PASSWORD_FILE,
  hostKey: settings.RDS_HOST_KEY,
  insecureHostKey: settings.RDS_INSECURE_HOST_KEY,
  sessions: settings.RDS_SESSIONS,
  nvmeAddresses: settings.RDS_NVME_ADDRESS,
  ports: settings.RDS_NVME_PORTS,
  pools: settings.RDS_POOL,
  reservePercent: settings.RDS_POOL_RESERVE_PERCENT,
  overcommit: settings.RDS_OVERCOMMIT,
  adoptsImages: settings.RDS_EXISTING_IMAGES === 'adopted',
  settleMs: settings.RDS_SETTLE_SECONDS * 1000,
});
