/** How to talk to one appliance. */
export interface SshSettings {
  /** The appliance's configured name, for messages. */
  readonly name: string;
  /** Host name or address. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** OpenSSH or PEM text of an ed25519 or RSA key. Tried before the password. */
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** The last resort: RouterOS refuses passwords by default for a user who has a key. */
  readonly password?: string;
  /** The appliance's public key, as in known_hosts (`ssh-ed25519 AAAA…`), or its fingerprint (`SHA256:…`). */
  readonly hostKey?: string;
  /** Talks to whoever answers. Only without `hostKey`; warned about at each start. */
  readonly insecureHostKey?: boolean;
  /** The most connections at once; stay well below the appliance's `max-sessions`, which others use too. */
  readonly poolLimit?: number;
  /** Opens the next exec's channel while a connection is idle, which saves a round trip. */
  readonly channelAhead?: boolean;
  readonly timings?: Partial<SshTimings>;
}

/** All in ms. */
export interface SshTimings {
  /** From the TCP handshake to the accepted login. */
  readonly connectTimeoutMs: number;
  /** For the `prepare` hook. */
  readonly prepareTimeoutMs: number;
  /** TCP's own keepalive begins after so long without a packet; the kernel then asks 10 times, once a second. */
  readonly keepaliveMs: number;
  /** Silence after which the appliance is asked for a sign of life. With the next, below 15 s. */
  readonly probeAfterMs: number;
  /** No sign of life within this: away. */
  readonly probeTimeoutMs: number;
  /** Further connections are closed after so long without work. */
  readonly idleMs: number;
  /** After a further connection was refused, the pool does not ask for more for so long. */
  readonly growPauseMs: number;
  /** How long the appliance may take to close a connection that we ended. */
  readonly endTimeoutMs: number;
}

export const DEFAULT_POOL_LIMIT = 8;

export const DEFAULT_TIMINGS: SshTimings = {
  connectTimeoutMs: 10_000,
  prepareTimeoutMs: 10_000,
  keepaliveMs: 4_000,
  probeAfterMs: 5_000,
  probeTimeoutMs: 8_000,
  idleMs: 60_000,
  growPauseMs: 15_000,
  endTimeoutMs: 30_000,
};
