import { type Fleet, idsOf } from './fleet.ts';
import type { Page, PageRequest } from './page.ts';
import type { StorageBackend } from './storage-backend.ts';

type List<T> = (member: StorageBackend, page: PageRequest) => Promise<Page<T>>;

/**
 * A page of what all appliances hold, in the order of the ids. It fails where an appliance that belongs to it does not
 * answer: what is not listed would be taken for gone.
 */
export async function listAcross<T extends { readonly id: string }>(
  { members }: Fleet,
  { limit, after }: PageRequest,
  list: List<T>,
): Promise<Page<T>> {
  const rest = members.filter((member) => after === undefined || !isBefore(member, after));
  const request = (member: StorageBackend): PageRequest =>
    after?.startsWith(idsOf(member)) ? { after } : {};
  if (limit === undefined) {
    const pages = await Promise.all(rest.map((member) => list(member, request(member))));
    return { items: pages.flatMap(({ items }) => items) };
  }
  const items: T[] = [];
  for (const [index, member] of rest.entries()) {
    const page = await list(member, { ...request(member), limit: limit - items.length });
    items.push(...page.items);
    if (page.next !== undefined) return { items, next: page.next };
    const last = items.at(-1);
    if (last && items.length === limit) {
      return (await holdAny(rest.slice(index + 1), list)) ? { items, next: last.id } : { items };
    }
  }
  return { items };
}

/** Everything of the appliance stands before the token. */
const isBefore = (member: StorageBackend, after: string): boolean =>
  !after.startsWith(idsOf(member)) && idsOf(member) < after;

/** A page that is full at the end of an appliance is the last one only if the others hold nothing. */
async function holdAny<T>(members: readonly StorageBackend[], list: List<T>): Promise<boolean> {
  for (const member of members) {
    if ((await list(member, { limit: 1 })).items.length > 0) return true;
  }
  return false;
}
