import { posix } from 'node:path';
import { z } from 'zod';
import { checked, type EntryFault, type Fault, text } from './rule.ts';

/** CSI v1.13, "Size Limits": strings and maps, unless a field says otherwise. */
const TEXT_MAX_BYTES = 128;
const MAP_MAX_BYTES = 4096;
/** CSI v1.13, NodeGetInfoResponse.node_id. */
const NODE_ID_MAX_BYTES = 256;
/** PATH_MAX of limits.h is 4096 with the final NUL. */
const PATH_MAX_BYTES = 4095;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: CSI v1.13's list for names: tab, LF and CR may stand
const BANNED_IN_NAMES = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const UP_SEGMENT = /(?:^|[/\\])\.\.(?:[/\\]|$)/;

const required = (value: string): Fault => (value === '' ? 'is required' : undefined);

const atMost =
  (bytes: number) =>
  (value: string): Fault => {
    const size = Buffer.byteLength(value);
    return size > bytes ? `has ${size} bytes, more than ${bytes}` : undefined;
  };

const noControl = (value: string): Fault => (CONTROL.test(value) ? 'holds a control character' : undefined);

/**
 * Bytes that are no UTF-8 arrive as U+FFFD. Two different texts could become one so, and a name's text decides
 * which volume is meant: what may identify something holds none.
 */
const wellFormed = (value: string): Fault =>
  value.includes('\ufffd') || !value.isWellFormed() ? 'is not valid UTF-8, or holds U+FFFD' : undefined;

const noUpSegment = (value: string): Fault => (UP_SEGMENT.test(value) ? "holds a '..' segment" : undefined);

/** The first fault that any of the rules finds. */
const firstOf =
  (...rules: readonly ((value: string) => Fault)[]) =>
  (value: string): Fault => {
    for (const rule of rules) {
      const fault = rule(value);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

const optional =
  (rule: (value: string) => Fault) =>
  (value: string): Fault =>
    value === '' ? undefined : rule(value);

const plainText = firstOf(atMost(TEXT_MAX_BYTES), wellFormed, noControl);

/** The name of a volume that is to be made. */
export const name = text(
  '1 to 128 bytes of any text without control characters',
  firstOf(required, atMost(TEXT_MAX_BYTES), wellFormed, (value) =>
    BANNED_IN_NAMES.test(value) ? 'holds a control character' : undefined,
  ),
);

/**
 * The id of a volume or snapshot. One that merely has not our form passes: whether it exists is for the service
 * to say, and deleting what cannot exist is a success.
 */
export const objectId = text(
  "1 to 128 bytes without control characters and '..' segments",
  firstOf(required, plainText, noUpSegment),
);

const OBJECT_ID_ALLOWED = "up to 128 bytes without control characters and '..' segments";
export const optionalObjectId = text(OBJECT_ID_ALLOWED, optional(firstOf(plainText, noUpSegment)));

/** CSI names no limit; a group of more volumes is none that an application has. */
const IDS_MAX = 256;
const idsAllowed = (least: number) => `${least} to ${IDS_MAX} ids`;
const ids = (least: number) =>
  checked(z.array(objectId), idsAllowed(least), (value) =>
    value.length < least || value.length > IDS_MAX ? [{ fault: `has ${value.length} entries` }] : [],
  );
export const objectIds = ids(1);
export const optionalObjectIds = ids(0);

const nodeIdRule = firstOf(atMost(NODE_ID_MAX_BYTES), wellFormed, noControl);
export const nodeId = text('1 to 256 bytes without control characters', firstOf(required, nodeIdRule));
/** Empty: all nodes. */
export const nodeIdOrAll = text('up to 256 bytes without control characters', optional(nodeIdRule));

/** Any text of CSI's general limits, or none. */
export const optionalText = text('up to 128 bytes without control characters', optional(plainText));

const lookupRule = firstOf(atMost(PATH_MAX_BYTES), wellFormed, noControl, noUpSegment);
const pathRule = firstOf(lookupRule, (value) => {
  if (!value.startsWith('/')) return 'is not absolute';
  if (value === '/') return 'is the root folder';
  return value.endsWith('/') || posix.normalize(value) !== value ? 'is not normalised' : undefined;
});
const PATH_ALLOWED = "an absolute, normalised path of up to 4095 bytes without control characters and '..'";

/** Where something is made or removed. */
export const path = text(PATH_ALLOWED, firstOf(required, pathRule));
export const optionalPath = text(PATH_ALLOWED, optional(pathRule));

/**
 * Where something is only looked up. Not held to be absolute: a path at which no volume is must be answered with
 * NOT_FOUND (CSI v1.13), and csi-sanity asks with a relative one.
 */
const LOOKUP_ALLOWED = "a path of up to 4095 bytes without control characters and '..'";
export const lookupPath = text(LOOKUP_ALLOWED, firstOf(required, lookupRule));
export const optionalLookupPath = text(LOOKUP_ALLOWED, optional(lookupRule));

export const maxEntries = checked(z.number(), '0 (no limit) or more', (value) =>
  value < 0 ? [{ fault: 'is negative' }] : [],
);

const anyMap = z.record(z.string(), z.string());
const MAP_ALLOWED = `up to ${MAP_MAX_BYTES} bytes of keys and values, keys of 1 to 128 bytes, no control characters`;

/** A map that decides or tells something: parameters, contexts. */
export const map = checked(anyMap, MAP_ALLOWED, (value) => {
  const tooLarge = mapSize(value);
  return tooLarge ? [tooLarge] : Object.entries(value).flatMap(entryFault);
});

/** Values may be any text, and neither they nor their keys are ever shown. */
export const secrets = checked(anyMap, `up to ${MAP_MAX_BYTES} bytes of keys and values`, (value) => {
  const tooLarge = mapSize(value);
  if (tooLarge) return [tooLarge];
  return Object.keys(value).some((key) => keyRule(key)) ? [{ fault: 'has a key that is not allowed' }] : [];
});

const keyRule = firstOf(required, plainText);
const valueRule = firstOf(wellFormed, noControl);

function entryFault([key, value]: [string, string]): EntryFault[] {
  const badKey = keyRule(key);
  if (badKey !== undefined) return [{ at: key, fault: `has a key that ${badKey}` }];
  const badValue = valueRule(value);
  return badValue === undefined ? [] : [{ at: key, fault: badValue }];
}

function mapSize(value: Readonly<Record<string, string>>): EntryFault | undefined {
  let size = 0;
  for (const [key, item] of Object.entries(value)) size += Buffer.byteLength(key) + Buffer.byteLength(item);
  return size > MAP_MAX_BYTES ? { fault: `has ${size} bytes, more than ${MAP_MAX_BYTES}` } : undefined;
}
