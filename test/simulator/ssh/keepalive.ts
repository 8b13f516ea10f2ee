import type { Connection } from 'ssh2';

type GlobalRequest = (protocol: unknown, name: string, wantReply: boolean, data: unknown) => void;

interface Internals {
  readonly _protocol?: { readonly _handlers?: { GLOBAL_REQUEST?: GlobalRequest } };
}

/**
 * RouterOS leaves `keepalive@openssh.com` unanswered (seen on devices). ssh2 answers every global request and has no
 * setting for it, so its handler is replaced; the version is pinned, and a test listens for the silence.
 * @throws Error where ssh2 is built otherwise
 */
export function leaveKeepalivesUnanswered(client: Connection): void {
  const handlers = (client as unknown as Internals)._protocol?._handlers;
  const answer = handlers?.GLOBAL_REQUEST;
  if (!handlers || !answer)
    throw new Error('ssh2 keeps its handlers elsewhere: keepalives would be answered');
  handlers.GLOBAL_REQUEST = (protocol, name, wantReply, data) => {
    if (name !== 'keepalive@openssh.com') answer(protocol, name, wantReply, data);
  };
}
