import { z } from 'zod';
import { packageSchema, requirePackage, requireVersion } from '../../conversation/gate.ts';
import { readOffset, readTime } from '../../operations/times.ts';
import {
  asText,
  both,
  each,
  equals,
  greater,
  map,
  not,
  property,
  seconds,
  variable,
} from '../../script/code.ts';
import { find, propertyOf, rows, setting } from '../../script/command.ts';
import { answer } from '../../script/script.ts';
import { allAnswered, answered } from '../answers.ts';
import { type Check, failed, ok, unknown, warning } from '../check.ts';

export const VERSION: Check = {
  id: 'version',
  title: 'RouterOS is new enough',
  needs: ['login'],
  run: async (patient) => {
    const reply = await patient.ask('version', [
      answer(
        'system',
        map({
          version: setting('/system/resource', 'version'),
          board: setting('/system/resource', 'board-name'),
        }),
      ),
    ]);
    const { version, board } = z
      .object({ version: z.string(), board: z.string() })
      .parse(answered(reply, 'system'));
    requireVersion(patient.access.name, version);
    return ok(`${version} on ${board}`);
  },
};

export const PACKAGE: Check = {
  id: 'package',
  title: 'the package rose-storage is there',
  needs: ['login'],
  run: async (patient) => {
    const reply = await patient.ask('package', [
      each('d', rows('/system/package', ['name', 'disabled']), [answer('package', variable('d'))]),
    ]);
    const packages = allAnswered(reply, 'package').map((value) => packageSchema.parse(value));
    requirePackage(patient.access.name, packages);
    return ok(packages.map(({ name }) => name).join(', '));
  },
};

/** @param wanted the most connections that the driver opens */
export const sessionsCheck = (wanted: number): Check => ({
  id: 'sessions',
  title: 'the SSH service takes as many sessions as the driver may open',
  needs: ['login'],
  run: async (patient) => {
    const ssh = find('/ip/service', equals(property('name'), 'ssh'));
    const reply = await patient.ask('sessions', [
      answer('most', propertyOf('/ip/service', ssh, 'max-sessions')),
    ]);
    const most = z.coerce.number().int().parse(answered(reply, 'most'));
    const seen = `max-sessions is ${most}, RDS_SESSIONS ${wanted}`;
    const remedy = `set RDS_SESSIONS below half of max-sessions, or /ip/service set ssh max-sessions=${wanted * 2 + 4}`;
    if (wanted >= most) return failed(seen, `${remedy}: people need sessions, too`);
    // While one replica replaces another, both are connected.
    if (wanted * 2 >= most) return warning(`${seen}: too few while one replica replaces another`, remedy);
    return ok(seen);
  },
});

const CLOCK_SKEW_MS = 60_000;

export const CLOCK: Check = {
  id: 'clock',
  title: "the appliance's clock agrees with this machine's",
  needs: ['login'],
  settles: ['creation-time'],
  run: async (patient) => {
    const before = patient.clock.now();
    const reply = await patient.ask('clock', [
      answer(
        'clock',
        map({
          date: asText(setting('/system/clock', 'date')),
          time: asText(setting('/system/clock', 'time')),
          offset: setting('/system/clock', 'gmt-offset'),
        }),
      ),
    ]);
    const clockSchema = z.object({
      date: z.string(),
      time: z.string(),
      offset: z.union([z.number(), z.string()]),
    });
    const { date, time, offset } = clockSchema.parse(answered(reply, 'clock'));
    const seen = readTime(`${date} ${time}`, offset);
    if (seen === undefined || readOffset(offset) === undefined) {
      return failed(`it tells the time in an unknown form: ${date} ${time} ${offset}`, 'please report it');
    }
    const now = (before + patient.clock.now()) / 2;
    const skewS = Math.round((seen - now) / 1000);
    const words = `${date} ${time}, offset ${offset}; ${Math.abs(skewS)} s ${skewS < 0 ? 'behind' : 'before'} this machine`;
    return Math.abs(seen - now) <= CLOCK_SKEW_MS
      ? ok(words)
      : warning(words, 'times of snapshots will be wrong: set /system/ntp/client, or the clock and its zone');
  },
};

export const UPTIME: Check = {
  id: 'uptime',
  title: 'a script can refuse to begin late',
  needs: ['login'],
  settles: ['time-literal'],
  run: async (patient) => {
    const uptime = setting('/system/resource', 'uptime');
    const reply = await patient.ask('uptime', [
      answer(
        'uptime',
        map({
          text: asText(uptime),
          right: both(greater(seconds(TEN_YEARS_S), uptime), not(greater(uptime, seconds(TEN_YEARS_S)))),
        }),
      ),
    ]);
    const schema = z.object({ text: z.string(), right: z.union([z.boolean(), z.string()]) });
    const { text, right } = schema.parse(answered(reply, 'uptime'));
    if (right === true) return ok(`uptime ${text}, compared with literals as it should be`);
    if (right === false)
      return failed(
        `uptime ${text} does not compare with a literal such as 12345s`,
        'please report it: the driver cannot work',
      );
    return unknown(`uptime ${text}: its comparison gives ${JSON.stringify(right)}`);
  },
};

const TEN_YEARS_S = 315_360_000;
