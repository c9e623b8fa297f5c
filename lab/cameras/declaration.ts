import type { Session, Statement } from '../../suites/statement.ts'
import { declaredUpdates } from './declared-updates.ts'
import { MODEL } from './firmware.ts'
import { declaredMail } from './mail.ts'
import type { CameraOptions, InitialUser } from './options.ts'
import { DEVICE_PATH } from './onvif/operation.ts'
import { MEDIA_PORTS } from './rtsp-transport.ts'
import { STREAMS } from './rtsp.ts'

export interface Declared {
  options: CameraOptions
  ports: { https: number; rtsp: number; http: number | null }
  firmware: string
  vendorKey: string
  /** Where the packages are, or will be. */
  packages: string
}

/** The environment variable that holds a user's password. */
export const passwordVariable = (user: string): string =>
  `CAMSEAL_${user.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_PASSWORD`

/** How a person logs in with a browser, and what the page behind it is. */
const SESSION: Session = {
  logIn: {
    method: 'POST',
    target: '/api/session',
    contentType: 'application/json',
    body: '{"user":"{{user}}","password":"{{password}}"}',
  },
  logOut: { method: 'DELETE', target: '/api/session' },
  targets: ['/account'],
}

const sessionOf = ({ idleSeconds }: CameraOptions): Session => ({
  ...SESSION,
  ...(idleSeconds === undefined ? {} : { idleSeconds }),
})

/** What a viewer may not read. */
const ADMINISTRATORS_ONLY: ReadonlySet<string> = new Set(['/api/users', '/api/settings/syslog', '/api/log'])

