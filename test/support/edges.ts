import { afterEach } from 'bun:test';
import type { CallContext } from '../../src/core/call-context.ts';
import { CreateVolumeRequest, type CreateVolumeResponse } from '../../src/core/csi/generated/csi.ts';
import type { ControllerHandlers } from '../../src/core/csi/handlers.ts';
import type { EdgeOptions } from '../../src/core/csi/server.ts';
import { TestEdge } from './edge.ts';
import { until } from './until.ts';

export const IDENTITY = { probe: async () => ({ ready: true }) };

/** What a test file starts its edges with; each is stopped after its test. */
export function testEdges() {
  let edges: TestEdge[] = [];
  afterEach(async () => {
    await Promise.all(edges.map((edge) => edge.stop()));
    edges = [];
  });
  const start = async (...services: Parameters<typeof TestEdge.start>): Promise<TestEdge> => {
    const edge = await TestEdge.start(...services);
    edges.push(edge);
    return edge;
  };
  const serve = (controller: ControllerHandlers = {}, options: Partial<EdgeOptions> = {}) =>
    start({ identity: IDENTITY, controller, groupController: {}, node: {} }, options);
  return { start, serve };
}

/** A request to create a block volume that the schemas allow. */
export const creation = (name: string, fields: object = {}): CreateVolumeRequest =>
  CreateVolumeRequest.fromPartial({
    name,
    volumeCapabilities: [{ accessType: { $case: 'block', block: {} }, accessMode: { mode: 1 } }],
    ...fields,
  } as CreateVolumeRequest);

export const made = (volumeId: string, volumeContext: Record<string, string> = {}): CreateVolumeResponse => ({
  volume: { volumeId, capacityBytes: 1n, volumeContext, contentSource: undefined, accessibleTopology: [] },
});

/** A CreateVolume that ends when it is told, and keeps its context. */
export function held() {
  const gate = Promise.withResolvers<CreateVolumeResponse>();
  const contexts: CallContext[] = [];
  const createVolume = (_: unknown, context: CallContext) => {
    contexts.push(context);
    return gate.promise;
  };
  return { handlers: { createVolume }, contexts, release: () => gate.resolve(made('rds1/late')) };
}

/** Until the one call that a test waits for is in its handler. */
export const until1 = (what: { readonly length: number }) =>
  until('the handler runs', () => what.length === 1);
