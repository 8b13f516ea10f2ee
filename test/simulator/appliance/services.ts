/** A line of `/ip/service`. */
export interface Service {
  readonly id: string;
  readonly name: string;
  port: bigint;
  disabled: boolean;
  address: string;
  maxSessions: bigint;
  comment: string;
}

/** `/ip/ssh`. */
export interface SshSettings {
  strongCrypto: boolean;
  hostKeyType: 'rsa' | 'ed25519';
  hostKeySize: bigint;
  forwardingEnabled: string;
  /** 7.20 calls it always-allow-password-login. */
  passwordAuthentication: string;
}

/** The services that RouterOS has, with their ports. */
const PORTS: readonly (readonly [string, bigint])[] = [
  ['ftp', 21n],
  ['ssh', 22n],
  ['telnet', 23n],
  ['www', 80n],
  ['www-ssl', 443n],
  ['winbox', 8291n],
  ['api', 8728n],
  ['api-ssl', 8729n],
];

export class Services {
  readonly list: readonly Service[];
  /** RouterOS's defaults. */
  readonly ssh: SshSettings = {
    strongCrypto: false,
    hostKeyType: 'rsa',
    hostKeySize: 2048n,
    forwardingEnabled: 'no',
    passwordAuthentication: 'yes-if-no-key',
  };

  constructor(maxSessions: number) {
    this.list = PORTS.map(([name, port], at) => ({
      id: `*${at + 1}`,
      name,
      port,
      disabled: name === 'www-ssl',
      address: '',
      maxSessions: name === 'ssh' ? BigInt(maxSessions) : 20n,
      comment: '',
    }));
  }

  /** Sessions at once that the SSH service takes. */
  get sshMaxSessions(): number {
    return Number(this.list.find(({ name }) => name === 'ssh')?.maxSessions ?? 20n);
  }
}
