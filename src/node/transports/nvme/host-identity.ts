import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errno } from '../../exec/errno.ts';
import { NodeError } from '../../node-error.ts';

/** Who this node is to a subsystem. Kernels from 6.5 refuse one host id under two host NQNs. */
export interface HostIdentity {
  /** At most 223 bytes. */
  readonly nqn: string;
  /** A UUID. */
  readonly id: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NQN = /^nqn\.\d{4}-\d{2}\.[\x21-\x2b\x2d-\x7e]{1,200}$/;

/**
 * The host's own identity where it has one: both of its files `hostnqn` and `hostid`, which its other connections (a
 * diskless root) use too. Otherwise both are derived from the node's name, so that they are the same after a restart
 * and on a node that was set up anew.
 * @param folder normally `/etc/nvme`
 * @throws NodeError `unavailable` a file cannot be read · `precondition` it holds something else
 */
export async function hostIdentity(folder: string, nodeName: string): Promise<HostIdentity> {
  const [nqn, id] = await Promise.all([
    readLine(join(folder, 'hostnqn'), NQN),
    readLine(join(folder, 'hostid'), UUID),
  ]);
  return nqn !== undefined && id !== undefined ? { nqn, id } : derivedIdentity(nodeName);
}

/** The UUID form of an NQN is of NVM Express Base Specification 2.0, section 4.5. */
export function derivedIdentity(nodeName: string): HostIdentity {
  const digest = createHash('sha256').update('rose-csi host').update('\0').update(nodeName).digest('hex');
  // RFC 9562, version 8: a UUID whose bits are the maker's own.
  const id = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  return { nqn: `nqn.2014-08.org.nvmexpress:uuid:${id}`, id };
}

/** undefined: absent or empty. */
async function readLine(path: string, form: RegExp): Promise<string | undefined> {
  const text = (await readText(path)).trim();
  if (text === '') return undefined;
  if (form.test(text)) return text;
  throw new NodeError('precondition', `${path} holds no valid ${form === UUID ? 'UUID' : 'NQN'}; correct it`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (errno(cause) === 'ENOENT') return '';
    throw new NodeError('unavailable', `cannot read ${path}: ${errno(cause) ?? String(cause)}`, { cause });
  }
}
