import type { Assumptions } from '../appliance/assumptions.ts';

/** What is unknown about RouterOS's SSH service. The defaults are unkind where the kind answer would hide a fault. */
export interface SshAssumptions {
  /** ASSUMED[parallel-channels]: a second exec on a connection waits for the first (one project saw parallel channels blocked). */
  readonly parallelChannels: 'one-at-a-time' | 'parallel';
  /** ASSUMED[beyond-max-sessions]: beyond max-sessions a login fails like a wrong key; the other reading is a connection closed at once. */
  readonly sessionLimit: 'login-refused' | 'closed-at-accept';
  /** ASSUMED[login-name-width]: the width in the login name counts for the prompt only (one report: it did not help exec). */
  readonly loginNameWidth: 'shell-only' | 'exec-too';
  /** ASSUMED[session-end]: a script whose session died stops before its next statement. */
  readonly deadSession: 'stops' | 'runs-on';
}

/** All that a session goes by: the appliance's assumptions have the rest. */
export type SessionAssumptions = SshAssumptions & Pick<Assumptions, 'execOutputWidth' | 'errorExitCode'>;

export const SSH_ASSUMPTIONS: SshAssumptions = {
  parallelChannels: 'one-at-a-time',
  sessionLimit: 'login-refused',
  loginNameWidth: 'shell-only',
  deadSession: 'stops',
};
