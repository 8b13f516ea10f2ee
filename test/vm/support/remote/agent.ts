/** `bun agent.ts`: does on this guest what the tests on another one ask for, until they end it. */
import { AGENT_PORT } from './protocol.ts';
import { type TaskName, tasks } from './tasks.ts';

const { promise: ended, resolve: end } = Promise.withResolvers<void>();

const server = Bun.serve({
  port: AGENT_PORT,
  hostname: '0.0.0.0',
  idleTimeout: 0,
  fetch: async (request) => {
    const name = new URL(request.url).pathname.slice(1);
    if (name === 'end') {
      end();
      return Response.json({ result: null });
    }
    try {
      const task = tasks[name as TaskName] as (...args: unknown[]) => unknown;
      const result = await task(...((await request.json()) as unknown[]));
      return Response.json({ result: result ?? null });
    } catch (error) {
      return Response.json({ error: error instanceof Error ? error.message : String(error) });
    }
  },
});
await ended;
await server.stop();
await tasks.stopDriver();
