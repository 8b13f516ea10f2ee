import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync, statSync } from 'node:fs';
import { trace } from '@opentelemetry/api';
import { type MethodKey, RawClient, TestEdge } from '../../../test/support/edge.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { until } from '../../../test/support/until.ts';
import type { CallContext } from '../call-context.ts';
import { SystemClock } from '../clock.ts';
import { noMetrics } from '../observe/metrics.ts';
import { BackendError } from '../storage/backend-error.ts';
import { connectCsi } from './client.ts';
import {
  ControllerService,
  CreateVolumeRequest,
  type CreateVolumeResponse,
  IdentityService,
  NodeService,
} from './generated/csi.ts';
import type { ControllerHandlers } from './handlers.ts';
import { CsiServer, type EdgeOptions } from './server.ts';

const IDENTITY = { probe: async () => ({ ready: true }) };

let edges: TestEdge[] = [];
afterEach(async () => {
  await Promise.all(edges.map((edge) => edge.stop()));
  edges = [];
});

async function serve(
  controller: ControllerHandlers = {},
  options: Partial<EdgeOptions> = {},
): Promise<TestEdge> {
  const edge = await TestEdge.start({ identity: IDENTITY, controller, node: {} }, options);
  edges.push(edge);
  return edge;
}

const creation = (name: string, fields: object = {}): CreateVolumeRequest =>
  CreateVolumeRequest.fromPartial({
    name,
    volumeCapabilities: [{ accessType: { $case: 'block', block: {} }, accessMode: { mode: 1 } }],
    ...fields,
  } as CreateVolumeRequest);

const made = (volumeId: string, volumeContext: Record<string, string> = {}): CreateVolumeResponse => ({
  volume: { volumeId, capacityBytes: 1n, volumeContext, contentSource: undefined, accessibleTopology: [] },
});

/** A CreateVolume that ends when it is told, and keeps its context. */
function held() {
  const gate = Promise.withResolvers<CreateVolumeResponse>();
  const contexts: CallContext[] = [];
  const createVolume = (_: unknown, context: CallContext) => {
    contexts.push(context);
    return gate.promise;
  };
  return { handlers: { createVolume }, contexts, release: () => gate.resolve(made('rds1/late')) };
}

const until1 = (what: { readonly length: number }) => until('the handler runs', () => what.length === 1);

describe('calls', () => {
  test('a request reaches its handler, and the answer its caller', async () => {
    const { client } = await serve({ createVolume: async ({ name }) => made(`rds1/${name}`) });
    const { code, response } = await client.call('createVolume', creation('pvc-1'));
    expect(code).toBe('OK');
    expect(response).toEqual(made('rds1/pvc-1'));
  });

  test("the driver's own client speaks with the server", async () => {
    const { socket } = await serve();
    const client = connectCsi(`unix://${socket}`);
    expect(await client.identity.probe({})).toEqual({ ready: true });
    client.close();
  });

  test('every RPC of the registered services that is left out answers UNIMPLEMENTED and is logged', async () => {
    const edge = await serve();
    const keys = [IdentityService, ControllerService, NodeService].flatMap((service) => Object.keys(service));
    for (const key of keys.filter((name) => name !== 'probe') as MethodKey[]) {
      const method = { ...IdentityService, ...ControllerService, ...NodeService }[key];
      const { code, details } = await edge.client.call(key, method.requestDeserialize(Buffer.alloc(0)));
      const [, , name] = method.path.split('/');
      expect([code, details]).toEqual(['UNIMPLEMENTED', `${name} is not implemented by this driver`]);
      expect(edge.logger.lines.at(-1)?.fields).toMatchObject({ method: name, code: 'UNIMPLEMENTED' });
    }
  });

  test('a service that is not there answers UNIMPLEMENTED', async () => {
    const edge = await TestEdge.start({ identity: IDENTITY });
    edges.push(edge);
    expect((await edge.client.call('createVolume', creation('pvc-1'))).code).toBe('UNIMPLEMENTED');
    expect((await edge.client.call('probe', {})).code).toBe('OK');
  });

  test('calls are measured by method and code', async () => {
    const events: string[] = [];
    const metrics = {
      started: (method: string) => void events.push(`${method} started`),
      handled: (method: string, code: string) => void events.push(`${method} ${code}`),
    };
    const { client } = await serve({}, { metrics });
    await client.call('probe', {});
    await client.call('createSnapshot', { sourceVolumeId: '', name: '', secrets: {}, parameters: {} });
    expect(events).toEqual([
      'Probe started',
      'Probe OK',
      'CreateSnapshot started',
      'CreateSnapshot UNIMPLEMENTED',
    ]);
  });

  test("the caller's trace is handed to the tracer", async () => {
    const parents: unknown[] = [];
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { client } = await serve({
      createVolume: async (_, context) => {
        parents.push(context.trace);
        return made('rds1/x');
      },
    });
    await client.call('createVolume', creation('pvc-1'), { metadata: { traceparent } });
    expect(Bun.inspect(parents, { depth: 6 })).toContain('0af7651916cd43dd8448eb211c80319c');
  });
});

