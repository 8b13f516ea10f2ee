import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { completed, initialized, terminated } from '../../../../test/support/node/fake-portal.ts';
import { connectRequest, initializeRequest, takeReply } from './handshake-pdus.ts';
import { derivedIdentity } from './host-identity.ts';

const host = derivedIdentity('node-1');
const NQN = 'nqn.2026-01.test.unit:rds.csi-a.00000000000000aa';

describe('requests', () => {
  test('ICReq asks for version 0 without digests', () => {
    const bytes = Buffer.from(initializeRequest());
    expect(bytes.toString('hex')).toBe(`0000800080000000${'00'.repeat(120)}`);
  });

  test('Connect is a fabrics command for the admin queue, with its data in the capsule', () => {
    const bytes = Buffer.from(connectRequest(NQN, host));
    expect(bytes.subarray(0, 8).toString('hex')).toBe('0400484848040000');
    const command = bytes.subarray(8, 72);
    expect([command[0], command[1], command[4]]).toEqual([0x7f, 0x40, 0x01]);
    expect([command.readUInt32LE(32), command[39]]).toEqual([1024, 0x01]);
    expect([command.readUInt16LE(42), command.readUInt16LE(44)]).toEqual([0, 31]);
    const data = bytes.subarray(72);
    expect(data.subarray(0, 16).toString('hex')).toBe(host.id.replaceAll('-', ''));
    expect(data.readUInt16LE(16)).toBe(0xffff);
    expect(data.toString('latin1', 256, 256 + NQN.length + 1)).toBe(`${NQN}\0`);
    expect(data.toString('latin1', 512, 512 + host.nqn.length + 1)).toBe(`${host.nqn}\0`);
    expect(data).toHaveLength(1024);
  });

  test('an NQN that does not fit is refused', () => {
    expect(() => connectRequest('n'.repeat(256), host)).toThrow(RangeError);
  });
});

describe('replies', () => {
  test('are read from any pieces, and leave what follows', () => {
    const status = fc.integer({ min: 0, max: 0x7ff });
    fc.assert(
      fc.property(status, fc.uint8Array({ maxLength: 40 }), fc.nat(23), (code, more, cut) => {
        const whole = completed(code);
        expect(takeReply(whole.subarray(0, cut))).toBeUndefined();
        const taken = takeReply(Buffer.concat([whole, more]));
        expect(taken?.reply).toEqual({ kind: 'completed', status: code });
        expect(Buffer.from(taken?.rest ?? [])).toEqual(Buffer.from(more));
      }),
    );
  });

  test('tell what they are', () => {
    expect(takeReply(initialized())?.reply).toEqual({ kind: 'initialized' });
    expect(takeReply(terminated(2))?.reply).toEqual({ kind: 'terminated', fatalErrorStatus: 2 });
    const odd = Buffer.from('0700080008000000', 'hex');
    expect(takeReply(odd)?.reply).toEqual({ kind: 'other', type: 7 });
  });

  test('of any bytes are read, awaited, or refused, never more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const taken = takeReply(bytes);
          if (taken) expect(taken.rest.byteLength).toBeLessThan(bytes.byteLength);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
