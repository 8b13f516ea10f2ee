import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { silentLogger } from '../core/observe/logger.ts';
import type { ApiClient } from './api-client.ts';
import { EventRecorder } from './event-recorder.ts';
import { KubernetesError } from './kubernetes-error.ts';

const about = { apiVersion: 'v1', kind: 'PersistentVolume', name: 'pv-1', uid: 'u' };
const note = { type: 'Warning', reason: 'ApplianceLost', message: 'away' } as const;

function rig(patch: () => Promise<unknown> = async () => undefined) {
  const clock = new ManualClock();
  const writes: [string, string, object][] = [];
  const api = {
    create: async (path: string, body: object) => void writes.push(['create', path, body]),
    patch: async (path: string, _: string, body: object) => {
      writes.push(['patch', path, body]);
      await patch();
    },
  } as unknown as ApiClient;
  const { signal } = new AbortController();
  const options = { api, clock, logger: silentLogger, component: 'rose-csi.io', instance: 'pod-1', signal };
  return { clock, writes, events: new EventRecorder(options) };
}

const kinds = (writes: [string, string, object][]): string[] => writes.map(([kind]) => kind);

describe('the event recorder', () => {
  test('tells a note once, and counts it from then on', async () => {
    const { events, writes } = rig();
    for (let at = 0; at < 3; at += 1) events.record(about, note);
    await events.flushed();
    expect(kinds(writes)).toEqual(['create', 'patch', 'patch']);
    expect(writes[0]?.[2]).toMatchObject({
      ...note,
      count: 1,
      involvedObject: about,
      metadata: { namespace: 'default' },
    });
    expect(writes[2]?.[2]).toMatchObject({ count: 3 });
  });

  test('tells it anew where the API server has forgotten the event', async () => {
    const { events, writes } = rig(async () => {
      throw new KubernetesError('not-found', 'gone', 404);
    });
    events.record(about, note);
    events.record(about, note);
    await events.flushed();
    expect(kinds(writes)).toEqual(['create', 'patch', 'create']);
  });

  test('drops what comes too often on one object, and lets others speak', async () => {
    const { events, writes, clock } = rig();
    for (let at = 0; at < 100; at += 1) events.record(about, { ...note, message: `${at}` });
    events.record({ ...about, name: 'pv-2' }, note);
    await events.flushed();
    expect(writes).toHaveLength(11);
    clock.advance(300_000);
    events.record(about, { ...note, message: 'later' });
    await events.flushed();
    expect(writes).toHaveLength(12);
  });

  test('writes an event into the namespace of its object', async () => {
    const { events, writes } = rig();
    events.record({ ...about, kind: 'PersistentVolumeClaim', namespace: 'shop' }, note);
    await events.flushed();
    expect(writes[0]?.[1]).toBe('/api/v1/namespaces/shop/events');
  });

  test('goes on after a failure', async () => {
    let failing = true;
    const { events, writes } = rig(async () => {
      if (failing) throw new KubernetesError('unavailable', 'away');
    });
    events.record(about, note);
    events.record(about, note);
    await events.flushed();
    failing = false;
    events.record(about, note);
    await events.flushed();
    expect(writes.at(-1)?.[2]).toMatchObject({ count: 2 });
  });
});
