/** What a command needs of its surroundings. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborts at SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
}