describe('errors', () => {
  test('what a service throws has its code and text', async () => {
    const { client } = await serve({
      createVolume: () => Promise.reject(new BackendError('exhausted', 'pool raid1 is full: "größe"')),
    });
    expect(await client.call('createVolume', creation('pvc-1'))).toEqual({
      code: 'RESOURCE_EXHAUSTED',
      details: 'pool raid1 is full: "größe"',
    });
  });

  test('an unknown failure tells the caller the request id alone, and the log the rest without secrets', async () => {
    const { client, logger } = await serve({
      createVolume: async ({ secrets }) => {
        throw new TypeError(`undefined is not a function near ${secrets['passphrase']}`);
      },
    });
    const secrets = { passphrase: 'correct horse battery staple' };
    const { code, details } = await client.call('createVolume', creation('pvc-1', { secrets }));
    expect(code).toBe('INTERNAL');
    expect(details).toBe(
      'internal error; the driver log has the details under this request id (request request-1)',
    );
    const [line] = logger.with('call failed');
    expect(line).toMatchObject({ level: 'error', fields: { requestId: 'request-1' } });
    expect(logger.text()).toContain('undefined is not a function near [redacted]');
    expect(logger.text()).toContain('server.test.ts');
    expect(logger.text()).not.toContain('battery');
  });

  test('a handler that throws before it returns a promise is no harm', async () => {
    const { client } = await serve({
      createVolume: () => {
        throw new RangeError('at once');
      },
    });
    expect((await client.call('createVolume', creation('pvc-1'))).code).toBe('INTERNAL');
    expect((await client.call('createVolume', creation('pvc-1'))).code).toBe('INTERNAL');
  });

  test('a fault of the edge itself is INTERNAL and logged', async () => {
    const tracer = {
      startSpan: () => {
        throw new Error('the exporter is broken');
      },
      startActiveSpan: () => undefined,
    } as unknown as EdgeOptions['tracer'];
    const { client, logger } = await serve({}, { tracer });
    expect((await client.call('probe', {})).code).toBe('INTERNAL');
    expect(logger.with('the edge itself failed')[0]?.fields['cause']).toMatchObject({
      message: 'the exporter is broken',
    });
  });

  test('a text that HTTP/2 could not carry is cut and mended', async () => {
    const { client } = await serve({
      createVolume: () =>
        Promise.reject(new BackendError('invalid', `\ud800 line\nbreak ${'€'.repeat(50_000)}`)),
    });
    const { code, details } = await client.call('createVolume', creation('pvc-1'));
    expect(code).toBe('INVALID_ARGUMENT');
    expect(details).toStartWith('\ufffd line\nbreak €€€');
    expect((await client.call('probe', {})).code).toBe('OK');
  });

  test('a request that its schema refuses does not reach the handler', async () => {
    let called = false;
    const { client } = await serve({
      createVolume: async () => {
        called = true;
        return made('rds1/x');
      },
    });
    const { code, details } = await client.call('createVolume', creation(''));
    expect([code, called]).toEqual(['INVALID_ARGUMENT', false]);
    expect(details).toStartWith('name: is required');
  });
});

