import { z } from 'zod';
import { each, equals, property, variable } from '../../script/code.ts';
import { rows } from '../../script/command.ts';
import { answer } from '../../script/script.ts';
import { allAnswered } from '../answers.ts';
import { type Check, failed, ok, unknown, warning } from '../check.ts';

const NEEDED = ['ssh', 'read', 'write', 'test'];
/** What a storage driver's user should better not be able to do. */
const TOO_MUCH = ['policy', 'reboot', 'sensitive', 'password'];

const userSchema = z.object({ group: z.string() });
const groupSchema = z.object({ policy: z.union([z.string(), z.array(z.string())]) });

export const POLICIES: Check = {
  id: 'policies',
  title: 'the user has the policies that the driver needs, and no more',
  needs: ['login'],
  settles: ['disk-policies'],
  run: async (patient) => {
    const users = await patient.ask('policies', [
      each('u', rows('/user', ['name', 'group'], equals(property('name'), patient.access.user)), [
        answer('user', variable('u')),
      ]),
    ]);
    const [user] = allAnswered(users, 'user').map((value) => userSchema.parse(value));
    if (!user)
      return unknown(`the user cannot look at itself in /user (${users.error ?? 'not listed: RADIUS?'})`);
    const groups = await patient.ask('policies', [
      each('g', rows('/user/group', ['name', 'policy'], equals(property('name'), user.group)), [
        answer('group', variable('g')),
      ]),
    ]);
    const [group] = allAnswered(groups, 'group').map((value) => groupSchema.parse(value));
    if (!group)
      return unknown(`the user cannot look at its group in /user/group (${groups.error ?? 'not listed'})`);
    return judge(user.group, wordsOf(group.policy));
  },
};

const wordsOf = (policy: string | readonly string[]): readonly string[] =>
  typeof policy === 'string' ? policy.split(/[,;]/) : policy;

function judge(group: string, policies: readonly string[]) {
  const missing = NEEDED.filter((policy) => !policies.includes(policy));
  if (missing.length > 0) {
    return failed(
      `group ${group} has not: ${missing.join(', ')}`,
      `/user/group set [find where name=${JSON.stringify(group)}] policy=${NEEDED.join(',')}`,
    );
  }
  const extra = TOO_MUCH.filter((policy) => policies.includes(policy));
  if (extra.length === 0) return ok(`group ${group} has ${NEEDED.join(', ')}`);
  return warning(
    `group ${group} has also: ${extra.join(', ')}`,
    `the driver needs no more than ${NEEDED.join(',')}: give its user a group of its own`,
  );
}
