import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CsiError } from '../../csi/csi-error.ts';
import { mutableParameters, STORAGE_CLASS_PARAMETERS, volumeParameters } from './parameters.ts';

const messageOf = (given: Record<string, string>): string => {
  try {
    volumeParameters(given);
  } catch (error) {
    if (error instanceof CsiError) return error.message;
    throw error;
  }
  return '';
};

describe('volumeParameters', () => {
  test('has defaults for everything', () => {
    expect(volumeParameters({})).toEqual({ provisioning: 'thin', compression: false });
  });

  test('reads what a StorageClass says, and leaves the sidecars their keys', () => {
    const given = {
      pool: 'fast',
      provisioning: 'thick',
      compression: 'true',
      'csi.storage.k8s.io/pvc/name': 'x',
    };
    expect(volumeParameters(given)).toEqual({ pool: 'fast', provisioning: 'thick', compression: true });
  });

  test('names an unknown key and the known ones', () => {
    expect(messageOf({ Pool: 'fast' })).toBe(
      'parameters."Pool" is unknown; those of a StorageClass are: appliance, pool, provisioning, compression, ' +
        'encrypted, ctrlLossTimeout, reconnectDelay, fastIoFailTimeout, keepAliveTimeout, queues',
    );
  });

  test('names every wrong value at once, with what is allowed', () => {
    expect(messageOf({ provisioning: 'fat', compression: 'yes' })).toBe(
      'parameters.provisioning is "fat"; allowed: thin, thick; parameters.compression is "yes"; allowed: true, false',
    );
  });

  test('accepts known parameters only, whatever is given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string()), (given) => {
        const message = messageOf(given);
        const unknown = Object.keys(given).some(
          (key) =>
            !Object.hasOwn(STORAGE_CLASS_PARAMETERS.rows, key) && !key.startsWith('csi.storage.k8s.io/'),
        );
        if (unknown) expect(message).toContain('is unknown');
      }),
    );
  });
});

describe('mutableParameters', () => {
  test('says nothing of what is not given', () => {
    expect(mutableParameters({})).toEqual({});
    expect(mutableParameters({ 'csi.storage.k8s.io/pvc/name': 'x' })).toEqual({});
    expect(mutableParameters({ compression: 'false' })).toEqual({ compression: false });
  });

  test('takes what may change and nothing else, whatever is given', () => {
    const text = fc.oneof(
      fc.constantFrom('compression', 'pool', 'provisioning', 'true', '__proto__'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.dictionary(text, text), (given) => {
        const keys = Object.keys(given).filter((key) => !key.startsWith('csi.storage.k8s.io/'));
        const good = keys.every((key) => key === 'compression' && /^(true|false)$/.test(given[key] ?? ''));
        if (good) expect(Object.keys(mutableParameters(given))).toEqual(keys);
        else expect(() => mutableParameters(given)).toThrow(/mutable_parameters\./);
      }),
    );
  });
});
