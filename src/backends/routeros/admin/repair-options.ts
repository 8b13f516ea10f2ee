import type { Provisioning, Publication } from '../../../core/storage/volume.ts';
import { type Epoch, isNodeId } from '../../../core/storage/volume-id.ts';

/** What a person knows of a volume, and the appliance does not tell. */
export interface Told {
  /** undefined: nothing was said; []: nobody uses it. */
  readonly publications?: readonly Publication[];
  readonly epoch?: Epoch;
  /** The whole CSI name. */
  readonly name?: string;
  readonly provisioning?: Provisioning;
  readonly port?: number;
  readonly encrypted?: boolean;
}

const ACCESS = {
  'single-rw': { sharing: 'single', readonly: false },
  'single-ro': { sharing: 'single', readonly: true },
  'multi-rw': { sharing: 'multi', readonly: false },
  'multi-ro': { sharing: 'multi', readonly: true },
} as const;

export const ACCESS_NAMES = Object.keys(ACCESS).join(', ');

/** `<node>:<access>`; undefined where the text has not that form. */
export function readPublication(text: string): Publication | undefined {
  const at = text.lastIndexOf(':');
  const node = text.slice(0, Math.max(at, 0));
  const name = text.slice(at + 1);
  if (!isNodeId(node) || !isAccess(name)) return undefined;
  return { node, ...ACCESS[name] };
}

export const writePublication = ({ node, sharing, readonly }: Publication): string =>
  `${node}:${sharing}-${readonly ? 'ro' : 'rw'}`;

const isAccess = (text: string): text is keyof typeof ACCESS => Object.hasOwn(ACCESS, text);
