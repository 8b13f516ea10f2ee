const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** `40437dbc-2318-45dc-817b-b3bb95cf48ab` */
export function uuid(random: (bytes: number) => Uint8Array): string {
  return hex(random(16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** As RAID arrays have them: `eadca0af-ecff031c-239758ad-951a47de` */
export function raidUuid(random: (bytes: number) => Uint8Array): string {
  return hex(random(16)).replace(/^(.{8})(.{8})(.{8})/, '$1-$2-$3-');
}
