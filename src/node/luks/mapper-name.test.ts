import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isEpoch, type VolumeId, volumeId } from '../../core/storage/volume-id.ts';
import { isMapperName, mapperName, mapperPrefix } from './mapper-name.ts';

const slot = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);
const appliance = fc.stringMatching(/^[a-z0-9]{1,32}$/);
const id = fc.tuple(appliance, slot).map(([name, own]) => volumeId(name, own));
const epoch = fc.stringMatching(/^[0-9a-f]{16}$/).filter(isEpoch);

test('a mapper’s name is one of ours, fits into device-mapper’s uuid, and begins as all of its volume', () => {
  fc.assert(
    fc.property(id, epoch, (volume, of) => {
      const name = mapperName(volume, of);
      expect(isMapperName(name)).toBe(true);
      expect(name.length).toBeLessThanOrEqual(83);
      expect(name.startsWith(mapperPrefix(volume))).toBe(true);
      // What device-mapper would have to escape (libdm, _is_whitelisted_char).
      expect(name).toMatch(/^[\w#+.:=@-]+$/);
    }),
  );
});

test('two volumes or two epochs have two names, whatever their slots', () => {
  fc.assert(
    fc.property(id, id, epoch, epoch, (one, other, first, second) => {
      const same = (a: VolumeId, b: VolumeId) => a === b;
      expect(mapperName(one, first) === mapperName(other, second)).toBe(same(one, other) && first === second);
    }),
  );
});

test('names of others are not ours', () => {
  for (const name of ['luks-1234', 'rose-csi-', 'rose-csi-a-b-c', 'vg-rose-csi-x'])
    expect(isMapperName(name)).toBe(false);
});