/** What the maker states of the conforming camera. A weakness changes the camera, not the statement. */
export function declare({ options, ports, firmware, vendorKey, packages }: Declared): Statement {
  const { addresses, lock, serial, syslog } = options
  const families: ('ipv4' | 'ipv6')[] = addresses.ipv6 === null ? ['ipv4'] : ['ipv4', 'ipv6']
  const users = options.users ?? []
  const spare = users.find((user) => user.spare === true)
  const web = { service: 'web', account: 'owner' }
  const json = { ...web, contentType: 'application/json' }
  const settingAt = (name: string) => ({
    change: {
      ...json,
      method: 'PUT' as const,
      target: `/api/settings/${name}`,
      body: '{"value":"{{value}}"}',
      done: '"result":"setting changed"',
    },
    current: { ...web, target: `/api/settings/${name}`, pattern: '"value":"([^"]+)"' },
  })
  const syslogSetTo = (body: string) => ({
    ...json,
    method: 'PUT' as const,
    target: '/api/settings/syslog',
    body,
    done: '"result":"setting changed"',
  })
  const timeSetTo = (body: string) => ({ ...syslogSetTo(body), target: '/api/settings/ntp' })
  const trust = {
    install: { ...syslogSetTo('{"certificate":"{{ca-certificate}}"}'), target: '/api/settings/authority' },
    remove: {
      ...web,
      method: 'DELETE' as const,
      target: '/api/settings/authority',
      done: '"result":"setting changed"',
    },
  }
  const protectedPages: readonly (readonly [string, 'page' | 'snapshot' | 'identity' | 'settings' | 'file'])[] = [
    ...(options.formLogin === true ? [['/account', 'page'] as const] : []),
    ['/live', 'page'],
    ['/snapshot.jpg', 'snapshot'],
    ['/api/device', 'identity'],
    ['/api/firmware', 'identity'],
    ['/api/users', 'settings'],
    ['/api/settings/syslog', 'settings'],
    ['/api/log', 'file'],
  ]

  return {
    camseal: 'statement/1',
    dut: {
      maker: { name: 'Camseal reference camera' },
      model: MODEL,
      hardware: 'software',
      firmware: { version: firmware, link: 'version-string-only' },
    },
    samples: [
      {
        id: 'a',
        serial,
        arrives: options.factoryFresh ? 'factory-fresh' : 'in-service',
        addresses,
        macs: [],
      },
    ],
    interfaces: [{ id: 'lan', type: 'ethernet' }],
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port: ports.https,
        protocol: 'https',
        families,
        purpose: 'web interface and ONVIF',
        onvif: { target: DEVICE_PATH, authentication: ['digest', 'username-token'], account: 'owner' },
        ...(options.formLogin === true ? { session: sessionOf(options) } : {}),
      },
      { id: 'stream', transport: 'tcp', port: ports.rtsp, protocol: 'rtsp', families, purpose: 'live video' },
      ...(ports.http === null
        ? []
        : [
            {
              id: 'redirect',
              transport: 'tcp' as const,
              port: ports.http,
              protocol: 'http' as const,
              families,
              purpose: 'redirects to the web interface',
            },
          ]),
      ...(options.ports.ssh === undefined
        ? []
        : [
            {
              id: 'shell',
              transport: 'tcp' as const,
              port: options.ports.ssh,
              protocol: 'ssh' as const,
              families: ['ipv4' as const],
              purpose: 'service technicians',
            },
          ]),
      ...(options.ports.discovery === undefined
        ? []
        : [
            {
              id: 'discovery',
              transport: 'udp' as const,
              port: options.ports.discovery,
              protocol: 'ws-discovery' as const,
              families: ['ipv4' as const],
              purpose: 'lets clients on the same network find the camera',
            },
          ]),
    ],
    accounts: [
      { id: 'owner', user: 'admin', password: { env: passwordVariable('admin') }, role: 'administrator' },
      ...users.map(accountOf),
    ],
    accountList: { ...web, target: '/api/users', pattern: '"name":"([^"]+)"' },
    logins: [
      ...['owner', ...users.map(({ name }) => name)].flatMap((account) => [
        { id: `web-${account}`, service: 'web', account, target: '/api/device', method: 'GET' as const },
        { id: `stream-${account}`, service: 'stream', account, target: STREAMS[0], method: 'DESCRIBE' as const },
        ...(options.ports.ssh === undefined
          ? []
          : [{ id: `shell-${account}`, service: 'shell', account, target: 'shell' }]),
      ]),
      ...(options.formLogin === true
        ? [{ id: 'form', service: 'web', account: spare?.name ?? 'owner', target: '/account', method: 'GET' as const }]
        : []),
    ],
    resources: [
      { service: 'web', target: '/', access: 'public', holds: 'page' },
      ...protectedPages.map(([target, holds]) => ({
        service: 'web',
        target,
        access: 'protected' as const,
        holds,
        ...(ADMINISTRATORS_ONLY.has(target) ? { role: 'administrator' as const } : {}),
      })),
      ...STREAMS.map((target) => ({
        service: 'stream',
        target,
        access: 'protected' as const,
        holds: 'stream' as const,
      })),
    ],
    bruteForce: ['web-owner', 'stream-owner', ...(options.ports.ssh === undefined ? [] : ['shell-owner'])].map(
      (login) => ({
        login,
        protection: 'lock',
        ...lock,
        scope: 'account',
        ...(spare === undefined ? {} : { spare: spare.name }),
      }),
    ),
    logging: {
      channels: [
        {
          id: 'syslog',
          protocol: 'syslog-udp',
          port: syslog?.port ?? 514,
          enable: syslogSetTo('{"address":"{{lab-address}}","port":{{lab-port}}}'),
          restore: syslogSetTo(JSON.stringify(syslog ?? { address: null, port: null })),
          disable: syslogSetTo('{"address":null,"port":null}'),
          current: { ...web, target: '/api/settings/syslog', pattern: '(\\{.*\\})' },
        },
      ],
      api: {
        read: { ...web, method: 'GET', target: '/api/log/newest' },
        clear: { ...web, method: 'DELETE', target: '/api/log', done: '"result":"log cleared"' },
        export: { ...web, method: 'GET', target: '/api/log/export' },
      },
    },
    tlsClients: [
      {
        id: 'syslog-tls',
        protocol: 'syslog-tls',
        port: syslog?.port ?? 6514,
        trust,
        enable: syslogSetTo('{"address":"{{lab-address}}","port":{{lab-port}},"transport":"tls"}'),
        restore: syslogSetTo(JSON.stringify(syslog ?? { address: null, port: null })),
        current: { ...web, target: '/api/settings/syslog', pattern: '(\\{.*\\})' },
      },
      ...(options.mailPort === undefined ? [] : [declaredMail(options.mailPort, trust, web)]),
    ],
    time: [
      {
        id: 'ntp',
        protocol: 'ntp',
        port: options.timePort ?? 123,
        enable: timeSetTo('{"address":"{{lab-address}}","port":{{lab-port}}}'),
        restore: timeSetTo('{"address":null,"port":null}'),
        current: { ...web, target: '/api/settings/ntp', pattern: '(\\{.*\\})' },
        clock: { ...web, target: '/api/time', pattern: '"time":"([^"]+)"' },
        pollSeconds: 16,
      },
    ],
    contacts: [],
    portMappings: [],
    updates: declaredUpdates({
      vendorKey,
      packages,
      bootSeconds: Math.max(1, Math.ceil(2 * options.bootSeconds)),
      updatePort: options.updatePort,
      isStaged: options.stagedUpdates === true,
    }),
    identity: [{ what: 'serial', ...web, target: '/api/device', pattern: '"serial":"([^"]+)"' }],
    actions: {
      initialise: {
        service: 'web',
        method: 'POST',
        target: '/api/setup',
        contentType: 'application/json',
        body: '{"password":"{{new-password}}"}',
        done: '"result":"set-up complete"',
      },
      changePassword: {
        ...json,
        method: 'PUT',
        target: '/api/users/{{user}}/password',
        body: '{"password":"{{new-password}}"}',
        done: '"result":"password changed"',
      },
      reset: { ...web, method: 'POST', target: '/api/reset', done: '"result":"resetting"' },
      reboot: { ...web, method: 'POST', target: '/api/reboot', done: '"result":"rebooting"' },
      addAccount: {
        ...json,
        method: 'POST',
        target: '/api/users',
        body: '{"name":"{{user}}","password":"{{new-password}}","role":"viewer"}',
        done: '"result":"user added"',
      },
      removeAccount: { ...web, method: 'DELETE', target: '/api/users/{{user}}', done: '"result":"user removed"' },
      setting: settingAt('name'),
      time: { ...settingAt('time-zone'), value: 'UTC+7' },
      clock: {
        set: { ...timeSetTo('{"time":"{{time}}"}'), target: '/api/time', done: '"result":"time set"' },
        current: { ...web, target: '/api/time', pattern: '"time":"([^"]+)"' },
      },
    },
    budgets: { connections: 16, attemptsPerSecond: 500 },
    clientPorts: [{ transport: 'udp', ...MEDIA_PORTS, purpose: 'RTP and RTCP of a running stream' }],
    permit: 'destructive',
  }
}

const accountOf = ({ name, role, spare }: InitialUser): Statement['accounts'][number] => ({
  id: name,
  user: name,
  password: { env: passwordVariable(name) },
  role: role === 'admin' ? 'administrator' : 'viewer',
  ...(spare === true ? { spare } : {}),
})
