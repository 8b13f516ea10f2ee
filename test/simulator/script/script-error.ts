/**
 * An error of a running script, as RouterOS words it (`no such item`, `failure: …`); `:onerror` and `on-error=`
 * catch it.
 */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';

  /** @param located whether the message says already which command raised it */
  constructor(
    message: string,
    private readonly located = false,
  ) {
    super(message);
  }

  /** The same error, with the command that raised it: `no such item (/disk/get; line 1)`. */
  at(origin: string, line: number): ScriptError {
    return this.located ? this : new ScriptError(`${this.message} (${origin}; line ${line})`, true);
  }
}

/** A script that RouterOS does not accept: nothing of it runs, and nothing catches this. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault';

  /** @param line from 1 @param column from 1 */
  constructor(
    problem: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(`${problem} (line ${line} column ${column})`);
  }
}
