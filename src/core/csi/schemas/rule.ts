import { z } from 'zod';

/** What is wrong with a value, in words that follow the field's name; undefined where nothing is. */
export type Fault = string | undefined;

/** A fault of one entry of a map or list: where, and what. */
export interface EntryFault {
  readonly at?: string | number;
  readonly fault: string;
}

/**
 * A text field: `find` says what is wrong with it.
 * @param allowed what would be right, for the caller's eyes
 */
export function text(allowed: string, find: (value: string) => Fault): z.ZodType<string> {
  return checked(z.string(), allowed, (value) => {
    const fault = find(value);
    return fault === undefined ? [] : [{ fault }];
  });
}

/** Adds a rule to a schema; every fault that `find` returns is reported on its own. */
export function checked<T>(
  schema: z.ZodType<T>,
  allowed: string,
  find: (value: T) => readonly EntryFault[],
): z.ZodType<T> {
  return schema.check((context) => {
    for (const { at, fault } of find(context.value)) {
      context.issues.push({
        code: 'custom',
        message: fault,
        path: at === undefined ? [] : [at],
        params: { allowed },
        input: context.value,
      });
    }
  });
}

/** A request or message schema that has every field of its message, or does not compile. */
export function message<T>(fields: { readonly [Field in keyof T]-?: z.ZodType }): z.ZodType {
  return z.object(fields as z.ZodRawShape);
}
