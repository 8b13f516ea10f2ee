import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseLoginName } from './login-name.ts';

test('a name without a plus is the user', () => {
  expect(parseLoginName('admin')).toEqual({ user: 'admin' });
});

test('the letters after the plus are settings, a number before w is the width', () => {
  expect(parseLoginName('admin+cet512w')).toEqual({ user: 'admin', width: 512 });
  expect(parseLoginName('admin+ct40h200w')).toEqual({ user: 'admin', width: 200 });
  expect(parseLoginName('admin+ct')).toEqual({ user: 'admin' });
});

test('whatever follows the plus, the user is what stands before it', () => {
  const name = fc.string().filter((text) => !text.includes('+'));
  fc.assert(fc.property(name, fc.string(), (user, rest) => parseLoginName(`${user}+${rest}`).user === user));
});
