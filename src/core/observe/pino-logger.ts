import pino from 'pino';
import type { LogFields, Logger } from './logger.ts';
import { redact } from './redaction.ts';
import { type LogDestination, TextDestination } from './text-destination.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'text'] as const;
/** `json`: an object a line, for machines. `text`: for a person at a terminal. */
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** On every line: version, node, mode. */
  readonly fields: LogFields;
  /** Default: standard error, written synchronously, so that the last line before an exit is not lost. */
  readonly destination?: LogDestination;
}

/** Logs through pino, in this thread. What has a secret's name is redacted, in fields and in child bindings. */
export function createLogger(options: LoggerOptions): Logger {
  const sink = options.destination ?? pino.destination({ dest: 2, sync: true });
  const destination = options.format === 'text' ? new TextDestination(sink) : sink;
  return new PinoLogger(
    pino(
      {
        level: options.level,
        base: visible(options.fields),
        messageKey: 'message',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }), log: visible },
      },
      destination,
    ),
  );
}

const visible = (fields: object) => redact(fields) as Record<string, unknown>;

/** pino itself would take a child's bindings as they are. */
class PinoLogger implements Logger {
  constructor(private readonly target: pino.Logger) {}

  debug(fields: LogFields, message: string): void {
    this.target.debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.target.info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.target.warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.target.error(fields, message);
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.target.child(visible(fields)));
  }
}
