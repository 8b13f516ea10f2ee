import type { Appliance } from '../appliance/appliance.ts';
import type { DiskItem } from '../appliance/disk-items.ts';
import { failure } from '../appliance/failures.ts';
import { ScriptError } from '../script/script-error.ts';
import type { Value } from '../script/value.ts';
import type { ListMenu } from './list-menu.ts';
import type { MenuSession } from './menu.ts';
import { printLines } from './print/print.ts';
import { settingsLines } from './print/value-list.ts';
import { type Arguments, keyed, list } from './values.ts';

const INTERVAL_MS = 1_000;

/**
 * `/disk monitor-traffic <slot> once`: counters of each disk; without `once` a stream that ends with the session. Names
 * as in the manual's reference; the model counts an image's changes and nothing else. ASSUMED[model-edges]: the text's form.
 */
export async function monitorTraffic(
  appliance: Appliance,
  menu: ListMenu<DiskItem>,
  items: readonly DiskItem[],
  args: Arguments,
  session: MenuSession,
): Promise<Value> {
  if (items.length === 0) throw failure('no such item');
  if (args.flag('as-value')) return list(items.map((item) => keyed(counters(menu, item))));
  for (;;) {
    for (const item of items) {
      const lines = counters(menu, item).map(([name, value]) => ({
        name,
        form: 'grouped' as const,
        read: () => value,
      }));
      printLines(session, settingsLines(lines));
    }
    if (args.flag('once')) return undefined;
    await appliance.clock.sleep(INTERVAL_MS, session.signal).catch(() => {
      throw new ScriptError('interrupted');
    });
  }
}

function counters(menu: ListMenu<DiskItem>, item: DiskItem): [string, Value][] {
  const slot = menu.properties.find(({ name }) => name === 'slot')?.read(item);
  const writes = BigInt(item.kind === 'file' ? (item.image?.generation ?? 1) - 1 : 0);
  return [
    ['slot', slot],
    ['read-ops-per-second', 0n],
    ['read-rate', 0n],
    ['write-ops-per-second', 0n],
    ['write-rate', 0n],
    ['io-ops', writes],
    ['io-errors', 0n],
    ['read-ops', 0n],
    ['read-bytes', 0n],
    ['write-ops', writes],
    ['write-bytes', writes * 4096n],
    ['in-flight-ops', 0n],
  ];
}
