import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApplianceState } from './state.ts';

/** Where an appliance's state outlives the process. */
export interface StateStore {
  /** undefined: nothing was saved yet. */
  load(): Promise<ApplianceState | undefined>;
  save(state: ApplianceState): Promise<void>;
}

/** A folder with one JSON file, replaced as a whole. */
export class StateFolder implements StateStore {
  private readonly file: string;

  constructor(private readonly folder: string) {
    this.file = join(folder, 'appliance.json');
  }

  async load(): Promise<ApplianceState | undefined> {
    const file = Bun.file(this.file);
    if (!(await file.exists())) return undefined;
    return decodeState(await file.text());
  }

  async save(state: ApplianceState): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const next = `${this.file}.new`;
    await writeFile(next, encodeState(state));
    await rename(next, this.file);
  }
}

/** JSON; sizes are bigint, which JSON lacks, and become `{"bytes":"…"}`. */
export function encodeState(state: ApplianceState): string {
  return JSON.stringify(state, (_, value: unknown) =>
    typeof value === 'bigint' ? { bytes: value.toString() } : value,
  );
}

/** @throws SyntaxError · RangeError where the text is no state, or one of another format */
export function decodeState(text: string): ApplianceState {
  const state = JSON.parse(text, (_, value: unknown) =>
    isBytes(value) ? BigInt(value.bytes) : value,
  ) as ApplianceState;
  if (state.format !== 1)
    throw new RangeError(`a saved state of format ${String(state.format)} can't be read`);
  return state;
}

function isBytes(value: unknown): value is { readonly bytes: string } {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(value);
  return entries.length === 1 && entries[0]?.[0] === 'bytes' && typeof entries[0][1] === 'string';
}
