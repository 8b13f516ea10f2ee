import { join } from 'node:path';

/** One end of a cable between two guests: frames go through a Unix socket, and nowhere else. */
export interface CableEnd {
  /** The same at both ends. */
  readonly socket: string;
  /** One end makes the socket, the other one connects to it when it boots. */
  readonly makes: boolean;
  /** Made into the hardware address; another one at each end. */
  readonly number: number;
}

/** A guest's place in the network: its network devices, and what its shell sets up before the command. */
export interface NetworkPlace {
  readonly cables: readonly CableEnd[];
  readonly setUp: readonly string[];
}

export const ALONE: NetworkPlace = { cables: [], setUp: [] };

/**
 * Two networks, as a cluster with a storage network has them: `eth0` to the tests, `eth1` to the appliance. Each is a
 * star: the first guest has a cable to every other one, and answers on all of them by one address of its own.
 */
const NETWORKS = ['management', 'storage'] as const;
/** The first guest's addresses. */
export const [MANAGEMENT, STORAGE] = ['10.77.0.1', '10.78.0.1'];

const addressOf = (network: number, node: number): string => `10.${77 + network}.0.${10 + node}`;

/** Where a node is reached by the tests. @param node from 1 */
export const managementOf = (node: number): string => addressOf(0, node);

/** The guest that plays the appliance and runs the tests. @param folder of the sockets */
export function hub(folder: string, nodes: number): NetworkPlace {
  const links = pairs(nodes);
  return {
    cables: links.map(({ node, network }) => cable(folder, node, network, true)),
    setUp: [
      ...[MANAGEMENT, STORAGE].map((address) => `ip address add ${address}/32 dev lo`),
      ...links.flatMap(({ node, network }, index) => [
        `ip link set eth${index} up`,
        `ip route add ${addressOf(network, node)} dev eth${index} src ${[MANAGEMENT, STORAGE][network]}`,
      ]),
    ],
  };
}

/** A node. @param node from 1 */
export function spoke(folder: string, node: number): NetworkPlace {
  return {
    cables: NETWORKS.map((_, network) => cable(folder, node, network, false)),
    setUp: NETWORKS.flatMap((_, network) => [
      `ip address add ${addressOf(network, node)}/24 dev eth${network}`,
      `ip link set eth${network} up`,
    ]),
  };
}

const pairs = (nodes: number) =>
  Array.from({ length: nodes }, (_, index) => index + 1).flatMap((node) =>
    NETWORKS.map((_, network) => ({ node, network })),
  );

const cable = (folder: string, node: number, network: number, makes: boolean): CableEnd => ({
  socket: join(folder, `cable-${node}-${NETWORKS[network]}.sock`),
  makes,
  number: (makes ? 0 : 128) + node * NETWORKS.length + network,
});

/** Without a boot ROM: guests boot their kernel directly. */
export const networkDevices = (cables: readonly CableEnd[]): string[] =>
  cables.flatMap(({ socket, makes, number }, index) => [
    '-netdev',
    `stream,id=net${index},server=${makes ? 'on' : 'off'},addr.type=unix,addr.path=${socket}`,
    '-device',
    `virtio-net-pci,netdev=net${index},mac=52:54:00:00:00:${number.toString(16).padStart(2, '0')},romfile=`,
  ]);
