import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Tenant } from '../tenant.ts';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.arrive('block');
});
afterAll(() => tenant.leave());

test('a raw block volume is a device in the pod, keeps its content, and grows while it is open', async () => {
  await tenant.claim('disk', { mode: 'Block' });
  await tenant.runningPod('writes', { blocks: ['disk'] });
  expect(await tenant.sh('writes', 'stat -c %F /disk && blockdev --getsize64 /disk')).toBe(
    `block special file\n${64 * 1024 ** 2}`,
  );
  await tenant.sh('writes', 'echo content | dd of=/disk bs=512 seek=1000 conv=sync,fsync 2>/dev/null');
  await tenant.drop('pods', 'writes');
  await tenant.runningPod('reads', { blocks: ['disk'] });
  const read = 'dd if=/disk bs=512 skip=1000 count=1 2>/dev/null | tr -d "\\0"';
  expect(await tenant.sh('reads', read)).toBe('content');
  await tenant.grow('disk', '96Mi');
  await tenant.until('the claim has grown', async () => (await tenant.capacity('disk')) === '96Mi');
  expect(await tenant.sh('reads', 'blockdev --getsize64 /disk')).toBe(String(96 * 1024 ** 2));
  expect(await tenant.sh('reads', read)).toBe('content');
});
