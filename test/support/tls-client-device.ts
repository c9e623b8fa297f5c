import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { probe } from '../../lab/probes/tls-clients.ts'
import { criterion } from '../../suites/encryption/server-certificate-checked.ts'
import type { Answered } from '../../suites/observation.ts'
import { kind, type TlsClients } from '../../suites/observations/tls-clients.ts'
import type { Statement, TlsClient } from '../../suites/statement.ts'
import { bilingual } from '../../reports/locales/index.ts'
import { judged, misfits, type Judged } from './authentication.ts'
import { emptyStatement } from './bench.ts'
import { liveBench } from './live-bench.ts'
import { freePort } from './software.ts'

export const SUBJECT = 'a/client/out'
type Protocol = TlsClient['protocol']

/** A TLS client that others wrote, as the inside of a device. `ca` is a file that holds the authority once it is given. */
export interface Inside {
  protocol: Protocol
  /** Points it at a server, which may make it connect. */
  point(address: string, port: number): Promise<void> | void
  /** Makes it connect and send. */
  trigger?(): Promise<void> | void
}

const HOST = '127.0.0.1'

/** A device whose web interface takes the authority and the address of the server, and knows how to make the client send. */
export async function deviceAround(
  t: TestContext,
  make: (ca: string, directory: string) => Inside | Promise<Inside>,
  { isTold = true, ...over }: Partial<TlsClient> & { isTold?: boolean } = {},
): Promise<{ statement: Statement; ca: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'tls-client-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const ca = join(directory, 'ca.pem')
  writeFileSync(ca, '')
  const inside = await make(ca, directory)
  const web = createServer((request, response) => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('latin1')))
    request.on('end', () => {
      void (async () => {
        if (request.url === '/ca') writeFileSync(ca, body)
        const [address = '', port = ''] = body.split(' ')
        if (request.url === '/server' && body !== '-') await inside.point(address, Number(port))
        if (request.url === '/send') await inside.trigger?.()
        response.end('done')
      })()
    })
  })
  await new Promise<void>((done) => web.listen(0, HOST, done))
  t.after(() => {
    web.close()
    web.closeAllConnections()
  })
  const to = (target: string, body: string) => ({
    service: 'web',
    method: 'POST' as const,
    target,
    contentType: 'text/plain',
    body,
    done: 'done',
  })
  const client: TlsClient = {
    id: 'out',
    protocol: inside.protocol,
    port: await freePort(),
    ...(isTold ? { trust: { install: to('/ca', '{{ca-certificate}}'), remove: to('/ca', '') } } : {}),
    enable: to('/server', '{{lab-address}} {{lab-port}}'),
    restore: to('/server', '-'),
    ...(inside.trigger ? { trigger: to('/send', 'now') } : {}),
    retrySeconds: 15,
    ...over,
  }
  const { port } = web.address() as AddressInfo
  const statement = emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'settings' }],
    tlsClients: [client],
  })
  return { statement, ca }
}

/** What the probe sees of a device. */
export async function observe(statement: Statement): Promise<Answered<TlsClients>> {
  const seen = await probe.run(liveBench(statement, {}), SUBJECT)
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.deepEqual(misfits(kind, seen), [])
  return seen
}

/** Judged as the framework does; every message has its text. */
export function judgedOf(statement: Statement, seen: Answered<TlsClients>): Judged {
  const found = judged(criterion, seen, { statement, subject: SUBJECT })
  for (const { message } of found.findings)
    assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), message.code)
  return found
}

/** A program that is run anew whenever the device is to send. */
function each(t: TestContext, protocol: Protocol, argv: (address: string, port: number) => string[]): Inside {
  let at: [string, number] = [HOST, 1]
  const running = new Set<ChildProcess>()
  t.after(() => running.forEach((c) => c.kill('SIGKILL')))
  return {
    protocol,
    point: (...to) => void (at = to),
    trigger() {
      const [file = '', ...args] = argv(...at)
      const child = spawn(file, args, { stdio: 'ignore' })
      running.add(child)
      child.once('exit', () => running.delete(child))
    },
  }
}

