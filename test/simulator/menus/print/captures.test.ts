import { expect, test } from 'bun:test';
import type { ApplianceOptions, DriveOptions } from '../../appliance/options.ts';
import { MenuRig } from '../menu-rig.ts';

// Each text here is published output of a device; the sources are public repositories on GitHub.

const lines = (...text: readonly string[]) => text.map((line) => `${line}\r\n`).join('');

/** A member of the RAID below. */
const mirror = (role: number, uuid: string): DriveOptions => ({
  flags: ['block-device', 'raid-member'],
  properties: {
    type: 'raid',
    slot: `raid10-m${role}`,
    'slot-default': '',
    parent: '',
    fs: '-',
    model: 'RAID1 mirrored',
    size: 4_000_786_153_472n,
    'mount-filesystem': false,
    'mount-read-only': false,
    compress: false,
    'sector-size': 512n,
    'raid-type': '1',
    'raid-device-count': 2n,
    'raid-max-component-size': 'none',
    'raid-master': 'raid10',
    'raid-role': BigInt(role),
    'raid-member-failed': false,
    'raid-member-state': `${role}:in_sync`,
    state: 'clean',
    'raid-uuid': uuid,
    'nvme-tcp-export': false,
    'iscsi-export': false,
    'nfs-sharing': false,
    'smb-sharing': false,
    'media-sharing': false,
    'media-interface': 'none',
    swap: false,
  },
});

/** The RDS2216 with RouterOS 7.24.4 of singlecheeze/ocp-cheat-sheet, «Networking/Mikrotik RDS NVMeoTCP». */
const RDS: Partial<ApplianceOptions> = {
  version: '7.24',
  // The pool was item 26: what stood before it isn't published.
  drives: Array.from({ length: 26 }, (_, at) => ({ properties: { slot: `nvme${at + 1}` } })),
  pools: [
    {
      slot: 'raid10',
      fs: 'xfs',
      bytes: 16_003_143_565_312n,
      label: 'ocp-storage',
      fsUuid: '40437dbc-2318-45dc-817b-b3bb95cf48ab',
      inodes: 1_562_806_656n,
      // size - free - the image of 1 TiB.
      overheadBytes: 113_736_630_272n,
      raid: {
        level: '0',
        devices: 4,
        chunk: '256K',
        uuid: 'eadca0af-ecff031c-239758ad-951a47de',
        members: [
          mirror(0, '5715669c-43873157-0ebaaa3a-7104d138'),
          mirror(1, '0ad95faf-932c93bd-586c8835-8257cd88'),
          mirror(2, 'ebc29c04-3d2ac385-5f1a3ad1-4236381f'),
          mirror(3, 'e8e03b13-32cbf0e1-ba36b210-c32e0583'),
        ],
      },
    },
  ],
};

async function rds(): Promise<MenuRig> {
  const rig = new MenuRig(RDS);
  await rig.run('/disk/add', {
    type: 'file',
    slot: 'vm-storage-001',
    'file-path': 'raid10/vm-storage-001.img',
    'file-size': '1T',
    'mount-filesystem': 'no',
    'nvme-tcp-export': 'yes',
    'nvme-tcp-server-nqn': 'nqn.2026-09.com.mikrotik:rds2216.vm-storage-001',
  });
  return rig;
}

const detailOf = (rig: MenuRig, width: number, slots: RegExp) =>
  rig.text(
    '/disk/print',
    { detail: true },
    {
      session: rig.session({ width }),
      where: async (row) => slots.test(String(row.get('slot'))),
    },
  );

test('a file disk on a wide terminal (singlecheeze/ocp-cheat-sheet, «Check the LUN»)', async () => {
  expect(await detailOf(await rds(), 240, /^vm-storage-001$/)).toBe(
    lines(
      'Flags: B - BLOCK-DEVICE; t - NVME-TCP-EXPORT',
      '31 Bt type=file slot="vm-storage-001" slot-default="" parent="" fs=- model="/raid10/vm-storage-001.img" size=1 099 511 627 776 mount-filesystem=no mount-read-only=no compress=no sector-size=512 raid-master=none nvme-tcp-export=yes',
      '      nvme-tcp-server-port=4420 nvme-tcp-server-nqn="nqn.2026-09.com.mikrotik:rds2216.vm-storage-001" nvme-tcp-server-allow-host-name="" iscsi-export=no nfs-sharing=no smb-sharing=no media-sharing=no media-interface=none swap=no',
      '      file-path=/raid10/vm-storage-001.img file-size=1024.0GiB file-offset=0',
    ),
  );
});

