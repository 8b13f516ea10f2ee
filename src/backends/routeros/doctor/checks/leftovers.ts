import { answerDisks, disksOf } from '../../operations/disk-row.ts';
import { matches, property } from '../../script/code.ts';
import { type Check, ok, warning } from '../check.ts';
import { SLOT_PREFIX } from '../trials/bench.ts';

export const LEFTOVERS: Check = {
  id: 'leftovers',
  title: 'nothing is left of earlier write tests',
  needs: ['version', 'package'],
  run: async (patient) => {
    const reply = await patient.ask('leftovers', [answerDisks(matches(property('slot'), `^${SLOT_PREFIX}`))]);
    if (reply.error !== undefined) throw new Error(`the appliance answered: ${reply.error}`);
    const left = disksOf(reply).map(({ slot }) => slot);
    if (left.length === 0) return ok('nothing');
    return warning(
      left.join(', '),
      `unless another doctor runs just now: /disk remove [find where slot~"^${SLOT_PREFIX}"], then the folders csi-doctor of the pools`,
    );
  },
};
