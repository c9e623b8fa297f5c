import { mkdirSync, writeFileSync } from 'node:fs'
import { startReferenceCamera } from '../../lab/cameras/reference-camera.ts'
import type { Probe } from '../../lab/probe.ts'
import { probe as httpAnonymous } from '../../lab/probes/http-anonymous.ts'
import { probe as httpCredentials } from '../../lab/probes/http-credentials.ts'
import { probe as httpLockout } from '../../lab/probes/http-lockout.ts'
import { probe as onvifLockout } from '../../lab/probes/onvif-lockout.ts'
import { probe as rtspAnonymous } from '../../lab/probes/rtsp-anonymous.ts'
import { probe as rtspCredentials } from '../../lab/probes/rtsp-credentials.ts'
import type { State } from '../../suites/observation.ts'
import type { Statement } from '../../suites/statement.ts'
import { catalogueData } from './authentication.ts'
import { emptyStatement, testBench } from './bench.ts'
import { busyboxHttpd, gstRtsp, lighttpdDigest, motion } from './software.ts'

/** Records the fixtures of authentication from real servers: `node --import tsx test/support/record-authentication.ts`. */

interface Case {
  name: string
  origin: string
  statement: Statement
  probes: Probe[]
  state?: State
  sources?: string[]
  secrets?: Record<string, string>
}

const probes = (...all: unknown[]): Probe[] => all as Probe[]

