import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseListenAddress } from './listen-address.ts';

describe('parseListenAddress', () => {
  test.each([
    [':9808', undefined, 9808],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['localhost:65535', 'localhost', 65_535],
    ['[::1]:80', '::1', 80],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
  ])('reads %s', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  test.each([
    '',
    '9808',
    'host',
    'host:',
    'host:65536',
    '::1:80',
    'http://x:80',
    'a b:80',
    '[::1]',
    'host:-1',
  ])('refuses %p and names the forms', (text) => {
    expect(() => parseListenAddress(text)).toThrow(
      /listen address .*host:port, \[IPv6 address\]:port or :port/,
    );
  });

  test('either reads a text or refuses it with a RangeError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseListenAddress(text).port).toBeWithin(0, 65_536);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
