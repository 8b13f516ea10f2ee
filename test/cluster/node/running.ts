import { Node } from './node.ts';
import { Tools } from './tools.ts';

/** What `run.ts` tells a scenario: where the node is. */
export const NODE_FOLDER = 'ROSE_CSI_NODE_FOLDER';

/** The node that the scenarios of this run share, and the tools for it. @throws Error where there is none */
export async function running(): Promise<{ readonly node: Node; readonly tools: Tools }> {
  const folder = process.env[NODE_FOLDER];
  if (folder === undefined)
    throw new Error('scenarios run by `make e2e-cluster`, which starts a node for them');
  const node = await Node.open(folder);
  return { node, tools: Tools.of(node) };
}
