import type { Announcer } from '../core/reconcile/surroundings.ts';
import type { NodeState } from './projections.ts';
import type { Reflector } from './reflector.ts';

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-out-of-service */
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Asks for a round whenever something happens to a node that may leave publications behind. */
export function nodeTriggers(
  nodes: Reflector<NodeState>,
  trigger: (why: string) => void,
  announcer: Announcer,
): void {
  nodes.onChange(({ before, after }) => {
    if (!before) return;
    const { name } = before;
    if (!after) {
      trigger(`node ${name} was deleted`);
      return;
    }
    if (before.ready && !after.ready) trigger(`node ${name} is not ready`);
    if (isOutOfService(before) || !isOutOfService(after)) return;
    trigger(`node ${name} is out of service`);
    const message = 'its volumes are fenced as they are detached: a new epoch keeps it from writing';
    announcer.announce({ kind: 'node', name }, { type: 'Normal', reason: 'OutOfServiceSeen', message });
  });
}

export const isOutOfService = ({ taints }: Pick<NodeState, 'taints'>): boolean =>
  taints.some(({ key }) => key === OUT_OF_SERVICE);