describe('locks', () => {
  test('a second operation on a volume is ABORTED, and another volume is free', async () => {
    const { handlers, contexts, release } = held();
    const { client } = await serve({ ...handlers, deleteVolume: async () => ({}) });
    const first = client.call('createVolume', creation('pvc-1'));
    await until1(contexts);
    const second = await client.call('createVolume', creation('pvc-1'));
    expect(second).toEqual({
      code: 'ABORTED',
      details: 'an operation on volume "pvc-1" is in progress; retry',
    });
    const deletion = (volumeId: string) => client.call('deleteVolume', { volumeId, secrets: {} });
    expect((await deletion('rds1/slot-of-pvc-1')).code).toBe('ABORTED');
    expect((await deletion('rds1/slot-of-pvc-2')).code).toBe('OK');
    release();
    expect((await first).code).toBe('OK');
    expect((await deletion('rds1/slot-of-pvc-1')).code).toBe('OK');
  });
});

describe('deadlines', () => {
  test("at the caller's deadline the signal aborts, and the lock stays until the handler has ended", async () => {
    const { handlers, contexts, release } = held();
    const { client, logger } = await serve(handlers);
    const late = await client.call('createVolume', creation('pvc-1'), { timeoutMs: 50 });
    expect(late.code).toBe('DEADLINE_EXCEEDED');
    await until('the signal aborts', () => contexts[0]?.signal.aborted === true);
    expect(contexts[0]?.signal.reason).toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
    expect((await client.call('createVolume', creation('pvc-1'))).code).toBe('ABORTED');
    release();
    await until(
      'the end is logged',
      () => logger.with('handler succeeded after its caller was gone').length === 1,
    );
    expect((await client.call('createVolume', creation('pvc-1'))).code).toBe('OK');
    expect(logger.with('call failed')[0]).toMatchObject({ fields: { code: 'DEADLINE_EXCEEDED' } });
  });

  test('a call without a deadline has the default one', async () => {
    const clock = new ManualClock();
    const { handlers, contexts, release } = held();
    const { client } = await serve(handlers, { clock, defaultDeadlineMs: 30_000 });
    const call = client.call('createVolume', creation('pvc-1'));
    await until1(contexts);
    clock.advance(29_999);
    expect(contexts[0]?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(await call).toEqual({
      code: 'DEADLINE_EXCEEDED',
      details: 'CreateVolume was not done within 30000 ms; retry',
    });
    release();
  });

  test('a deadline of months does not fire at once', async () => {
    const { client } = await serve({
      createVolume: async (_, { signal }) => {
        await Bun.sleep(20);
        return made(`rds1/${signal.aborted}`);
      },
    });
    const { response } = await client.call('createVolume', creation('pvc-1'), { timeoutMs: 2_000_000_000 });
    expect(response).toEqual(made('rds1/false'));
  });

  test('a cancelled call aborts the signal with CANCELLED', async () => {
    const { handlers, contexts, release } = held();
    const { client } = await serve(handlers);
    const cancel = new AbortController();
    const call = client.call('createVolume', creation('pvc-1'), { signal: cancel.signal });
    await until1(contexts);
    cancel.abort();
    expect((await call).code).toBe('CANCELLED');
    await until('the signal aborts', () => contexts[0]?.signal.aborted === true);
    expect(contexts[0]?.signal.reason).toMatchObject({ codeName: 'CANCELLED' });
    release();
  });

  test('a caller whose connection breaks counts as cancelled', async () => {
    const { handlers, contexts, release } = held();
    const { socket } = await serve(handlers);
    const client = new RawClient(socket);
    const call = client.call('createVolume', creation('pvc-1'), { timeoutMs: 200 });
    await until1(contexts);
    client.close();
    await call;
    await until('the signal aborts', () => contexts[0]?.signal.aborted === true);
    release();
  });

  test('after a normal end nothing aborts, though the stream closes', async () => {
    const signals: AbortSignal[] = [];
    const { client } = await serve({
      createVolume: async (_, { signal }) => {
        signals.push(signal);
        return made('rds1/x');
      },
    });
    await client.call('createVolume', creation('pvc-1'));
    await client.call('probe', {});
    expect(signals[0]?.aborted).toBe(false);
  });
});

describe('load', () => {
  test('100 calls in flight are all answered, with a Probe between them', async () => {
    const gate = Promise.withResolvers<void>();
    let running = 0;
    const { client } = await serve({
      createVolume: async ({ name }) => {
        running++;
        await gate.promise;
        return made(`rds1/${name}`);
      },
    });
    const calls = Array.from({ length: 100 }, (_, at) => client.call('createVolume', creation(`pvc-${at}`)));
    await until('all run', () => running === 100);
    expect((await client.call('probe', {})).code).toBe('OK');
    gate.resolve();
    const outcomes = await Promise.all(calls);
    expect(outcomes.map(({ response }) => response)).toEqual(
      Array.from({ length: 100 }, (_, at) => made(`rds1/pvc-${at}`)),
    );
  });

  test('a message over 4 MiB is refused and the server lives on', async () => {
    const { client } = await serve({ createVolume: async () => made('rds1/x') });
    expect((await client.call('createVolume', creation('x'.repeat(5 << 20)))).code).toBe(
      'RESOURCE_EXHAUSTED',
    );
    expect((await client.call('probe', {})).code).toBe('OK');
  });

  test('a list of 10,000 volumes goes out', async () => {
    const context = { pool: 'raid1', provisioning: 'thin', note: 'x'.repeat(300) };
    const entries = Array.from({ length: 10_000 }, (_, at) => ({
      volume: made(`rds1/csi-${at}`, context).volume,
      status: { publishedNodeIds: ['node-1'] },
    }));
    const { client } = await serve({ listVolumes: async () => ({ entries, nextToken: '' }) });
    const { code, response } = await client.call('listVolumes', { maxEntries: 0, startingToken: '' });
    expect(code).toBe('OK');
    expect((response as { entries: unknown[] }).entries).toHaveLength(10_000);
  });
});

describe('the socket', () => {
  test('is for owner and group only', async () => {
    const { socket } = await serve();
    expect(statSync(socket).mode & 0o777).toBe(0o660);
  });

  test('of a live server is refused to another, which stays unharmed', async () => {
    const first = await serve();
    const second = await serve();
    await expect(second.server.listen(`unix://${first.socket}`)).rejects.toThrow(
      `${first.socket} is in use by a running process`,
    );
    expect((await first.client.call('probe', {})).code).toBe('OK');
  });

  test('in a missing folder is an error that says so', async () => {
    const { server, folder } = await serve();
    expect(server.listen(`unix://${folder}/missing/csi.sock`)).rejects.toThrow(
      `the folder ${folder}/missing of the CSI endpoint does not exist`,
    );
  });

  test('that cannot be bound is an error with its path', async () => {
    const { server } = await serve();
    expect(server.listen('unix:///proc/csi.sock')).rejects.toThrow('cannot listen on /proc/csi.sock');
  });

  test('of a killed driver is replaced', async () => {
    const edge = await serve();
    const { socket } = edge;
    await edge.server.close(1000);
    const program = `
      import { TestEdge } from ${JSON.stringify(`${import.meta.dir}/../../../test/support/edge.ts`)};
      const { server } = await TestEdge.start({ identity: {} });
      await server.listen(${JSON.stringify(socket)});
      console.log('up');`;
    const child = Bun.spawn([process.execPath, '-e', program], {
      stdout: 'pipe',
      env: { ...process.env, TMPDIR: edge.folder },
    });
    await child.stdout.getReader().read();
    child.kill('SIGKILL');
    await child.exited;
    expect(existsSync(socket)).toBe(true);
    const next = await serve();
    await next.server.listen(`unix://${socket}`);
    const client = new RawClient(socket);
    expect((await client.call('probe', {})).code).toBe('OK');
    client.close();
  });
});

describe('close', () => {
  test('an idle server with clients closes at once and its socket is gone', async () => {
    const edge = await serve();
    await edge.client.call('probe', {});
    const start = performance.now();
    await edge.server.close(10_000);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(existsSync(edge.socket)).toBe(false);
    await edge.server.close(10_000);
  });

  test('a server that never listened closes too', async () => {
    const edge = await serve();
    const unused = new CsiServer(
      { identity: IDENTITY },
      {
        logger: edge.logger,
        metrics: noMetrics,
        clock: new SystemClock(),
        tracer: trace.getTracer('test'),
        defaultDeadlineMs: 1000,
        newRequestId: () => 'request',
        slotOf: (name) => name,
      },
    );
    await unused.close(1000);
    expect(edge.logger.with('calls did not finish in time: aborting them')).toEqual([]);
  });

  test('running calls finish and are answered; new ones are refused', async () => {
    const { handlers, contexts, release } = held();
    const edge = await serve(handlers);
    const call = edge.client.call('createVolume', creation('pvc-1'));
    await until1(contexts);
    const closing = edge.server.close(10_000);
    expect((await edge.client.call('probe', {}, { timeoutMs: 2000 })).code).toBe('UNAVAILABLE');
    expect(contexts[0]?.signal.aborted).toBe(false);
    release();
    expect((await call).code).toBe('OK');
    await closing;
  });

  test('a handler whose caller is gone is waited for as well', async () => {
    const { handlers, contexts, release } = held();
    const edge = await serve(handlers);
    await edge.client.call('createVolume', creation('pvc-1'), { timeoutMs: 50 });
    await until1(contexts);
    let closed = false;
    const closing = edge.server.close(10_000).then(() => {
      closed = true;
    });
    await edge.client.call('probe', {}, { timeoutMs: 2000 });
    expect(closed).toBe(false);
    release();
    await closing;
    expect(edge.logger.with('handler succeeded after its caller was gone')).toHaveLength(1);
  });

  test('after the grace what still runs is aborted and its caller told', async () => {
    const clock = new ManualClock();
    const contexts: CallContext[] = [];
    const edge = await serve(
      {
        createVolume: (_, context) => {
          contexts.push(context);
          return new Promise((_resolve, reject) => {
            context.signal.addEventListener('abort', () => reject(context.signal.reason));
          });
        },
      },
      { clock },
    );
    const call = edge.client.call('createVolume', creation('pvc-1'));
    await until1(contexts);
    const closing = edge.server.close(5000);
    await until('close waits', () => clock.sleeping === 2);
    clock.advance(5000);
    expect(await call).toEqual({
      code: 'UNAVAILABLE',
      details: 'the driver is shutting down; retry when it is back',
    });
    await closing;
    expect(edge.logger.with('calls did not finish in time: aborting them')[0]?.fields).toEqual({
      calls: ['CreateVolume'],
    });
  });

  test('a handler that ignores its signal does not hold the end up', async () => {
    const clock = new ManualClock();
    const { handlers, contexts, release } = held();
    const edge = await serve(handlers, { clock });
    const call = edge.client.call('createVolume', creation('pvc-1'));
    await until1(contexts);
    const closing = edge.server.close(1000);
    await until('close waits', () => clock.sleeping === 2);
    clock.advance(1000);
    await until(
      'close waits for the aborted',
      () => contexts[0]?.signal.aborted === true && clock.sleeping === 1,
    );
    clock.advance(2000);
    await closing;
    expect((await call).code).toBe('UNAVAILABLE');
    expect(edge.logger.with('aborted calls did not end: leaving them')).toHaveLength(1);
    release();
  });
});
