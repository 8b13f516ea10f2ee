import { describe, expect, test } from 'bun:test';
import { existsSync, statSync } from 'node:fs';
import { trace } from '@opentelemetry/api';
import { RawClient } from '../../../test/support/edge.ts';
import { creation, held, IDENTITY, testEdges, until1 } from '../../../test/support/edges.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { until } from '../../../test/support/until.ts';
import type { CallContext } from '../call-context.ts';
import { SystemClock } from '../clock.ts';
import { noMetrics } from '../observe/metrics.ts';
import { REQUEST_SCHEMAS } from './schemas/request-schemas.ts';
import { CsiServer } from './server.ts';

const { serve } = testEdges();

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
        schemas: REQUEST_SCHEMAS,
        defaultDeadlineMs: 1000,
        newRequestId: () => 'request',
        slotOf: (_, name) => name,
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
      details: 'volume "pvc-1": the driver is shutting down; retry when it is back',
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
