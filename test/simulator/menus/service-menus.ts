import type { Appliance } from '../appliance/appliance.ts';
import { invalidValue, unknownValue } from '../appliance/failures.ts';
import type { Service, SshSettings } from '../appliance/services.ts';
import type { Value } from '../script/value.ts';
import type { Command, ListMenu, SettingsMenu } from './list-menu.ts';
import type { Arguments } from './values.ts';

/** `/ip/service`. */
export function serviceMenu({ services }: Appliance): ListMenu<Service> {
  const change = (
    plays: readonly string[],
    run: (service: Service, args: Arguments) => void,
  ): Command<Service> => ({
    plays,
    onItems: true,
    policies: ['write'],
    run: (items, args) => {
      for (const service of items) run(service, args);
      return undefined;
    },
  });
  const disable = (disabled: boolean) =>
    change([], (service) => {
      service.disabled = disabled;
    });
  return {
    path: '/ip/service',
    key: 'name',
    properties: [
      { name: 'name', form: 'text', read: ({ name }) => name },
      { name: 'port', form: 'word', read: ({ port }) => port },
      { name: 'proto', form: 'word', read: () => 'tcp' },
      { name: 'address', form: 'word', read: ({ address }) => address },
      { name: 'certificate', form: 'word', read: ({ name }) => (name.endsWith('-ssl') ? 'none' : undefined) },
      { name: 'vrf', form: 'word', read: () => 'main' },
      { name: 'max-sessions', form: 'word', read: ({ maxSessions }) => maxSessions },
    ],
    flags: [
      { letter: 'D', name: 'dynamic', column: 0, read: () => false },
      { letter: 'X', name: 'disabled', column: 1, read: ({ disabled }) => disabled },
      { letter: 'I', name: 'invalid', column: 1, read: () => false },
      { letter: 'c', name: 'connection', column: 2, read: () => false },
    ],
    columns: ['name', 'port', 'proto', 'certificate', 'vrf', 'max-sessions'],
    items: () => services.list,
    id: ({ id }) => id,
    byId: (id) => services.list.find((service) => service.id === id),
    byKey: (name) => services.list.find((service) => service.name === name),
    commands: new Map([
      ['set', change(['address', 'disabled', 'max-sessions', 'port'], setService)],
      ['enable', disable(false)],
      ['disable', disable(true)],
    ]),
  };
}

/** @throws ScriptError */
function setService(service: Service, args: Arguments): void {
  const maxSessions = args.number('max-sessions') ?? service.maxSessions;
  const port = args.number('port') ?? service.port;
  // The manual: 1..1000.
  if (maxSessions < 1n || maxSessions > 1_000n) throw invalidValue('max-sessions');
  if (port < 1n || port > 65_535n) throw invalidValue('port');
  Object.assign(service, { maxSessions, port });
  service.address = args.text('address') ?? service.address;
  service.disabled = args.truth('disabled') ?? service.disabled;
}

/** `/ip/ssh`. Before 7.21 `always-allow-password-login` stood for `password-authentication`. */
export function sshMenu({ services: { ssh }, schema }: Appliance): SettingsMenu {
  const password = schema.hasArgument('/ip/ssh', 'set', 'password-authentication')
    ? 'password-authentication'
    : 'always-allow-password-login';
  const passwordValue = (): Value =>
    password === 'password-authentication'
      ? ssh.passwordAuthentication
      : ssh.passwordAuthentication === 'yes';
  return {
    path: '/ip/ssh',
    properties: [
      { name: 'forwarding-enabled', form: 'word', read: () => ssh.forwardingEnabled },
      { name: password, form: 'word', read: passwordValue },
      { name: 'strong-crypto', form: 'word', read: () => ssh.strongCrypto },
      { name: 'host-key-size', form: 'word', read: () => ssh.hostKeySize },
      { name: 'host-key-type', form: 'word', read: () => ssh.hostKeyType },
    ],
    commands: new Map([
      [
        'set',
        {
          plays: ['forwarding-enabled', password, 'strong-crypto', 'host-key-size', 'host-key-type'],
          onItems: false,
          policies: ['write', 'policy'],
          run: (_, args) => setSsh(ssh, args, password),
        },
      ],
    ]),
  };
}

function setSsh(ssh: SshSettings, args: Arguments, password: string): Value {
  const type = args.text('host-key-type') ?? ssh.hostKeyType;
  if (type !== 'rsa' && type !== 'ed25519') throw unknownValue('host-key-type');
  ssh.hostKeyType = type;
  ssh.hostKeySize = args.number('host-key-size') ?? ssh.hostKeySize;
  ssh.strongCrypto = args.truth('strong-crypto') ?? ssh.strongCrypto;
  ssh.forwardingEnabled = args.text('forwarding-enabled') ?? ssh.forwardingEnabled;
  ssh.passwordAuthentication = args.text(password) ?? ssh.passwordAuthentication;
  return undefined;
}
