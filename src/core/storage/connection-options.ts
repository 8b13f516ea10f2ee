/** How a connection behaves while its peer is away, and how many queues it has. Times in whole seconds. */
export interface ConnectionOptions {
  /**
   * How long a lost connection is tried again before the kernel gives the device up and its users get EIO. Finite on
   * purpose: docs/decisions/0014.
   */
  readonly ctrlLossTimeout: number;
  /** Between two attempts. */
  readonly reconnectDelay: number;
  /**
   * How long I/O waits for a lost connection before it fails; `off`: as long as the connection is tried again. A
   * file system that gets an error stops taking writes, so waiting is the better choice for volumes.
   */
  readonly fastIoFailTimeout: number | 'off';
  /** A peer that is silent for so long is taken as lost. */
  readonly keepAliveTimeout: number;
  /** I/O queues of a connection, each a TCP connection; the kernel takes no more than it has CPUs. */
  readonly queues: number;
}

export const DEFAULT_CONNECTION_OPTIONS: ConnectionOptions = {
  ctrlLossTimeout: 600,
  reconnectDelay: 5,
  fastIoFailTimeout: 'off',
  keepAliveTimeout: 10,
  queues: 4,
};

/** What was said of a connection; all else stays as it is. */
export type ConnectionChange = Partial<ConnectionOptions>;

/** Absent where nothing was said. */
export interface Connection {
  readonly connection?: ConnectionChange;
}

export const CONNECTION_NAMES = Object.keys(
  DEFAULT_CONNECTION_OPTIONS,
) as readonly (keyof ConnectionOptions)[];

export const connectionOf = ({ connection }: Connection): Connection =>
  connection && Object.keys(connection).length > 0 ? { connection } : {};

/** With the change made; undefined: it says nothing that is not so already. */
export function changedConnection(
  { connection: now = {} }: Connection,
  { connection: change = {} }: Connection,
): ConnectionChange | undefined {
  const differs = CONNECTION_NAMES.some((name) => change[name] !== undefined && change[name] !== now[name]);
  return differs ? { ...now, ...change } : undefined;
}
