import type { LogFields, Logger } from '../../src/core/observe/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

/** Keeps what is logged, with the fields of its children. */
export class RecordingLogger implements Logger {
  constructor(
    readonly lines: LogLine[] = [],
    private readonly bindings: LogFields = {},
  ) {}

  debug(fields: LogFields, message: string): void {
    this.add('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.add('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.add('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.add('error', fields, message);
  }

  child(fields: LogFields): RecordingLogger {
    return new RecordingLogger(this.lines, { ...this.bindings, ...fields });
  }

  /** The lines with a message, in their order. */
  with(message: string): LogLine[] {
    return this.lines.filter((line) => line.message === message);
  }

  /** Everything as text, stacks included, to look for what must not be there. */
  text(): string {
    return Bun.inspect(this.lines, { depth: 12 });
  }

  private add(level: LogLine['level'], fields: LogFields, message: string): void {
    this.lines.push({ level, fields: { ...this.bindings, ...fields }, message });
  }
}
