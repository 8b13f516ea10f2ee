/** A login name as RouterOS reads it: what follows the `+` are settings of the terminal, not of the name. */
export interface LoginName {
  readonly user: string;
  /** Columns, where the name asks for them. */
  readonly width?: number;
}

/**
 * `admin+cet512w` is `admin` with colours off, detection off, a dumb terminal of 512 columns (manual: console, console
 * login parameters). What is not understood is not an error: the router ignores it.
 */
export function parseLoginName(name: string): LoginName {
  const plus = name.indexOf('+');
  if (plus < 0) return { user: name };
  const width = /(\d{1,5})w/.exec(name.slice(plus + 1))?.[1];
  return { user: name.slice(0, plus), ...(width === undefined ? {} : { width: Number(width) }) };
}
