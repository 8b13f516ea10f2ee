import { LONGEST_LINE } from '../../conversation/gate.ts';
import { length, local, variable } from '../../script/code.ts';
import { answer } from '../../script/script.ts';
import { answered } from '../answers.ts';
import { type Check, failed, ok, warning } from '../check.ts';
import type { Patient } from '../patient.ts';

const DIGITS = '0123456789';
const PUTS = [80, 500, 5000] as const;

/** Of the digits in their order: a lost or doubled piece is seen. */
const filling = (size: number): string => DIGITS.repeat(Math.ceil(size / DIGITS.length)).slice(0, size);

export const WRAPPING: Check = {
  id: 'wrapping',
  title: 'long lines of an answer come whole',
  needs: ['login'],
  settles: ['wrap-put'],
  run: async (patient) => {
    const widths: string[] = [];
    for (const size of PUTS) {
      const { text } = await patient.exec('wrapping', `:put "${filling(size)}"`);
      const lines = text.split(/\r?\n/).filter((line) => line !== '');
      if (lines.join('') !== filling(size)) {
        return failed(
          `of ${size} characters came ${lines.join('').length}: ${JSON.stringify(text.slice(0, 120))}`,
          'the driver cannot read such answers; please report it',
        );
      }
      widths.push(lines.length === 1 ? `${size}: one line` : `${size}: broken at ${lines[0]?.length}`);
    }
    return ok(`${widths.join(', ')}; broken lines are joined again`);
  },
};

const LINES = [1024, 2048, 4096, LONGEST_LINE, 16_384, 32_768] as const;

export const LINE_LENGTH: Check = {
  id: 'line-length',
  title: 'the appliance takes lines as long as the driver sends',
  needs: ['login'],
  settles: ['line-length'],
  run: async (patient) => {
    let longest = 0;
    for (const size of LINES) {
      if (!(await takes(patient, size))) break;
      longest = size;
    }
    const seen =
      longest === LINES.at(-1)
        ? `${longest} bytes and more`
        : `${longest} bytes, but not the next length tried`;
    return longest >= LONGEST_LINE
      ? ok(seen)
      : failed(seen, `the driver needs ${LONGEST_LINE}; please report it`);
  },
};

async function takes(patient: Patient, size: number): Promise<boolean> {
  const head = 400; // What stands around the filling.
  try {
    const reply = await patient.ask('line-length', [
      local('w', filling(size - head)),
      answer('length', length(variable('w'))),
    ]);
    return answered(reply, 'length') === size - head;
  } catch {
    patient.signal.throwIfAborted();
    return false;
  }
}

export const ERRORS: Check = {
  id: 'errors',
  title: 'how errors come back',
  needs: ['login'],
  settles: ['error-exit-code', 'error-texts'],
  run: async (patient) => {
    const raised = await patient.exec('errors', ':error "doctor"');
    const syntax = await patient.exec('errors', ':put (');
    const fine = await patient.exec('errors', ':put "doctor"');
    const seen = Object.entries({ raised, syntax, fine })
      .map(
        ([name, { text, exitCode }]) =>
          `${name}: exit ${exitCode ?? 'none'}, ${JSON.stringify(text.slice(0, 80))}`,
      )
      .join('; ');
    if (fine.exitCode === 0 || fine.exitCode === undefined) return ok(seen);
    return warning(seen, 'the driver goes by the text alone; please report it');
  },
};
