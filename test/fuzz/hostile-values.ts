import type { Kind } from './string-fields.ts';

/** A text that somebody might send, and what must not take it. Where nothing is said, any known answer is fine. */
export interface HostileValue {
  readonly label: string;
  readonly text: string;
  /** On the wire the text's bytes are replaced by these, of the same number. */
  readonly bytes?: Buffer;
  readonly refusedBy: ReadonlySet<Kind>;
}

const ALL: readonly Kind[] = [
  'name',
  'id',
  'optionalId',
  'nodeId',
  'nodeIdOrAll',
  'text',
  'path',
  'optionalPath',
  'lookupPath',
  'optionalLookupPath',
  'fsType',
  'mountFlag',
  'mapKey',
  'mapValue',
  'secretKey',
  'secretValue',
];
const but = (...kinds: readonly Kind[]): Kind[] => ALL.filter((kind) => !kinds.includes(kind));

const IDS: readonly Kind[] = ['id', 'optionalId'];
const REQUIRED: readonly Kind[] = [
  'name',
  'id',
  'nodeId',
  'path',
  'lookupPath',
  'mountFlag',
  'mapKey',
  'secretKey',
];
const OF_128_BYTES: readonly Kind[] = ['name', ...IDS, 'text', 'mapKey', 'secretKey'];
const ABSOLUTE: readonly Kind[] = ['path', 'optionalPath'];
const PATHS: readonly Kind[] = [...ABSOLUTE, 'lookupPath', 'optionalLookupPath'];
/** Neither a path, nor one of a few words, nor a mount option. */
const NO_WORD: readonly Kind[] = [...ABSOLUTE, 'fsType', 'mountFlag'];
/** A passphrase may be any text. */
const NOT_A_SECRET = but('secretValue');

const value = (label: string, text: string, refusedBy: readonly Kind[], bytes?: Buffer): HostileValue => ({
  label,
  text,
  refusedBy: new Set(refusedBy),
  ...(bytes ? { bytes } : {}),
});

export const HOSTILE_VALUES: readonly HostileValue[] = [
  value('empty', '', REQUIRED),
  value('1 MiB', 'x'.repeat(1 << 20), ALL),
  value('1 MiB as a path', `/${'x/'.repeat(1 << 19)}x`, ALL),
  value('129 bytes', 'x'.repeat(129), [...OF_128_BYTES, ...ABSOLUTE, 'fsType']),
  value('129 bytes in 43 characters', '€'.repeat(43), [...OF_128_BYTES, ...NO_WORD]),
  value('NUL', '\u0000', NOT_A_SECRET),
  value('NUL in an absolute path', '/a\u0000b', NOT_A_SECRET),
  value('an escape sequence', 'a\u001b[2J', NOT_A_SECRET),
  value('DEL', 'a\u007f', NOT_A_SECRET),
  value('a C1 control character', 'a\u0085', NOT_A_SECRET),
  value('a line break', '/a\nb', but('secretValue', 'name')),
  value('a tab', '/a\tb', but('secretValue', 'name')),
  value('a climbing path', '../../etc/passwd', [...IDS, ...PATHS, 'fsType', 'mountFlag']),
  value('two dots', '..', [...IDS, ...PATHS, 'fsType', 'mountFlag']),
  value('an absolute climbing path', '/a/../../etc', [...IDS, ...PATHS, 'fsType', 'mountFlag']),
  value('a climbing id', 'appliance/..', [...IDS, ...PATHS, 'fsType']),
  value('a climbing path of another system', '..\\..\\x', [...IDS, ...PATHS, 'fsType', 'mountFlag']),
  value('the root folder', '/', [...ABSOLUTE, 'fsType', 'mountFlag']),
  value('an unclean path', '/a//b/./c', [...ABSOLUTE, 'fsType', 'mountFlag']),
  value('a high surrogate alone', '\ud800', NOT_A_SECRET),
  value('a low surrogate within', 'a\udc00b', NOT_A_SECRET),
  value('bytes that are no UTF-8', 'MARKER-1', NOT_A_SECRET, Buffer.from('ff2ffe80c0af4142', 'hex')),
  value('an overlong NUL', 'MARKER-2', NOT_A_SECRET, Buffer.from('c080c08041424344', 'hex')),
  value('a mark that turns text around', '\u202egnp.exe', NO_WORD),
  value('a byte order mark', '\ufeffname', NO_WORD),
  value('combining characters', 'e\u0301\u0301\u0301', NO_WORD),
  value('an astral character', '\u{1f600}', NO_WORD),
  value('a non-character', '\uffff', NO_WORD),
  value('a RouterOS command', '"]; /system reset-configuration; :put ["', NO_WORD),
  value('a shell command', "$(reboot)`reboot`';reboot;'", NO_WORD),
  value('an option', '--help', NO_WORD),
  value('two options', 'noatime,remount', NO_WORD),
  value('a format', '%s%n%x', [...ABSOLUTE, 'fsType', 'mountFlag']),
  value('a prototype', '__proto__', [...ABSOLUTE, 'fsType']),
  value('a member of every object', 'constructor', [...ABSOLUTE, 'fsType']),
];
