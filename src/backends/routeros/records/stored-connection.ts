import type { ConnectionChange } from '../../../core/storage/connection-options.ts';

/**
 * What was modified of a volume's connection, as records keep it: for each option its letter and its value in base 36, in
 * this order, `-` for `off`; such as `L8cF-`. 17 characters at most.
 */
export const writeStoredConnection = (connection: ConnectionChange): string =>
  LETTERS.map(([letter, name]) => {
    const value = connection[name];
    if (value === undefined) return '';
    return `${letter}${value === 'off' ? OFF : value.toString(36)}`;
  }).join('');

/** undefined: not what {@link writeStoredConnection} writes. Which values a node takes is for the node to say. */
export function readStoredConnection(text: string): ConnectionChange | undefined {
  const groups = PATTERN.exec(text)?.groups;
  if (!groups || text === '') return undefined;
  const said = LETTERS.flatMap(([letter, name]) => {
    const value = groups[letter];
    return value === undefined ? [] : [[name, value === OFF ? 'off' : Number.parseInt(value, 36)] as const];
  });
  return Object.fromEntries(said) as ConnectionChange;
}

const OFF = '-';
/** Capital letters: base 36 has the small ones. */
const LETTERS = [
  ['L', 'ctrlLossTimeout'],
  ['R', 'reconnectDelay'],
  ['F', 'fastIoFailTimeout'],
  ['K', 'keepAliveTimeout'],
  ['Q', 'queues'],
] as const;
const NUMBER = '[1-9a-z][0-9a-z]{0,2}';
const PATTERN = new RegExp(
  `^(?:L(?<L>${NUMBER}))?(?:R(?<R>${NUMBER}))?(?:F(?<F>${OFF}|${NUMBER}))?(?:K(?<K>${NUMBER}))?(?:Q(?<Q>${NUMBER}))?$`,
);
