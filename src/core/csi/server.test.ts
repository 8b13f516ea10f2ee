import { describe, expect, test } from 'bun:test';
import { METHODS, type MethodKey } from '../../../test/support/edge.ts';
import { creation, held, IDENTITY, made, testEdges, until1 } from '../../../test/support/edges.ts';
import { until } from '../../../test/support/until.ts';
import { BackendError } from '../storage/backend-error.ts';
import { connectCsi } from './client.ts';
import type { EdgeOptions } from './server.ts';

const { start, serve } = testEdges();

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
    for (const key of Object.keys(METHODS).filter((name) => name !== 'probe') as MethodKey[]) {
      const method = METHODS[key];
      const { code, details } = await edge.client.call(key, method.requestDeserialize(Buffer.alloc(0)));
      const [, , name] = method.path.split('/');
      expect([code, details]).toEqual(['UNIMPLEMENTED', `${name} is not implemented by this driver`]);
      expect(edge.logger.lines.at(-1)?.fields).toMatchObject({ method: name, code: 'UNIMPLEMENTED' });
    }
  });

  test('a service that is not there answers UNIMPLEMENTED', async () => {
    const edge = await start({ identity: IDENTITY });
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
      details: 'volume "pvc-1": pool raid1 is full: "größe"',
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
    expect(details).toStartWith('volume "pvc-1": \ufffd line\nbreak €€€');
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
