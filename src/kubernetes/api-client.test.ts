import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Authority } from '../../test/support/kube/certificates.ts';
import { FakeApiServer } from '../../test/support/kube/fake-api-server.ts';
import { ApiClient, type ApiClientOptions } from './api-client.ts';
import { jsonLines } from './json-lines.ts';
import { loadCredentials } from './load-credentials.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function server(options: Parameters<typeof FakeApiServer.start>[0] = {}): Promise<FakeApiServer> {
  const api = await FakeApiServer.start(options);
  closers.push(() => api.down());
  return api;
}

async function client(kubeconfig: string, change: Partial<ApiClientOptions> = {}): Promise<ApiClient> {
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-kube-`);
  closers.push(() => rm(folder, { recursive: true }));
  await Bun.write(`${folder}/config`, kubeconfig);
  const source = { kubeconfig: `${folder}/config`, account: '', host: '', port: 443 };
  return new ApiClient({
    credentials: await loadCredentials(source),
    fetch,
    userAgent: 'rose-csi/test',
    throttle: async () => undefined,
    timeoutMs: 5000,
    onAnswer: () => undefined,
    ...change,
  });
}

const signal = new AbortController().signal;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the API client', () => {
  test('trusts the CA of the kubeconfig, and shows its token', async () => {
    const api = await server();
    api.tokens = ['secret'];
    api.store.put('/api/v1/nodes', { metadata: { name: 'a' } });
    const found = (await (
      await client(api.kubeconfig({ token: 'secret' }))
    ).get('/api/v1/nodes/a', signal)) as object;
    expect(found).toMatchObject({ metadata: { name: 'a' } });
    await expect(
      (await client(api.kubeconfig({ token: 'wrong' }))).get('/api/v1/nodes/a', signal),
    ).rejects.toThrow(/401 Unauthorized/);
  });

  test('refuses a server of another CA', async () => {
    const api = await server();
    const other = await Authority.create('other-ca');
    const config = api.kubeconfig({}, { 'certificate-authority-data': base64(other.cert) });
    await expect((await client(config)).get('/api/v1/nodes', signal)).rejects.toThrow(/certificate/i);
    expect(api.requests).toEqual([]);
  });

  test('shows its own certificate where the server asks for one', async () => {
    const api = await server({ mutual: true });
    const { cert, key } = await api.authority.issue('CN=rose-csi');
    const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    expect(await (await client(api.kubeconfig(user))).get('/api/v1/nodes', signal)).toMatchObject({
      items: [],
    });
    await expect((await client(api.kubeconfig())).get('/api/v1/nodes', signal)).rejects.toThrow();
  });

  test('checks the name that tls-server-name says instead of the address', async () => {
    const api = await server({ dns: ['kubernetes.example'] });
    const named = api.kubeconfig({}, { 'tls-server-name': 'kubernetes.example' });
    expect(await (await client(named)).get('/api/v1/nodes', signal)).toMatchObject({ items: [] });
    await expect((await client(api.kubeconfig())).get('/api/v1/nodes', signal)).rejects.toThrow();
  });

  test('reads a token file again once it has rotated', async () => {
    const api = await server();
    const folder = await mkdtemp(`${tmpdir()}/rose-csi-token-`);
    closers.push(() => rm(folder, { recursive: true }));
    await Bun.write(`${folder}/token`, 'first');
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile: `${folder}/token` } } };
    const asked = await client(api.kubeconfig(user));
    await asked.get('/api/v1/nodes', signal);
    await Bun.write(`${folder}/token`, 'second');
    const end = later(61_000);
    closers.push(end);
    await asked.get('/api/v1/nodes', signal);
    expect(api.requests.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  test('uses the service account of its pod, whose token rotates', async () => {
    const api = await server();
    const account = await mkdtemp(`${tmpdir()}/rose-csi-account-`);
    closers.push(() => rm(account, { recursive: true }));
    const files = { token: 'first\n', 'ca.crt': api.authority.cert, namespace: 'storage' };
    for (const [name, text] of Object.entries(files)) await Bun.write(`${account}/${name}`, text);
    const { port } = new URL(api.url);
    const source = { kubeconfig: '', account, host: '127.0.0.1', port: Number(port) };
    const credentials = await loadCredentials(source);
    expect(credentials.namespace).toBe('storage');
    const asked = await client(api.kubeconfig(), { credentials });
    await asked.get('/api/v1/nodes', signal);
    await Bun.write(`${account}/token`, 'second\n');
    await asked.get('/api/v1/nodes', signal);
    expect(api.requests.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
    await expect(loadCredentials({ ...source, host: '' })).rejects.toThrow(
      'KUBERNETES_SERVICE_HOST is not set',
    );
  });

  test('sends each kind of patch under its own content type', async () => {
    const api = await server();
    api.store.put('/api/v1/nodes', { metadata: { name: 'a' }, spec: { taints: [{ key: 'x' }] } });
    const asked = await client(api.kubeconfig());
    await asked.patch('/api/v1/nodes/a', 'merge', { metadata: { annotations: { k: 'v' } } }, signal);
    await asked.patch('/api/v1/nodes/a', 'json', [{ op: 'remove', path: '/spec/taints/0' }], signal);
    expect(api.store.get('/api/v1/nodes', 'a')).toMatchObject({
      metadata: { annotations: { k: 'v' } },
      spec: { taints: [] },
    });
  });

  test('deletes only the object of the UID that was seen', async () => {
    const api = await server();
    api.store.put('/api/v1/nodes', { metadata: { name: 'a', uid: 'new' } });
    const asked = await client(api.kubeconfig());
    await expect(asked.delete('/api/v1/nodes/a', 'old', signal)).rejects.toMatchObject({ kind: 'conflict' });
    await asked.delete('/api/v1/nodes/a', 'new', signal);
    await expect(asked.get('/api/v1/nodes/a', signal)).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('says that a server that is away is unavailable, and passes an abort on as it is', async () => {
    const api = await server();
    const asked = await client(api.kubeconfig());
    const stop = new AbortController();
    api.intercept = async () => {
      stop.abort(new Error('enough'));
      return new Promise<undefined>(() => undefined);
    };
    await expect(asked.get('/api/v1/nodes', stop.signal)).rejects.toThrow('enough');
    await api.down();
    await expect(asked.get('/api/v1/nodes', signal)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('gives up on an answer that does not come', async () => {
    const api = await server();
    api.intercept = () => new Promise<undefined>(() => undefined);
    const asked = await client(api.kubeconfig(), { timeoutMs: 50 });
    await expect(asked.get('/api/v1/nodes', signal)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('tells when the server asks for patience', async () => {
    const api = await server();
    api.intercept = () =>
      new Response('{"message":"slow down"}', { status: 429, headers: { 'retry-after': '7' } });
    const asked = await client(api.kubeconfig());
    await expect(asked.get('/api/v1/nodes', signal)).rejects.toMatchObject({
      kind: 'unavailable',
      retryAfterMs: 7000,
    });
  });

  test('streams a watch, and ends it with the signal', async () => {
    const api = await server();
    const asked = await client(api.kubeconfig());
    const stop = new AbortController();
    const stream = await asked.stream(
      `/api/v1/nodes?watch=1&resourceVersion=${api.store.version}`,
      stop.signal,
    );
    const lines = jsonLines(stream);
    api.store.put('/api/v1/nodes', { metadata: { name: 'a' } });
    expect((await lines.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    const end = lines.next();
    stop.abort(new Error('enough'));
    await expect(end).rejects.toThrow();
  });

  test('ends a watch whose connection breaks', async () => {
    const api = await server();
    const asked = await client(api.kubeconfig());
    const stream = await asked.stream(`/api/v1/nodes?watch=1&resourceVersion=${api.store.version}`, signal);
    const next = jsonLines(stream).next();
    await api.watched(1);
    await api.cut();
    await next.then(
      ({ done }) => expect(done).toBe(true),
      (error) => expect(error).toBeInstanceOf(Error),
    );
  });
});

/** The wall clock that client-node reads, so much later. @returns what ends it */
function later(ms: number): () => Promise<void> {
  const RealDate = globalThis.Date;
  class Later extends RealDate {
    constructor() {
      super(RealDate.now() + ms);
    }
  }
  globalThis.Date = Later as unknown as DateConstructor;
  return async () => {
    globalThis.Date = RealDate;
  };
}
