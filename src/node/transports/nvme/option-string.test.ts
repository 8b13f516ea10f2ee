import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { DEFAULT_CONNECTION_OPTIONS } from '../../../core/storage/connection-options.ts';
import { derivedIdentity } from './host-identity.ts';
import { optionString } from './option-string.ts';

const NQN = 'nqn.2026-01.test.unit:rds.csi-a.00000000000000aa';
const portal = { address: '192.0.2.1', port: 4420 };
const host = derivedIdentity('node-1');

describe('the options of a connection', () => {
  test('are those of the kernel, with finite patience', () => {
    expect(optionString(NQN, portal, host, DEFAULT_CONNECTION_OPTIONS)).toBe(
      `transport=tcp,nqn=${NQN},traddr=192.0.2.1,trsvcid=4420,hostnqn=${host.nqn},hostid=${host.id},` +
        'nr_io_queues=4,reconnect_delay=5,ctrl_loss_tmo=600,keep_alive_tmo=10',
    );
  });

  test('name the time after which I/O fails only where there is one', () => {
    const options = { ...DEFAULT_CONNECTION_OPTIONS, fastIoFailTimeout: 20 };
    expect(optionString(NQN, portal, host, options)).toEndWith(',fast_io_fail_tmo=20');
  });

  test('never let one value become another option', () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (nqn, address) => {
        let text: string;
        try {
          text = optionString(nqn, { address, port: 4420 }, host, DEFAULT_CONNECTION_OPTIONS);
        } catch (error) {
          expect(error).toMatchObject({ kind: 'invalid' });
          return;
        }
        const fields = text.split(',').map((field) => field.slice(0, field.indexOf('=')));
        expect(fields).toHaveLength(10);
        expect(new Set(fields).size).toBe(10);
        expect(text).toContain(`nqn=${nqn},traddr=${address},`);
      }),
    );
  });
});
