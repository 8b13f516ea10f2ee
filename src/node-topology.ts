import { applianceSegments } from './core/services/controller/topology.ts';
import { BackendError } from './core/storage/backend-error.ts';
import type { Settings } from './settings.ts';

/** How long an appliance's port may take to answer, ms: it is in the same building. */
const ANSWER_MS = 2_000;

/**
 * The topology segments of this node: one for each appliance that it reaches, as `NODE_APPLIANCES` says.
 * @param appliances the settings as each appliance has them
 * @returns asked at each NodeGetInfo; it throws BackendError `unavailable` while a node that looks reaches none, so that
 * kubelet asks again instead of registering a node that can have no volumes
 */
export function nodeTopology(
  { DRIVER_NAME, NODE_APPLIANCES }: Settings,
  appliances: readonly Settings[],
): () => Promise<Readonly<Record<string, string>>> {
  const segments = (names: readonly string[]): Record<string, string> =>
    Object.assign({}, ...names.map((name) => applianceSegments(DRIVER_NAME, name)));
  if (NODE_APPLIANCES !== 'probe') {
    const all = appliances.map(({ RDS_NAME }) => RDS_NAME);
    const fixed = segments(NODE_APPLIANCES === 'all' ? all : NODE_APPLIANCES);
    return async () => fixed;
  }
  return async () => {
    const { answers } = await import('./node/transports/nvme/port-answer.ts');
    const found = await Promise.all(
      appliances.map(async (appliance) => {
        const port = portOf(appliance);
        const addresses = addressesOf(appliance);
        const reached = await Promise.all(addresses.map((address) => answers(address, port, ANSWER_MS)));
        return reached.includes(true) ? [appliance.RDS_NAME] : [];
      }),
    );
    const reached = found.flat();
    if (reached.length > 0) return segments(reached);
    throw new BackendError(
      'unavailable',
      `this node reaches no appliance: ${appliances.map((one) => `${one.RDS_NAME} at ${addressesOf(one).join(', ') || 'no address'}`).join('; ')} ` +
        'do not answer on their NVMe ports. Name the appliances in NODE_APPLIANCES where they cannot be found so',
    );
  };
}

const portOf = ({ RDS_NVME_PORTS: ports }: Settings): number =>
  ports.mode === 'shared' ? ports.port : ports.first;

const addressesOf = ({ RDS_NVME_ADDRESS, RDS_ADDRESS }: Settings): readonly string[] =>
  RDS_NVME_ADDRESS.length > 0 ? RDS_NVME_ADDRESS : [RDS_ADDRESS].filter((address) => address !== '');
