import { expect, test } from 'bun:test';
import { connectFailure, type FailureReason, lossFailure } from './ssh-failure.ts';

const error = (message: string, fields: object): Error => Object.assign(new Error(message), fields);

test.each<[FailureReason, string, object, string]>([
  ['refused', 'connect ECONNREFUSED', { code: 'ECONNREFUSED' }, 'connection refused'],
  ['unreachable', 'getaddrinfo ENOTFOUND rds', { code: 'ENOTFOUND' }, 'not reachable'],
  ['unreachable', 'connect EHOSTUNREACH', { code: 'EHOSTUNREACH' }, 'not reachable'],
  ['closed', 'read ECONNRESET', { code: 'ECONNRESET' }, 'max-sessions'],
  ['closed', 'Connection lost before handshake', { level: 'protocol' }, 'max-sessions'],
  ['permission', 'All configured …', { level: 'client-authentication' }, 'login as "me" refused'],
  ['permission', 'bye', { code: 14 }, 'login as "me" refused'],
  ['host-key', 'Handshake failed: no matching host key format', {}, 'pinned type'],
  ['handshake', 'Handshake failed: no matching C->S cipher', {}, 'no matching C->S cipher'],
])('an attempt fails as %s because of "%s"', (reason, message, fields, text) => {
  const failure = connectFailure(error(message, fields), 'me');
  expect(failure.reason).toBe(reason);
  expect(failure.message).toContain(text);
});

test('a lost connection was closed by the appliance, unless the network says that nobody is there', () => {
  expect(lossFailure(undefined).reason).toBe('closed');
  expect(lossFailure(error('read ECONNRESET', { code: 'ECONNRESET' })).reason).toBe('closed');
  expect(lossFailure(error('read ETIMEDOUT', { code: 'ETIMEDOUT' })).reason).toBe('silent');
});
