import type { ListMenu, Property } from '../list-menu.ts';
import type { Wrapping } from './wrap.ts';

/** What `print` is asked to show, whatever the form. */
export interface Listing<T> {
  readonly menu: ListMenu<T>;
  /** With their number in the whole list. */
  readonly items: readonly { readonly number: number; readonly item: T }[];
  /** `proplist`, in the menu's order; undefined: what the form shows by itself. */
  readonly properties: readonly Property<T>[] | undefined;
  /** `show-ids`: ids in place of numbers (ASSUMED[text-print]). */
  readonly showIds: boolean;
  readonly wrapping: Wrapping;
  /** The least indent of details. */
  readonly indent: number;
}

/** An item's number, or its id. */
export const label = <T>({ menu, showIds }: Listing<T>, number: number, item: T): string =>
  showIds ? menu.id(item) : number.toString();
