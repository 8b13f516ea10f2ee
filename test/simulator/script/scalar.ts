/** A span of time, in nanoseconds; negative ones exist. Its text is `00:00:05` or `1w2d03:04:05` (time.ts). */
export class ScriptTime {
  constructor(readonly ns: bigint) {}
}

/** An item's internal id, `*` and upper-case hexadecimal digits: `*1A`. */
export class ScriptId {
  constructor(readonly text: string) {}
}

/**
 * Values without parts. `undefined` is RouterOS's «nothing», `null` its «nil». Numbers are signed 64-bit.
 * ASSUMED[language-edges]: addresses and prefixes are played as strings; their arithmetic is not, and `:typeof` says `str`.
 */
export type Scalar = undefined | null | boolean | bigint | string | ScriptTime | ScriptId;