async function record({
  name,
  origin,
  statement,
  probes: list,
  state = 'in-service',
  sources,
  secrets = {},
}: Case): Promise<void> {
  const bench = testBench(statement, {
    state,
    catalogue: catalogueData,
    secrets,
    ...(sources ? { sources: () => sources } : {}),
  })
  for (const probe of list) {
    const [subject] = probe.kind.expected({ statement, state, seen: () => [] })
    if (subject === undefined) throw new Error(`${name}: nothing expected of ${probe.kind.id}`)
    const seen = await probe.run(bench, subject)
    const folder = new URL(`../fixtures/${probe.kind.id}/`, import.meta.url)
    mkdirSync(folder, { recursive: true })
    writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify({ origin, statement, state, subject, seen })}\n`)
    process.stdout.write(`${probe.kind.id}/${name}\n`)
  }
}

interface Web {
  port: number
  user?: string
  password: string
  target: string
  resources?: Statement['resources']
  spare?: string
}

/** A password that no maker publishes comes from the environment, as a lab's would. */
function secretOf(password: string): Statement['accounts'][number]['password'] {
  if (!password.includes('unlisted')) return { published: password }
  process.env['RECORDED_PASSWORD'] = password
  return { env: 'RECORDED_PASSWORD' }
}

const web = ({ port, user = 'admin', password, target, resources = [], spare }: Web): Statement =>
  emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web pages' }],
    accounts: [
      { id: 'owner', user, password: secretOf(password), role: 'administrator' },
      ...(spare
        ? [{ id: 'spare', user: 'guest', password: { published: spare }, role: 'viewer' as const, spare: true }]
        : []),
    ],
    logins: [{ id: 'web', service: 'web', account: 'owner', target }],
    resources,
    ...(spare
      ? {
          bruteForce: [
            {
              login: 'web',
              protection: 'lock' as const,
              failures: 5,
              windowSeconds: 30,
              lockSeconds: 3,
              spare: 'spare',
            },
          ],
        }
      : {}),
  })

const stream = (port: number, password: string, paths: string[]): Statement =>
  emptyStatement({
    services: [{ id: 'stream', transport: 'tcp', port, protocol: 'rtsp', families: ['ipv4'], purpose: 'video' }],
    accounts: [{ id: 'owner', user: 'admin', password: secretOf(password), role: 'administrator' }],
    logins: [{ id: 'stream', service: 'stream', account: 'owner', target: paths[0] ?? '/' }],
    resources: paths.map((target) => ({
      service: 'stream',
      target,
      access: 'protected' as const,
      holds: 'stream' as const,
    })),
  })

const JPEG = Buffer.concat([
  Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]),
  Buffer.from('JFIF\0'),
  Buffer.alloc(200, 7),
  Buffer.from([0xff, 0xd9]),
])
const PAGES = {
  'index.html':
    '<html><head><title>Video server</title></head><body><h1>Video server</h1><a href="/config/">Set-up</a></body></html>',
  'config/index.html':
    '<html><body><h1>Video server set-up</h1><p>network, users, streams and records are changed here</p></body></html>',
  'config/status.txt': 'model=V2\nsoftVersion=2.4.0\nserial=V2-0042\nuptime=12345\n',
}
const OPEN_PAGES = {
  ...PAGES,
  'tmpfs/auto.jpg': JPEG,
  'config.ini': '[user0]\nname=admin\npassword=tiger17\n[wifi]\nssid=home\npsk=87654321\n',
}
const RESOURCES: Statement['resources'] = [
  { service: 'web', target: '/', access: 'public', holds: 'page' },
  { service: 'web', target: '/config/', access: 'protected', holds: 'settings' },
  { service: 'web', target: '/config/status.txt', access: 'protected', holds: 'identity' },
]

async function ofBusybox(): Promise<void> {
  const open = await busyboxHttpd(OPEN_PAGES, ['/config:admin:12345', '/config:guest:Gu3st-7Lqx'])
  const box = 'busybox httpd 1.35, Basic'
  const declared = { port: open.port, password: '12345', target: '/config/', resources: RESOURCES, spare: 'Gu3st-7Lqx' }
  await record({
    name: 'busybox-open',
    origin: `${box}; admin/12345, picture and config.ini open, no lock`,
    statement: web(declared),
    probes: probes(httpAnonymous, httpCredentials, httpLockout),
  })
  await record({
    name: 'busybox-open-wrong-declared',
    origin: `${box}; admin/12345, and the statement gives a password that does not work`,
    statement: web({ ...declared, password: 'not-this-one-9' }),
    probes: probes(httpCredentials),
  })
  await open.stop()
  const sound = await busyboxHttpd(PAGES, ['/config:admin:Qz7-unlisted-44'])
  const wrong = { port: sound.port, password: 'not-this-one-9', target: '/config/', resources: RESOURCES }
  await record({
    name: 'busybox-wrong-declared',
    origin: `${box}; the statement gives a password that does not work`,
    statement: web(wrong),
    probes: probes(httpAnonymous, httpCredentials),
  })
  await sound.stop()
}

async function ofLighttpd(): Promise<void> {
  const server = await lighttpdDigest(PAGES, '/config/', { admin: 'Qz7-unlisted-44', guest: 'Gu3st-7Lqx' })
  const declared = { port: server.port, password: 'Qz7-unlisted-44', target: '/config/', resources: RESOURCES }
  const origin = 'lighttpd 1.4.69, Digest (MD5), a failed log-in is answered after one second; password on no list'
  await record({
    name: 'lighttpd-digest',
    origin,
    statement: web(declared),
    probes: probes(httpAnonymous, httpCredentials),
  })
  await record({
    name: 'lighttpd-digest',
    origin,
    statement: web({ ...declared, spare: 'Gu3st-7Lqx' }),
    probes: probes(httpLockout),
  })
  await server.stop()
}

async function ofMotion(): Promise<void> {
  const server = await motion()
  await record({
    name: 'motion-control',
    origin: 'motion 4.5.1, web control without log-in',
    statement: web({ port: server.port, password: 'none-at-all', target: '/' }),
    probes: probes(httpAnonymous),
  })
  await server.stop()
}

async function ofGst(): Promise<void> {
  const server = await gstRtsp(['/h264/main=account', '/h264/sub=account'], {
    user: 'admin',
    password: 'Qz7-unlisted-44',
  })
  const origin = 'gst-rtsp-server 1.22, Digest (MD5)'
  await record({
    name: 'gst-account',
    origin: `${origin}; both paths ask for a log-in`,
    statement: stream(server.port, 'Qz7-unlisted-44', ['/h264/main', '/h264/sub']),
    probes: probes(rtspAnonymous, rtspCredentials),
  })
  await record({
    name: 'gst-wrong-declared',
    origin: `${origin}; the statement gives a password that does not work`,
    statement: stream(server.port, 'not-this-one-9', ['/h264/main']),
    probes: probes(rtspAnonymous, rtspCredentials),
  })
  await server.stop()
  const open = await gstRtsp(['/h264/main=account', '/h264/sub=open'], { user: 'admin', password: '12345' })
  await record({
    name: 'gst-open',
    origin: `${origin}; admin/12345, the second path is open and not declared`,
    statement: stream(open.port, '12345', ['/h264/main']),
    probes: probes(rtspAnonymous, rtspCredentials),
  })
  await record({
    name: 'gst-open-declared',
    origin: `${origin}; admin/12345, the second path is open and declared protected`,
    statement: stream(open.port, '12345', ['/h264/main', '/h264/sub']),
    probes: probes(rtspAnonymous),
  })
  await open.stop()
}

async function ofCamera(): Promise<void> {
  const secrets = { owner: 'Abc-123-xyz', 'lab-spare': 'Spa-123-pqr' }
  const sources = ['127.77.10.1', '127.77.10.2']
  for (const [name, factoryFresh, weaknesses] of [
    ['camera', false, []],
    ['camera-fresh', true, []],
    ['camera-no-lock', false, ['no-lockout']],
    ['camera-snapshot', false, ['anonymous-snapshot']],
  ] as const) {
    const camera = await startReferenceCamera({
      addresses: { ipv4: '127.77.10.22', ipv6: null },
      ports: { https: 0, rtsp: 0 },
      weaknesses: [...weaknesses],
      serial: 'R1',
      syslog: null,
      bootSeconds: 1,
      lock: { failures: 5, windowSeconds: 30, lockSeconds: 3 },
      factoryFresh,
      ...(factoryFresh ? {} : { adminPassword: secrets.owner }),
      users: [{ name: 'lab-spare', password: secrets['lab-spare'], role: 'viewer', spare: true }],
    })
    const list =
      name === 'camera'
        ? probes(httpAnonymous, httpCredentials, httpLockout, onvifLockout, rtspAnonymous, rtspCredentials)
        : factoryFresh
          ? probes(httpAnonymous, httpCredentials, rtspAnonymous, rtspCredentials)
          : probes(...(name === 'camera-no-lock' ? [httpLockout, onvifLockout] : [httpAnonymous]))
    const origin = `reference camera${weaknesses.length > 0 ? `, weakness ${weaknesses.join()}` : ''}${factoryFresh ? ', before the first set-up' : ''}`
    await record({
      name,
      origin,
      statement: camera.statement(),
      state: factoryFresh ? 'factory-fresh' : 'in-service',
      probes: list,
      secrets,
      sources,
    })
    await camera.stop()
  }
}

await ofBusybox()
await ofLighttpd()
await ofMotion()
await ofGst()
await ofCamera()