/** curl asking for an update over HTTPS. */
export const curl =
  (t: TestContext, ...more: string[]) =>
  (ca: string): Inside =>
    each(t, 'https', (address, port) => [
      'curl',
      '-s',
      '-m',
      '4',
      '--cacert',
      ca,
      ...more,
      `https://${address}:${port}/update`,
    ])

/** mosquitto_pub telling a broker something. */
export const mosquitto =
  (t: TestContext, ...more: string[]) =>
  (ca: string): Inside =>
    each(t, 'mqtts', (address, port) => [
      'mosquitto_pub',
      ...['-h', address, '-p', String(port), '--cafile', ca, '-u', 'camera', '-t', 'event', '-m', 'motion', ...more],
    ])

/** rsyslogd with GnuTLS, which sends what it is told over UDP; started when it is pointed at a server. */
export const rsyslog =
  (t: TestContext, mode: string, more = '') =>
  async (ca: string, directory: string): Promise<Inside> => {
    const input = await freePort()
    const said = createSocket('udp4')
    let child: ChildProcess | null = null
    const stop = async (): Promise<void> => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    t.after(async () => {
      said.close()
      await stop()
    })
    return {
      protocol: 'syslog-tls',
      async point(address, port) {
        await stop()
        const lines = [
          `global(workDirectory="${directory}" defaultNetstreamDriverCAFile="${ca}" net.enableDNS="off")`,
          'module(load="imudp")',
          `input(type="imudp" address="${HOST}" port="${input}")`,
          `action(type="omfwd" target="${address}" port="${port}" protocol="tcp" TCP_Framing="octet-counted"`,
          '  action.resumeInterval="1" action.resumeRetryCount="-1" StreamDriver="gtls" StreamDriverMode="1"',
          `  StreamDriverAuthMode="${mode}" ${mode === 'x509/name' ? `StreamDriverPermittedPeers="${address}"` : ''} ${more})`,
        ]
        writeFileSync(join(directory, 'rsyslog.conf'), `${lines.join('\n')}\n`)
        child = spawn('rsyslogd', ['-n', '-i', 'NONE', '-f', join(directory, 'rsyslog.conf')], { stdio: 'ignore' })
      },
      // What it writes into a connection that was closed meanwhile is lost; the next record opens another.
      async trigger() {
        for (let i = 0; i < 3; i++) {
          said.send('<38>camera: somebody logged in', input, HOST)
          await sleep(250)
        }
      },
    }
  }

/** What the mail clients below log in with; it must stand nowhere in what was seen. */
export const MAIL_PASSWORD = 'Gull-2291-harbour'

/** msmtp sending a mail, with a log-in. */
export const msmtp =
  (t: TestContext, protocol: 'smtps' | 'smtp-starttls', ...more: string[]) =>
  (ca: string): Inside =>
    each(t, protocol, (address, port) => [
      ...['sh', '-c', `printf 'Subject: motion\\n\\nseen\\n' | exec "$0" "$@"`, 'msmtp', '--file=/dev/null'],
      ...[`--host=${address}`, `--port=${port}`, '--from=camera@example.net', '--timeout=5', '--auth=plain'],
      ...['--user=camera', `--passwordeval=echo ${MAIL_PASSWORD}`, '--tls=on', `--tls-trust-file=${ca}`],
      ...[`--tls-starttls=${protocol === 'smtps' ? 'off' : 'on'}`, ...more, 'owner@example.net'],
    ])

/** curl sending a mail, with a log-in. */
export const curlMail =
  (t: TestContext, protocol: 'smtps' | 'smtp-starttls', ...more: string[]) =>
  (ca: string, directory: string): Inside => {
    const mail = join(directory, 'mail.txt')
    writeFileSync(mail, 'Subject: motion\r\n\r\nseen\r\n')
    return each(t, protocol, (address, port) => [
      ...['curl', '-s', '-m', '5', '--cacert', ca, '--user', `camera:${MAIL_PASSWORD}`, '--upload-file', mail],
      ...['--mail-from', 'camera@example.net', '--mail-rcpt', 'owner@example.net', ...more],
      `${protocol === 'smtps' ? 'smtps' : 'smtp'}://${address}:${port}`,
    ])
  }
