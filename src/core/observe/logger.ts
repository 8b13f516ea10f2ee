/**
 * What the rest of the house logs through; pino satisfies it (`pino-logger.ts`). Fields come first, then a
 * constant message, so that lines can be searched. Never pass secrets: see `redaction.ts`.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Drops everything: for tests and for commands that talk to people instead. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
