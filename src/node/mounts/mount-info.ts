import { NodeError } from '../node-error.ts';

/** One mount, as a line of mountinfo tells it; source: proc_pid_mountinfo(5). */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` of the file system's `st_dev`; btrfs and others without a device of their own have `0:n`. */
  readonly device: string;
  /** The folder or file inside of the file system that is mounted; `/` unless it is a bind mount. */
  readonly root: string;
  readonly mountPoint: string;
  /** Of this mount alone, such as `ro` or `nosuid`. */
  readonly options: readonly string[];
  /** What is mounted on it shows on all mounts of the same number; absent: on it alone. */
  readonly peerGroup?: number;
  readonly fsType: string;
  readonly source: string;
  /** Of the file system, wherever it is mounted. */
  readonly superOptions: readonly string[];
}

/** Only the plain blank parts fields: names may hold other white space of Unicode. */
const FIXED = /^(\d+) (\d+) (\d+:\d+) ([^ ]+) ([^ ]+) ([^ ]+)((?: [^ ]+)*)$/;
/** `source` may be empty; `superOptions` is the rest. */
const AFTER = /^([^ ]+) ([^ ]*) (.*)$/s;
const SEPARATOR = ' - ';

/**
 * Reads the text of a mountinfo file, in its order.
 * @throws NodeError `protocol` on a line that has not the form
 */
export function parseMountInfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}

function parseLine(line: string): Mount {
  // Blanks within fields are escaped, so the first lone dash is the separator.
  const at = line.indexOf(SEPARATOR);
  const before = FIXED.exec(line.slice(0, at));
  const after = AFTER.exec(line.slice(at + SEPARATOR.length));
  if (at < 0 || !before || !after) throw new NodeError('protocol', `not a line of mountinfo: ${line}`);
  const [, id, parentId, device, root, mountPoint, options, optional] = before;
  const [, fsType, source, superOptions] = after;
  const [, group] = / shared:(\d+)/.exec(optional ?? '') ?? [];
  return {
    id: Number(id),
    parentId: Number(parentId),
    device: device ?? '',
    root: unmangle(root),
    mountPoint: unmangle(mountPoint),
    options: list(options),
    ...(group !== undefined && { peerGroup: Number(group) }),
    fsType: unmangle(fsType),
    source: unmangle(source),
    superOptions: list(superOptions),
  };
}

function list(text = ''): string[] {
  const parts = text === '' ? [] : text.split(',');
  return text.includes('\\') ? parts.map(unmangle) : parts;
}

/**
 * The kernel writes space, tab, newline, backslash and a few more as octal (seq_file's mangle_path). Most texts have none
 * of them, and a node has thousands of lines.
 */
const unmangle = (text = ''): string =>
  text.includes('\\')
    ? text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    : text;
