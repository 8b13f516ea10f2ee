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
