/** A user of the appliance as the SSH service sees it. */
export interface Account {
  readonly name: string;
  readonly policies: ReadonlySet<string>;
  /** Absent: no password opens this account. Empty: the router's factory setting. */
  readonly password?: string;
  /** `ssh-ed25519 AAAA…`, one key each. */
  readonly publicKeys: readonly string[];
}

/** Who may log in. Looked up at each login, so that a change counts from the next one on. */
export interface Accounts {
  account(name: string): Account | undefined;
  /** `/ip/ssh password-authentication`, 7.21: `yes`, `no`, `yes-if-no-key` (the default). */
  passwordAuthentication(): string;
  /** Somebody is in. @returns to be called when they leave */
  logIn(name: string, address: string): () => void;
}
