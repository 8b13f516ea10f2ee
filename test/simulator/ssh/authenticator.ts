import { timingSafeEqual } from 'node:crypto';
import ssh2, {
  type AuthContext,
  type AuthenticationType,
  type ParsedKey,
  type PublicKeyAuthContext,
} from 'ssh2';
import type { Account, Accounts } from './accounts.ts';

/** What an attempt came to. `offered`: the client asked whether a key would do, and has not signed yet. */
export type Attempt =
  | { readonly outcome: 'accepted'; readonly account: Account }
  | { readonly outcome: 'offered' }
  | { readonly outcome: 'refused'; readonly methods: AuthenticationType[] };

const RSA_BITS_MIN = 2048;

/**
 * Decides on login attempts as RouterOS 7.21 does: keys of ed25519 and RSA from 2048 bits, no ECDSA; a password only
 * where the account has no key (unless set otherwise); the account needs the policy `ssh`.
 *
 * ASSUMED[authentication-edges]: keyboard-interactive is not offered, and an unknown user is refused like a wrong password.
 */
export class Authenticator {
  constructor(private readonly accounts: Accounts) {}

  attempt(context: AuthContext, user: string): Attempt {
    const account = this.accounts.account(user);
    const methods = this.methods(account);
    if (!account?.policies.has('ssh')) return { outcome: 'refused', methods };
    if (context.method === 'publickey') {
      const verdict = checkKey(context, account.publicKeys);
      if (verdict === 'offered') return { outcome: 'offered' };
      if (verdict === 'proven') return { outcome: 'accepted', account };
    }
    if (context.method === 'password' && methods.includes('password') && account.password !== undefined)
      if (same(context.password, account.password)) return { outcome: 'accepted', account };
    return { outcome: 'refused', methods };
  }

  private methods(account: Account | undefined): AuthenticationType[] {
    const setting = this.accounts.passwordAuthentication();
    const byPassword = setting === 'yes' || (setting === 'yes-if-no-key' && !account?.publicKeys.length);
    return byPassword ? ['publickey', 'password'] : ['publickey'];
  }
}

function checkKey(context: PublicKeyAuthContext, lines: readonly string[]): 'unknown' | 'offered' | 'proven' {
  const key = lines.map(parsed).find((known) => known?.getPublicSSH().equals(context.key.data));
  if (!key) return 'unknown';
  if (!context.signature || !context.blob) return 'offered';
  return key.verify(context.blob, context.signature, context.hashAlgo) === true ? 'proven' : 'unknown';
}

/** @returns undefined for what RouterOS takes no key of: the line is skipped, the login goes on with the others */
function parsed(line: string): ParsedKey | undefined {
  const key = ssh2.utils.parseKey(line);
  if (key instanceof Error) return undefined;
  if (key.type === 'ssh-ed25519') return key;
  return key.type === 'ssh-rsa' && modulusBits(key.getPublicSSH()) >= RSA_BITS_MIN ? key : undefined;
}

/** An RSA blob is three strings, each after its length: the type, the exponent, the modulus (RFC 4253, 6.6). */
function modulusBits(blob: Buffer): number {
  const exponentAt = 4 + blob.readUInt32BE(0);
  const modulusAt = exponentAt + 4 + blob.readUInt32BE(exponentAt);
  const modulus = blob.subarray(modulusAt + 4);
  const leading = modulus[0] === 0 ? 1 : 0;
  return (modulus.length - leading) * 8;
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
