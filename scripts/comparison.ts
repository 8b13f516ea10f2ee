import { CONTROLLER_CAPABILITIES } from '../src/core/csi/capabilities.ts';
import { ControllerServiceCapability_RPC_Type as Rpc } from '../src/core/csi/generated/csi.ts';

/** What other drivers advertise, read in their own sources (`internal/driver/controller.go`) at these commits. */
const OTHERS: Readonly<Record<string, readonly Rpc[]>> = {
  'hetznercloud/csi-driver (03ad6d3)': [
    Rpc.CREATE_DELETE_VOLUME,
    Rpc.PUBLISH_UNPUBLISH_VOLUME,
    Rpc.EXPAND_VOLUME,
    Rpc.LIST_VOLUMES,
    Rpc.SINGLE_NODE_MULTI_WRITER,
  ],
  'topolvm (061b806; volumes local to a node)': [
    Rpc.CREATE_DELETE_VOLUME,
    Rpc.CLONE_VOLUME,
    Rpc.GET_CAPACITY,
    Rpc.EXPAND_VOLUME,
    Rpc.CREATE_DELETE_SNAPSHOT,
  ],
};

const OURS = CONTROLLER_CAPABILITIES.map(({ type }) => type);
const ALL = Object.values(Rpc).filter((type): type is Rpc => typeof type === 'number' && type > 0);
const DRIVERS = { 'rose-csi': OURS, ...OTHERS };

/** Every controller capability of CSI v1.13.0 against what the drivers advertise. */
export const COMPARISON = {
  head: ['Controller capability', ...Object.keys(DRIVERS)],
  rows: ALL.map((type) => [
    `\`${Rpc[type]}\``,
    ...Object.values(DRIVERS).map((list) => (list.includes(type) ? 'yes' : 'no')),
  ]),
};