test('a pool and its members on a wide terminal (singlecheeze/ocp-cheat-sheet, «Check the RAID»)', async () => {
  const member = (number: number, role: number, uuid: string) => [
    ' ',
    `${number} B r type=raid slot="raid10-m${role}" slot-default="" parent="" fs=- model="RAID1 mirrored" size=4 000 786 153 472 mount-filesystem=no mount-read-only=no compress=no sector-size=512 raid-type=1 raid-device-count=2 raid-max-component-size=none`,
    `       raid-master=raid10 raid-role=${role} raid-member-failed=no raid-member-state="${role}:in_sync" state="clean" raid-uuid="${uuid}" nvme-tcp-export=no iscsi-export=no nfs-sharing=no smb-sharing=no media-sharing=no`,
    '       media-interface=none swap=no',
  ];
  expect(await detailOf(await rds(), 240, /^raid10/)).toBe(
    lines(
      'Flags: B - BLOCK-DEVICE; M - MOUNTED; r - RAID-MEMBER',
      '26 BM  type=raid slot="raid10" slot-default="" parent="" fs-label="ocp-storage" fs-uuid="40437dbc-2318-45dc-817b-b3bb95cf48ab" fs=xfs model="RAID0 striped" size=16 003 143 565 312 free=14 789 895 307 264 total-inodes=1 562 806 656',
      '       free-inodes=1 562 806 652 use=8% mount-point="raid10" mount-filesystem=yes mount-read-only=no compress=no sector-size=512 raid-type=0 raid-device-count=4 raid-max-component-size=none raid-chunk-size=256K raid-master=none',
      '       state="clean" raid-uuid="eadca0af-ecff031c-239758ad-951a47de" nvme-tcp-export=no iscsi-export=no nfs-sharing=no smb-sharing=no media-sharing=no media-interface=none swap=no',
      ...member(27, 0, '5715669c-43873157-0ebaaa3a-7104d138'),
      ...member(28, 1, '0ad95faf-932c93bd-586c8835-8257cd88'),
      ...member(29, 2, 'ebc29c04-3d2ac385-5f1a3ad1-4236381f'),
      ...member(30, 3, 'e8e03b13-32cbf0e1-ba36b210-c32e0583'),
    ),
  );
});

test('the state of the same pool as a value (singlecheeze/ocp-cheat-sheet, verify-ocp-storage)', async () => {
  const [row] = await (await rds()).rows('/disk', { slot: 'raid10' });
  expect(row).toMatchObject({ state: 'clean', fs: 'xfs', mounted: true, size: 16_003_143_565_312n });
});

test('a file disk over SSH exec (3whiskeywhiskey/rds-csi, pkg/rds/commands_test.go)', async () => {
  // The fixture's path was shortened when it was published: with 22 characters its lines would break elsewhere, at
  // any width. The driver's default folder and the slot give the breaks that it has. Where its item's line begins
  // isn't published; what follows is indented by 15.
  const path = '/storage-pool/metal-csi/volumes/pvc-test-123.img';
  const rig = new MenuRig({
    pools: [{ slot: 'storage-pool', fs: 'btrfs', bytes: 1n << 40n }],
    assumptions: { missingFolder: 'created', detailIndent: 15 },
  });
  await rig.run('/disk/add', {
    type: 'file',
    slot: 'pvc-test-123',
    'file-path': path,
    'file-size': '50G',
    'nvme-tcp-export': 'yes',
  });
  const text = await detailOf(rig, 80, /^pvc-test-123$/);
  expect(text.replaceAll(path, '/storage-pool/test.img')).toBe(
    lines(
      'Flags: B - BLOCK-DEVICE; t - NVME-TCP-EXPORT',
      ' 1 Bt          type=file slot="pvc-test-123" slot-default="" parent="" fs=-',
      '               model="/storage-pool/test.img"',
      '               size=53 687 091 200 mount-filesystem=yes mount-read-only=no',
      '               compress=no sector-size=512 raid-master=none',
      '               nvme-tcp-export=yes nvme-tcp-server-port=4420',
      '               nvme-tcp-server-nqn="nqn.2000-02.com.mikrotik:pvc-test-123"',
      '               nvme-tcp-server-allow-host-name="" iscsi-export=no',
      '               nfs-sharing=no smb-sharing=no media-sharing=no',
      '               media-interface=none swap=no',
      '               file-path=/storage-pool/test.img',
      '               file-size=50.0GiB file-offset=0',
    ),
  );
});

test('files over SSH exec (3whiskeywhiskey/rds-csi, TestParseFileList_MultipleFiles)', async () => {
  const rig = new MenuRig({ pools: [{ slot: 'storage-pool', fs: 'btrfs', bytes: 1n << 40n }] });
  const at = (time: string) => rig.appliance.jumpClock(Date.parse(`${time}Z`) - rig.appliance.clock.now());
  at('2025-11-11T16:47:07');
  await rig.run('/file/add', { name: 'storage-pool/metal-csi', type: 'directory' });
  at('2025-11-11T14:32:41');
  const folder = 'storage-pool/metal-csi';
  rig.appliance.plantFile(`${folder}/pvc-ccdecfad-a8bf-572e-9120-464c4d99f12f.img`, 10n << 30n);
  at('2025-11-11T16:47:07');
  rig.appliance.plantFile(`${folder}/pvc-0f923194-922a-5dd8-b376-c2c6ccb56dd8.img`, 1n << 30n);
  // The fixture's numbers are of a list without the mount point.
  const text = await rig.text(
    '/file/print',
    { detail: true },
    {
      where: async (row) => row.get('type') !== 'disk',
    },
  );
  expect(
    text.replace(/^ (\d) /gm, (_, number) => ` ${Number(number) - 1} `).replaceAll('\r\n \r\n', '\r\n\r\n'),
  ).toBe(
    lines(
      ' 0   name=storage-pool/metal-csi type=directory',
      '     last-modified=2025-11-11 16:47:07',
      '',
      ' 1   name=storage-pool/metal-csi/pvc-ccdecfad-a8bf-572e-9120-464c4d99f12f.img',
      '     type=.img file size=10.0GiB last-modified=2025-11-11 14:32:41',
      '',
      ' 2   name=storage-pool/metal-csi/pvc-0f923194-922a-5dd8-b376-c2c6ccb56dd8.img',
      '     type=.img file size=1024.0MiB last-modified=2025-11-11 16:47:07',
    ),
  );
});
