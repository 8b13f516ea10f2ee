import { z } from 'zod';

/** One setting: an environment variable and a flag alike. */
export interface Setting<Value> {
  /** Reads the text; a fault becomes «NAME is <given>; allowed: <allowed>». */
  readonly schema: z.ZodType<Value, string>;
  readonly allowed: string;
  /** As text, as a person would set it. */
  readonly fallback: string;
  readonly help: string;
}

export const setting = <Value>(
  schema: z.ZodType<Value, string>,
  fallback: string,
  allowed: string,
  help: string,
): Setting<Value> => ({ schema, allowed, fallback, help });

export const absolutePath = z.string().regex(/^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\0]*$/);
export const optionalPath = z.union([absolutePath, z.literal('')]);
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most);
