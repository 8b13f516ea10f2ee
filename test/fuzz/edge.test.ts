import { describe, expect, test } from 'bun:test';
import {
  ControllerService,
  GroupControllerService,
  IdentityService,
  NodeService,
} from '../../src/core/csi/generated/csi.ts';
import { methodsOf, type ServiceDefinition } from '../../src/core/csi/rpc-method.ts';
import { REQUEST_SCHEMAS } from '../../src/core/csi/schemas/request-schemas.ts';
import type { EdgeServices } from '../../src/core/csi/server.ts';
import { fuzzEdge } from './harness.ts';
import { ProtoFields } from './proto-fields.ts';
import { fieldsOf, SERVED } from './string-fields.ts';

const METHODS = [IdentityService, ControllerService, GroupControllerService, NodeService].flatMap((service) =>
  methodsOf(service as ServiceDefinition),
);

/** Handlers that take everything, for every RPC that has a schema. */
function stubs(definition: ServiceDefinition): object {
  const served = methodsOf(definition).filter(({ name }) => name in REQUEST_SCHEMAS);
  const answer = (key: string) => definition[key] as { responseDeserialize?: (bytes: Buffer) => unknown };
  return Object.fromEntries(
    served.map(({ key }) => [key, async () => answer(key).responseDeserialize?.(Buffer.alloc(0))]),
  );
}

describe('the table of text fields', () => {
  test('has every RPC that has a schema', () => {
    const served = METHODS.filter(({ key }) => SERVED.some((known) => known === key)).map(({ name }) => name);
    expect(served.toSorted()).toEqual(Object.keys(REQUEST_SCHEMAS).toSorted());
  });

  test('has every text field that the protocol has', async () => {
    const proto = new ProtoFields(await Bun.file(`${import.meta.dir}/../../proto/csi.proto`).text());
    for (const key of SERVED) {
      const name = METHODS.find((method) => method.key === key)?.name ?? '';
      expect([name, ...fieldsOf(key).toSorted()]).toEqual([name, ...proto.ofRequest(name).toSorted()]);
    }
  });
});

fuzzEdge('the edge with handlers that take everything', () => ({
  services: {
    identity: stubs(IdentityService),
    controller: stubs(ControllerService),
    groupController: stubs(GroupControllerService),
    node: stubs(NodeService),
  } as EdgeServices,
}));
