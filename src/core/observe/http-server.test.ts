import { afterEach, describe, expect, test } from 'bun:test';
import { type Health, HttpServer } from './http-server.ts';

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

function start(
  health: () => Health = () => ({ healthy: true }),
  address = '127.0.0.1:0',
  readiness = health,
): string {
  const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'rose_csi_build_info 1\n' };
  server = new HttpServer({ address, metrics, health, readiness });
  return `http://127.0.0.1:${server.start()}`;
}

const well = (): Health => ({ healthy: true });

describe('HttpServer', () => {
  test('serves the metrics with their content type', async () => {
    const response = await fetch(`${start()}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('rose_csi_build_info 1\n');
  });

  test('says 200 while healthy, and 503 with the reason while not', async () => {
    let health: Health = { healthy: true };
    const url = `${start(() => health)}/healthz`;
    expect((await fetch(url)).status).toBe(200);
    health = { healthy: false, reason: 'the CSI socket is gone' };
    const unwell = await fetch(url);
    expect(unwell.status).toBe(503);
    expect(await unwell.text()).toBe('the CSI socket is gone\n');
    health = { healthy: false };
    expect(await (await fetch(url)).text()).toBe('not healthy\n');
  });

  test('tells readiness from health: an appliance that is away is no fault of the process', async () => {
    const url = start(well, '127.0.0.1:0', () => ({ healthy: false, reason: 'the appliance is away' }));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const answer = await fetch(`${url}/readyz`);
    expect([answer.status, await answer.text()]).toEqual([503, 'the appliance is away\n']);
  });

  test('serves nothing else', async () => {
    const url = start();
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics/x`)).status).toBe(404);
    expect((await fetch(`${url}/constructor`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}/metrics`, { method: 'HEAD' })).status).toBe(200);
  });

  test('a port without a host is served on every address', async () => {
    const url = start(undefined, ':0');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test.each(['127.0.0.1', ''])('a taken port is an error that names the address (%p)', (host) => {
    const { port } = new URL(start());
    const metrics = { contentType: 'text/plain', text: async () => '' };
    const address = `${host}:${port}`;
    const second = new HttpServer({ address, metrics, health: well, readiness: well });
    expect(() => second.start()).toThrow(`cannot serve metrics on ${address}`);
  });

  test('after stop nobody listens, and stop may be called again', async () => {
    const url = start();
    await server?.stop();
    await server?.stop();
    expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
