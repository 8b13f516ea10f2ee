import { describe, expect, test } from 'bun:test';
import { ControllerService, IdentityService, NodeService } from './generated/csi.ts';
import { methodsOf } from './rpc-method.ts';

describe('methodsOf', () => {
  test('names service, method and key of every RPC', () => {
    expect(methodsOf(IdentityService)).toContainEqual({
      name: 'GetPluginInfo',
      service: 'csi.v1.Identity',
      key: 'getPluginInfo',
    });
  });

  test('the registered services have unary methods only', () => {
    for (const service of [IdentityService, ControllerService, NodeService]) {
      for (const method of Object.values(service)) {
        expect([method.requestStream, method.responseStream]).toEqual([false, false]);
      }
    }
  });
});
