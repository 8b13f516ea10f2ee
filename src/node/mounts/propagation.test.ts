import { expect, test } from 'bun:test';
import type { Mount } from './mount-info.ts';
import { goneWith } from './propagation.ts';

let lastId = 0;
function mount(mountPoint: string, on: Mount | undefined, sketch: Partial<Mount> = {}): Mount {
  lastId += 1;
  const plain = { device: '8:1', root: '/', options: [], superOptions: [], fsType: 'ext4', source: '' };
  return { ...plain, id: lastId, parentId: on?.id ?? lastId, mountPoint, ...sketch };
}

const disk = mount('/mnt/disk', undefined, { peerGroup: 7 });
const kubelet = mount('/var/lib/kubelet', undefined, { peerGroup: 7, root: '/kubelet' });
const staged = mount('/var/lib/kubelet/staging', kubelet, { device: '7:3' });

test('the copy below the folder that kubelet’s is bound from goes with the mount itself', () => {
  const copy = mount('/mnt/disk/kubelet/staging', disk, { device: '7:3' });
  expect(goneWith([disk, kubelet, staged, copy], ['/var/lib/kubelet/staging'])).toEqual(
    new Set([staged, copy]),
  );
});

test.each([
  ['at another place of the same disk', mount('/mnt/disk/elsewhere', disk, { device: '7:3' })],
  ['that shows but a part', mount('/mnt/disk/kubelet/staging', disk, { device: '7:3', root: '/folder' })],
  ['of another device', mount('/mnt/disk/kubelet/staging', disk, { device: '7:4' })],
  [
    'on a mount of no group',
    mount('/private/kubelet/staging', mount('/private', undefined), { device: '7:3' }),
  ],
  [
    'whose parent is not seen',
    mount('/mnt/disk/kubelet/staging', undefined, { device: '7:3', parentId: 99_999 }),
  ],
])('a mount %s stays', (_, other) => {
  expect(goneWith([disk, kubelet, staged, other], ['/var/lib/kubelet/staging'])).toEqual(new Set([staged]));
});

test('on private mounts nothing goes but what is unmounted', () => {
  const alone = mount('/data', undefined);
  const own = mount('/data/staging', alone, { device: '7:3' });
  expect(goneWith([alone, own], ['/data/staging'])).toEqual(new Set());
});
