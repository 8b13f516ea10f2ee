import { THICK_PATTERN } from '../records/volume-record.ts';
import {
  both,
  type Code,
  concatenation,
  differs,
  each,
  equals,
  greater,
  length,
  local,
  matches,
  minus,
  part,
  position,
  property,
  variable,
  when,
} from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { answer, refuse } from '../script/script.ts';
import { isAbsent } from '../strategies/files.ts';
import { type CapacityRules, NO_SPACE, requireFree, sumOfPromises, unlessPromised } from './capacity.ts';
import { POOL_GONE } from './refusals.ts';

/** How the script names the pool that the volume is in. */
export const POOL_NAMED = 'pool-name';

/** Grows the one item that `where` finds to `bytes`, never shrinks it, and refuses what its pool cannot promise. */
export function expandScript(bytes: bigint, where: Code, rules: CapacityRules): Code[] {
  const isAsRead = equals(property('size'), variable('b'));
  return [
    each('i', find('/disk', where), [
      local('b', propertyOf('/disk', variable('i'), 'size')),
      when(greater(bytes, variable('b')), [
        local('h', propertyOf('/disk', variable('i'), 'file-path')),
        ...measurePoolOf(variable('h')),
        answer(POOL_NAMED, variable('o')),
        local('w', concatenation('^/', variable('o'), '/')),
        ...sumOfPromises(matches(property('file-path'), variable('w'))),
        when(
          matches(propertyOf('/disk', variable('i'), 'comment'), THICK_PATTERN),
          requireRoom(bytes, 'thick', rules),
          requireRoom(bytes, 'thin', rules),
        ),
        // Its size is looked at again in the very command: two that grow it at once never make it smaller.
        command('/disk', 'set', { 'file-size': bytes }, { items: find('/disk', both(where, isAsRead)) }),
      ]),
    ]),
  ];
}

/** The pool that an image lies in: its name into `o`, its item into `g`. It must be mounted. */
export const poolOfImage = (image: Code): Code[] => [
  local('o', part(part(image, 1, length(image)), 0, position(part(image, 1, length(image)), '/'))),
  local(
    'g',
    find('/disk', both(differs(property('type'), 'file'), equals(property('mount-point'), variable('o')))),
  ),
  when(isAbsent(variable('g')), [refuse(POOL_GONE)]),
];

/** Its size and free space into `z` and `f`, too. */
const measurePoolOf = (image: Code): Code[] => [
  ...poolOfImage(image),
  local('z', propertyOf('/disk', variable('g'), 'size')),
  local('f', propertyOf('/disk', variable('g'), 'free')),
];

function requireRoom(bytes: bigint, provisioning: 'thin' | 'thick', rules: CapacityRules): Code[] {
  const growth = minus(bytes, variable('b'));
  return [
    requireFree(growth, provisioning, rules),
    unlessPromised(growth, provisioning, rules, [refuse(NO_SPACE)]),
  ];
}
