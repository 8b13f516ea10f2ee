import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ConnectionChange, DEFAULT_CONNECTION_OPTIONS } from '../storage/connection-options.ts';
import type { Export } from '../storage/volume.ts';
import type { Epoch } from '../storage/volume-id.ts';
import { decodePublishContext, encodePublishContext } from './publish-context.ts';

const word = fc.stringMatching(/^[a-z0-9.:-]{1,40}$/);
const common = {
  nqn: word,
  epoch: fc.stringMatching(/^[0-9a-f]{16}$/).map((text) => text as Epoch),
  capacityBytes: fc.bigInt({ min: 0n, max: 1n << 53n }),
  mayFormat: fc.boolean(),
};
const loop = fc.record({ ...common, transport: fc.constant('loop' as const), folder: word });
const nvme = fc.record({
  ...common,
  transport: fc.constant('nvme-tcp' as const),
  addresses: fc.array(word, { minLength: 1, maxLength: 4 }),
  port: fc.integer({ min: 1, max: 65_535 }),
  namespaceId: fc.integer({ min: 1, max: 1024 }),
});
const connection: fc.Arbitrary<ConnectionChange> = fc.oneof(
  fc.record({
    ctrlLossTimeout: fc.integer({ min: 10, max: 3600 }),
    queues: fc.integer({ min: 1, max: 128 }),
  }),
  fc.constant({ fastIoFailTimeout: 'off' }),
);
const exports: fc.Arbitrary<Export> = fc
  .tuple(fc.oneof(loop, nvme), fc.option(connection))
  .map(([source, modified]) => ({ ...source, ...(modified && { connection: modified }) }));

describe('publish context', () => {
  test('every export reads back as it was written', () => {
    fc.assert(
      fc.property(exports, (source) => {
        expect(decodePublishContext(encodePublishContext(source))).toEqual(source);
      }),
    );
  });

  test('an absent or empty key is an error that names it', () => {
    fc.assert(
      fc.property(exports, fc.nat(), fc.boolean(), (source, at, empty) => {
        const context = encodePublishContext(source);
        const keys = Object.keys(context).filter((name) => empty || !(name in DEFAULT_CONNECTION_OPTIONS));
        const key = keys[at % keys.length] ?? '';
        if (empty) context[key] = '';
        else delete context[key];
        expect(() => decodePublishContext(context)).toThrow(`publish_context.${key} is`);
      }),
    );
  });

  test('whatever is read is an export or a RangeError', () => {
    fc.assert(
      fc.property(exports, fc.dictionary(fc.string(), fc.string()), fc.string(), (source, extra, text) => {
        for (const key of Object.keys(encodePublishContext(source))) {
          try {
            decodePublishContext({ ...extra, ...encodePublishContext(source), [key]: text });
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
    );
  });

  test.each([
    ['transport', 'iscsi', "publish_context.transport is 'iscsi'; known are loop and nvme-tcp"],
    ['port', '-1', 'publish_context.port is not a number'],
    ['capacityBytes', '1e9', 'publish_context.capacityBytes is not a number'],
    ['ctrlLossTimeout', '-1', 'publish_context.ctrlLossTimeout is "-1"; allowed: whole seconds from 10'],
    ['epoch', 'ABCDEF0123456789', 'publish_context.epoch is not 16 hex digits'],
  ])('refuses %s %p', (key, value, message) => {
    const good = encodePublishContext({
      nqn: 'nqn',
      epoch: '0123456789abcdef' as Epoch,
      capacityBytes: 1n,
      mayFormat: true,
      transport: 'nvme-tcp',
      addresses: ['192.0.2.1'],
      port: 4420,
      namespaceId: 1,
    });
    expect(() => decodePublishContext({ ...good, [key]: value })).toThrow(message);
  });
});
