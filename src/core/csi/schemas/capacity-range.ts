import { z } from 'zod';
import type { CapacityRange } from '../generated/csi.ts';
import { checked, message } from './rule.ts';

const bytes = checked(z.bigint(), '0 or more bytes', (value) =>
  value < 0n ? [{ fault: 'is negative' }] : [],
);

const range = message<CapacityRange>({ requiredBytes: bytes, limitBytes: bytes }) as z.ZodType<CapacityRange>;

/** CSI v1.13: a limit of 0 is none. */
export const optionalCapacityRange = checked(
  range,
  'required_bytes up to limit_bytes',
  ({ requiredBytes, limitBytes }) =>
    limitBytes > 0n && requiredBytes > limitBytes
      ? [{ fault: `asks for ${requiredBytes} bytes, more than its limit of ${limitBytes}` }]
      : [],
).optional();
