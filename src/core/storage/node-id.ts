import { createHash } from 'node:crypto';
import { isNodeId, NODE_ID_MAX_LENGTH, type NodeId } from './volume-id.ts';

const HASH_LENGTH = 10;

/**
 * The CSI node id of a node's name: the name itself where it fits, else as much of it as fits with a hash behind
 * it, so that two long names never become one.
 */
export function nodeIdFor(name: string): NodeId {
  if (isNodeId(name)) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  const prefix = name
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, NODE_ID_MAX_LENGTH - HASH_LENGTH - 1);
  return `${prefix || 'node'}-${hash}` as NodeId;
}
