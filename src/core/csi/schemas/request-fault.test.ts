import { describe, expect, test } from 'bun:test';
import { METHODS } from '../../../../test/support/edge.ts';
import { CreateVolumeRequest } from '../generated/csi.ts';
import { requestFault } from './request-fault.ts';
import { REQUEST_SCHEMAS } from './request-schemas.ts';

const MOUNT = { accessType: { $case: 'mount' as const, mount: {} }, accessMode: { mode: 1 } };

function creation(fields: object): string {
  const schema = REQUEST_SCHEMAS['CreateVolume'];
  if (!schema) throw new Error('no schema');
  const all = { name: 'pvc-1', volumeCapabilities: [MOUNT], ...fields } as CreateVolumeRequest;
  const request = CreateVolumeRequest.fromPartial(all);
  return requestFault(schema, request)?.message ?? '';
}

describe('requestFault', () => {
  test('says nothing of a good request', () => {
    expect(creation({})).toBe('');
    expect(
      creation({
        volumeCapabilities: [{ accessType: { $case: 'block', block: {} }, accessMode: { mode: 7 } }],
        capacityRange: { requiredBytes: 1n, limitBytes: 1n },
        parameters: { pool: 'raid1' },
        secrets: { any: 'text\n' },
        volumeContentSource: { type: { $case: 'volume', volume: { volumeId: 'a/b' } } },
        accessibilityRequirements: { requisite: [{ segments: { 'a/b': 'true' } }], preferred: [] },
      }),
    ).toBe('');
  });

  test('tells a missing field without a value', () => {
    expect(creation({ name: '' })).toBe(
      'name: is required (allowed: 1 to 128 bytes of any text without control characters)',
    );
  });

  test('names fields as the protocol does, with the value and what is allowed', () => {
    const mount = { fsType: 'ntfs', mountFlags: ['noatime', 'bind'] };
    expect(
      creation({ volumeCapabilities: [MOUNT, { ...MOUNT, accessType: { $case: 'mount', mount } }] }).split(
        '; vol',
      ),
    ).toEqual([
      'volume_capabilities[1].mount.fs_type: is not a known file system (given: "ntfs"; allowed: ext4, xfs, btrfs, or nothing for ext4)',
      'ume_capabilities[1].mount.mount_flags[1]: is refused: it changes what is mounted, which is for the driver to decide (given: "bind"; allowed: options of mount(8), one an entry, 4096 bytes in all)',
    ]);
  });

  test.each([
    [{ volumeCapabilities: [] }, 'volume_capabilities: is required (allowed: at least one)'],
    [
      { volumeCapabilities: [{}] },
      'volume_capabilities[0].access_type: is required: block or mount; volume_capabilities[0].access_mode: is required',
    ],
    [
      { volumeCapabilities: [{ ...MOUNT, accessMode: { mode: 0 } }] },
      'access_mode.mode: is not a known access mode (given: 0; allowed: SINGLE_NODE_WRITER,',
    ],
    [{ volumeCapabilities: [{ ...MOUNT, accessMode: { mode: 99 } }] }, '(given: 99;'],
    [
      { volumeCapabilities: Array.from({ length: 129 }, () => MOUNT) },
      'volume_capabilities: has 129 entries',
    ],
    [
      { capacityRange: { requiredBytes: -1n, limitBytes: -2n } },
      'capacity_range.required_bytes: is negative (given: -1; allowed: 0 or more bytes); capacity_range.limit_bytes: is negative',
    ],
    [
      { capacityRange: { requiredBytes: 2n, limitBytes: 1n } },
      'capacity_range: asks for 2 bytes, more than its limit of 1',
    ],
    [{ volumeContentSource: {} }, 'volume_content_source.type: is required: snapshot or volume'],
    [
      { volumeContentSource: { type: { $case: 'snapshot', snapshot: {} } } },
      'volume_content_source.snapshot.snapshot_id: is required',
    ],
    [{ parameters: { pool: 'a\0' } }, 'parameters["pool"]: holds a control character (given: "a\\u0000"'],
    [
      { accessibilityRequirements: { preferred: [{ segments: { 'a\n': '' } }] } },
      'accessibility_requirements.preferred[0].segments["a\\n"]: has a key that holds a control character',
    ],
    [
      { accessibilityRequirements: { requisite: Array.from({ length: 1025 }, () => ({})) } },
      'accessibility_requirements.requisite: has 1025 entries',
    ],
  ])('tells faults (%#)', (fields, message) => {
    expect(creation(fields)).toContain(message);
  });

  test('an unlimited capacity range is fine', () => {
    expect(creation({ capacityRange: { requiredBytes: 5n, limitBytes: 0n } })).toBe('');
  });

  test('shortens and escapes what it shows', () => {
    const message = creation({ name: `\u202e\u009b${'x'.repeat(500)}` });
    expect(message).toContain(`(given: "\\u202e\\u009b${'x'.repeat(62)}…";`);
    expect(creation({ name: `${'x'.repeat(63)}😀${'y'.repeat(100)}` }).isWellFormed()).toBe(true);
  });

  test('shows no secret, and no value under a name that stands for one', () => {
    const secrets = { 'hunter2\0': 'hunter3' };
    expect(creation({ secrets })).toContain('secrets: has a key that is not allowed');
    expect(creation({ secrets })).not.toContain('hunter');
    expect(creation({ parameters: { password: 'hunter2\0' } })).not.toContain('hunter2');
  });

  test('counts the faults that do not fit', () => {
    const parameters = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, '\0']));
    expect(creation({ parameters })).toEndWith('; and 4 more faults');
  });
});

describe('REQUEST_SCHEMAS', () => {
  test('every schema is that of an RPC', () => {
    const paths = Object.values(METHODS).map(({ path }) => path.split('/')[2] ?? '');
    for (const name of Object.keys(REQUEST_SCHEMAS)) expect(paths).toContain(name);
  });
});
