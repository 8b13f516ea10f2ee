import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseControllerAddress, portalText, samePortal } from './portal.ts';

describe("a controller's address", () => {
  test('gives the portal, whatever other fields stand in it', () => {
    const addresses = fc.oneof(fc.ipV4(), fc.ipV6());
    const others = fc.constantFrom('', ',src_addr=192.0.2.9', ',host_traddr=192.0.2.9,host_iface=eth0');
    fc.assert(
      fc.property(addresses, fc.integer({ min: 1, max: 65_535 }), others, (address, port, more) => {
        const parsed = parseControllerAddress(`traddr=${address},trsvcid=${port}${more}`);
        expect(parsed).toEqual({ address, port });
      }),
    );
  });

  test.each(['', '0000:00:04.0', 'traddr=nn-0x1:pn-0x2', 'traddr=192.0.2.1', 'traddr=192.0.2.1,trsvcid=x'])(
    'gives none for %p',
    (text) => {
      expect(parseControllerAddress(text)).toBeUndefined();
    },
  );
});

test('portals are the same by address and port', () => {
  const portal = { address: '192.0.2.1', port: 4420 };
  expect(samePortal(portal, { ...portal })).toBe(true);
  expect(samePortal(portal, { ...portal, port: 4421 })).toBe(false);
  expect(samePortal(portal, { ...portal, address: '192.0.2.2' })).toBe(false);
});

test('portals are written as people write them', () => {
  expect(portalText({ address: '192.0.2.1', port: 4420 })).toBe('192.0.2.1:4420');
  expect(portalText({ address: '2001:db8::1', port: 4420 })).toBe('[2001:db8::1]:4420');
});
