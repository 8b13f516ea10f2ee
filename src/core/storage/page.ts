/** A page of a list that is ordered by id: creations and deletions between pages never repeat or skip others. */
export interface PageRequest {
  /** At most so many items, 1 or more; undefined: all. */
  readonly limit?: number;
  /** The token of the page before: only items behind it are listed. */
  readonly after?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** The last item's id; undefined on the last page. */
  readonly next?: string;
}

/** Cuts a page out of items that are sorted by id already. */
export function pageOf<T extends { readonly id: string }>(sorted: readonly T[], page: PageRequest): Page<T> {
  const { after, limit } = page;
  const rest = after === undefined ? sorted : sorted.filter((item) => item.id > after);
  if (limit === undefined || rest.length <= limit) return { items: rest };
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return last ? { items, next: last.id } : { items };
}
