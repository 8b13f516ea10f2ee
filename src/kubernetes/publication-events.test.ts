import { describe, expect, test } from 'bun:test';
import { attachmentName } from '../core/reconcile/attachment-name.ts';
import type { Note, Subject } from '../core/reconcile/surroundings.ts';
import { BackendError } from '../core/storage/backend-error.ts';
import type { NodeId, VolumeId } from '../core/storage/volume-id.ts';
import type { Caches } from './api-cluster.ts';
import type { NodeState, Taint } from './projections.ts';
import { PublicationEvents } from './publication-events.ts';

const DRIVER = 'rose-csi.io';
const VOLUME = 'rds/a' as VolumeId;
const OUT: Taint = { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' };

const node = (name: string, change: Partial<NodeState> = {}): NodeState => ({
  name,
  uid: name,
  ready: true,
  unschedulable: false,
  taints: [],
  ...change,
});

interface Given {
  readonly nodes?: readonly NodeState[];
  readonly synced?: boolean;
  readonly fencing?: boolean;
  /** Who holds the volume still; undefined: it cannot be read. */
  readonly holders?: readonly string[] | undefined;
}

function rig({ nodes = [node('n')], synced = true, fencing = true, ...rest }: Given = {}) {
  const holders = 'holders' in rest ? rest.holders : [];
  const told: { about: Subject; note: Note }[] = [];
  const cache = (values: readonly object[]) => ({ synced, values: () => values });
  const attachment = { name: attachmentName(VOLUME, DRIVER, 'n'), uid: 'u', driver: DRIVER, node: 'n' };
  const caches = {
    nodes: cache(nodes),
    registrations: cache([{ node: 'n', ids: new Map([[DRIVER, 'id-of-n']]) }]),
    attachments: cache([attachment]),
  } as unknown as Caches;
  const backend = {
    capabilities: { fencing },
    getVolume: async () => {
      if (!holders) throw new BackendError('unavailable', 'away');
      return { publications: holders.map((one) => ({ node: one })) };
    },
  } as never;
  const announcer = { announce: (about: Subject, note: Note) => void told.push({ about, note }) };
  return { told, backend, events: new PublicationEvents({ caches, driver: DRIVER, announcer }) };
}

const kinds = (told: readonly { readonly about: Subject }[]) => told.map(({ about }) => about.kind);

describe('events of publications', () => {
  test('a failed attachment is told at the volume and at its VolumeAttachment', () => {
    const { told, events } = rig();
    events.failed(VOLUME, 'id-of-n' as NodeId, 'no space');
    expect(kinds(told)).toEqual(['volume', 'attachment']);
    expect(told[0]?.note).toEqual({
      type: 'Warning',
      reason: 'AttachFailed',
      message: 'the volume could not be attached to id-of-n: no space',
    });
  });

  test('one to a node that is not known is told at the volume alone', () => {
    const { told, events } = rig();
    events.failed(VOLUME, 'other' as NodeId, 'no space');
    expect(kinds(told)).toEqual(['volume']);
  });

  const lost: [string, Given, string][] = [
    ['is out of service', { nodes: [node('n', { taints: [OUT] })] }, 'is out of service'],
    ['is not ready', { nodes: [node('n', { ready: false })] }, 'is not ready'],
    ['was deleted', { nodes: [] }, 'does not exist any more'],
  ];
  for (const [what, given, why] of lost) {
    test(`a node that ${what} and loses the volume is told to be fenced`, async () => {
      const { told, events, backend } = rig(given);
      await events.ended(VOLUME, 'id-of-n' as NodeId, backend);
      expect(kinds(told)).toEqual(['volume', 'attachment']);
      expect(told[0]?.note.reason).toBe('Fenced');
      expect(told[0]?.note.message).toContain(why);
    });
  }

  const nodes = [node('n', { ready: false })];
  const silent: [string, Given][] = [
    ['the node is well', {}],
    ['the caches are not complete', { nodes: [], synced: false }],
    ['the backend cannot fence', { nodes, fencing: false }],
    ['another node holds the volume, so that its epoch goes on', { nodes, holders: ['other'] }],
    ['the volume cannot be read', { nodes, holders: undefined }],
  ];
  for (const [what, given] of silent) {
    test(`nobody is said to be fenced where ${what}`, async () => {
      const { told, events, backend } = rig(given);
      await events.ended(VOLUME, 'id-of-n' as NodeId, backend);
      expect(told).toEqual([]);
    });
  }
});
