/** `bun test/cluster/node/relay.ts FROM TO`: {@link join}, as a process of the node, or beside it. */
import { join } from './join.ts';

const [from = '', to = ''] = process.argv.slice(2);
join(from, to);
