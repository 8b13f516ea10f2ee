import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { RecordingLogger } from '../../../test/support/recording-logger.ts';
import { RegistrationService } from './generated/pluginregistration.ts';
import { PluginRegistration } from './registration.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function rig() {
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-registry-`);
  closers.push(() => rm(folder, { recursive: true }));
  const socket = `${folder}/rose-csi.io-reg.sock`;
  const logger = new RecordingLogger();
  const endpoint = '/var/lib/kubelet/plugins/rose-csi.io/csi.sock';
  const registration = new PluginRegistration({ socket, driverName: 'rose-csi.io', endpoint, logger });
  await registration.listen();
  closers.push(() => registration.close());
  const client = new Client(`unix:${socket}`, credentials.createInsecure());
  closers.push(() => client.close());
  const call = (key: keyof typeof RegistrationService, request: object) =>
    new Promise<unknown>((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = RegistrationService[key];
      const serialize = requestSerialize as (value: object) => Buffer;
      const options = { deadline: Date.now() + 5000 };
      client.makeUnaryRequest(
        path,
        serialize,
        responseDeserialize as never,
        request,
        new Metadata(),
        options,
        (error, value) => (error ? reject(error) : resolve(value)),
      );
    });
  return { registration, call, socket, logger };
}

describe('registration with kubelet', () => {
  test('says who is there, and where', async () => {
    const { call } = await rig();
    expect(await call('getInfo', {})).toEqual({
      type: 'CSIPlugin',
      name: 'rose-csi.io',
      endpoint: '/var/lib/kubelet/plugins/rose-csi.io/csi.sock',
      supportedVersions: ['1.0.0'],
    });
  });

  test('is registered once kubelet says so, and again after kubelet has started anew', async () => {
    const { call, registration } = await rig();
    expect(registration.state).toBe('waiting');
    await call('notifyRegistrationStatus', { pluginRegistered: false, error: 'no such socket' });
    expect([registration.state, registration.reason]).toEqual(['refused', 'no such socket']);
    await call('notifyRegistrationStatus', { pluginRegistered: true, error: '' });
    expect(registration.state).toBe('registered');
    await call('getInfo', {});
    await call('notifyRegistrationStatus', { pluginRegistered: true, error: '' });
    expect(registration.state).toBe('registered');
  });

  test('takes its socket away at the end', async () => {
    const { registration, socket } = await rig();
    expect(existsSync(socket)).toBe(true);
    await registration.close();
    expect(existsSync(socket)).toBe(false);
  });
});
