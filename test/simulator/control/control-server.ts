import type { InitiatorSession } from '../appliance/exports.ts';
import { NvmeRefused } from '../appliance/exports.ts';
import type { ActiveRule } from '../faults/fault-rule.ts';
import type { Host } from '../host.ts';
import { BadRequest, readConnect, readJump, readLatency, readReboot, readRule } from './rule-json.ts';

const HELP = `GET    /state                 the appliance's configuration and files
GET    /sessions              logged in now, and logins since the start
GET    /journal?since=ID      every exec after that one; DELETE forgets them
GET    /counts                execs by what they write
GET    /faults                the rules in force; DELETE takes all back
POST   /faults                adds one: {"fault":{"kind":"cut","at":"after"},"on":{"statement":"^/disk/add$"},"from":1,"times":1}
DELETE /faults/ID             takes one back
POST   /faults/ID/release     lets go on what hangs on it
PUT    /latency               {"perCommandMs":200} or {"perCommandMs":{"min":150,"max":250}}, perStatementMs, perLoginMs
POST   /connect               {"nqn":"nqn.…","port":20000,"hostNqn":"nqn.…"}: what an initiator is told; it leaves at once
POST   /reboot                {"awayMs":5000}
POST   /clock                 {"ms":-3600000}
POST   /drop                  ends every session
POST   /silence               drops every packet of the sessions there are
`;

type Handler = (request: Request & { params: Record<string, string> }) => unknown;

/** What of the appliance the controls show. */
export interface ControlledAppliance {
  /** Its configuration and files, as JSON shows them. */
  state(): unknown;
  /** As an initiator does it. @throws NvmeRefused */
  connectInitiator(nqn: string, port: number, hostNqn: string): Pick<InitiatorSession, 'disconnect'>;
}

/** The simulator's controls over HTTP, on loopback only: for hands, and for tests in another process. */
export class ControlServer {
  private readonly server: Bun.Server<undefined>;

  constructor(
    private readonly host: Host,
    appliance: ControlledAppliance,
    port: number,
  ) {
    const { faults, journal, latency } = host;
    this.server = Bun.serve({
      hostname: '127.0.0.1',
      port,
      routes: {
        '/': () => new Response(HELP),
        '/state': { GET: answer(() => appliance.state()) },
        '/sessions': { GET: answer(() => ({ now: host.sessions, logins: journal.loginCount })) },
        '/counts': { GET: answer(() => Object.fromEntries(journal.counts())) },
        '/journal': {
          GET: answer(({ url }) => journal.since(Number(new URL(url).searchParams.get('since') ?? 0))),
          DELETE: answer(() => journal.clear()),
        },
        '/faults': {
          GET: answer(() => faults.list().map(shown)),
          POST: answer(async (request) => shown(faults.add(readRule(await request.json())))),
          DELETE: answer(() => faults.clear()),
        },
        '/faults/:id': { DELETE: answer(({ params }) => this.rule(params['id']).remove()) },
        '/faults/:id/release': { POST: answer(({ params }) => this.rule(params['id']).release()) },
        '/latency': { PUT: answer(async (request) => latency.set(readLatency(await request.json()))) },
        '/connect': { POST: answer(async (request) => tryToConnect(appliance, await request.json())) },
        // Answered at once: the machine's return can be seen by its port.
        '/reboot': { POST: answer(async (request) => void host.reboot(readReboot(await request.json()))) },
        '/clock': { POST: answer(async (request) => host.jumpClock(readJump(await request.json()))) },
        '/drop': { POST: answer(() => host.dropSessions()) },
        '/silence': { POST: answer(() => host.silenceSessions()) },
      },
      fetch: () => new Response(HELP, { status: 404 }),
    });
  }

  /** `http://127.0.0.1:PORT/`. */
  get url(): string {
    return this.server.url.href;
  }

  async stop(): Promise<void> {
    await this.server.stop(true);
  }

  private rule(id: string | undefined): ActiveRule {
    const rule = this.host.faults.list().find((active) => String(active.id) === id);
    if (!rule) throw new BadRequest(`there is no rule ${id}`);
    return rule;
  }
}

function tryToConnect(appliance: ControlledAppliance, json: unknown): unknown {
  const { nqn, port, hostNqn } = readConnect(json);
  try {
    appliance.connectInitiator(nqn, port, hostNqn).disconnect();
    return { refused: null };
  } catch (error) {
    if (error instanceof NvmeRefused) return { refused: error.reason };
    throw error;
  }
}

/** What cannot be JSON is shown as text: sizes beyond 2^53, expressions, `Infinity`. */
const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint' || value instanceof RegExp || value === Number.POSITIVE_INFINITY) {
    return String(value);
  }
  return value;
};

const shown = ({ id, rule, seen, met }: ActiveRule) => ({ id, ...rule, seen, met });

/** JSON of what a handler gives; 204 for nothing; 400 with the reason for what it does not understand. */
function answer(
  handle: Handler,
): (request: Request & { params: Record<string, string> }) => Promise<Response> {
  return async (request) => {
    try {
      const value = await handle(request);
      if (value === undefined) return new Response(null, { status: 204 });
      const headers = { 'content-type': 'application/json' };
      return new Response(`${JSON.stringify(value, plain, 2)}\n`, { headers });
    } catch (error) {
      if (error instanceof BadRequest || error instanceof SyntaxError) {
        return new Response(`${error.message}\n`, { status: 400 });
      }
      throw error;
    }
  };
}
