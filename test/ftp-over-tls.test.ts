import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { probe as servicesProbe } from '../lab/probes/services.ts'
import { fromBase64 } from '../suites/facts/bytes.ts'
import { ftpCode } from '../suites/facts/ftp-reply.ts'
import { versionOffers } from '../suites/facts/tls-offers.ts'
import { kind as remoteKind, type RemoteCredentials } from '../suites/observations/remote-credentials.ts'
import { kind as servicesKind, type Services } from '../suites/observations/services.ts'
import type { TcpPorts } from '../suites/observations/tcp-ports.ts'
import { kind as handshakesKind, type TlsHandshakes } from '../suites/observations/tls-handshakes.ts'
import { kind as offersKind, type TlsOffers } from '../suites/observations/tls-offers.ts'
import type { Service } from '../suites/statement.ts'
import { misfits } from './support/authentication.ts'
import { testBench } from './support/bench.ts'
import { codes, fixture } from './support/judging.ts'
import { certificates, has, output, type Certificates } from './support/programs.ts'
import { observeRemote, remoteStatement, remoteVerdicts } from './support/remote.ts'
import * as servers from './support/remote-software.ts'
import type { Software } from './support/software.ts'
import { judgeTls, observeTls, TLS_CRITERIA, verdictsOf } from './support/tls.ts'

/**
 * TLS that begins within FTP (RFC 4217) at servers that others wrote. With CAMSEAL_RECORD set, what was seen is written to
 * test/fixtures/ftp-over-tls/, where the tests of the criteria below read it.
 */

const PASSWORD = 'Long-7731-kestrel'
const OWNER = { user: 'operator', password: PASSWORD }
const GUESSED = { user: 'admin', password: 'admin' }

let certs: Certificates
before(() => {
  certs = certificates()
  const { cert, key } = certs.rsa
  writeFileSync(bothIn(certs), `${readFileSync(key, 'utf8')}${readFileSync(cert, 'utf8')}`)
})
after(() => certs.remove())

function bothIn({ directory }: Certificates): string {
  return join(directory, 'both.pem')
}
const forVsftpd = (...lines: string[]): string[] => [
  'local_enable=YES',
  'ssl_enable=YES',
  `rsa_cert_file=${certs.rsa.cert}`,
  `rsa_private_key_file=${certs.rsa.key}`,
  ...lines,
]
const forProftpd = (...lines: string[]): string[] => [
  `TLSRSACertificateFile ${certs.rsa.cert}`,
  `TLSRSACertificateKeyFile ${certs.rsa.key}`,
  ...lines,
]

interface Case {
  name: string
  needs: 'vsftpd' | 'pure-ftpd' | 'proftpd'
  start: () => Promise<Software>
  /** Without the owner's log-in in the statement. */
  undeclared?: true
  expected: { anonymous: string; defaults: string; plain: string }
  tls?: 'pass' | 'fail'
}

const DEMANDED = {
  anonymous: 'pass anonymous-refused anonymous-refused',
  defaults: 'pass defaults-refused',
  plain: 'pass refused-before-tls',
}
const OFFERED = {
  anonymous: 'pass anonymous-refused',
  defaults: 'pass defaults-refused',
  plain: 'fail tls-not-demanded',
}
const DEMANDS = ['anonymous_enable=NO', 'force_local_logins_ssl=YES']

const CASES: Case[] = [
  {
    name: 'vsftpd-demands',
    needs: 'vsftpd',
    start: () => servers.vsftpd([OWNER], forVsftpd(...DEMANDS, 'ssl_ciphers=ECDHE+AESGCM')),
    expected: DEMANDED,
    tls: 'pass',
  },
  {
    name: 'vsftpd-offers',
    needs: 'vsftpd',
    start: () =>
      servers.vsftpd(
        [OWNER],
        forVsftpd('anonymous_enable=NO', 'force_local_logins_ssl=NO', 'ssl_ciphers=ALL:@SECLEVEL=0'),
      ),
    expected: OFFERED,
    tls: 'fail',
  },
  {
    name: 'vsftpd-default-in-tls',
    needs: 'vsftpd',
    undeclared: true,
    start: () => servers.vsftpd([GUESSED], forVsftpd(...DEMANDS)),
    expected: { ...DEMANDED, defaults: 'fail default-accepted defaults-refused-unproven' },
  },
  {
    name: 'vsftpd-anonymous-in-clear',
    needs: 'vsftpd',
    start: () =>
      servers.vsftpd(
        [OWNER],
        forVsftpd('anonymous_enable=YES', 'anon_root=/run/vsftpd/empty', 'force_local_logins_ssl=YES'),
      ),
    expected: { ...DEMANDED, anonymous: 'fail anonymous-refused anonymous-ftp' },
  },
  {
    name: 'pure-ftpd-demands',
    needs: 'pure-ftpd',
    start: () => servers.pureFtpd([OWNER], 2, bothIn(certs)),
    expected: DEMANDED,
    // RSA key exchange.
    tls: 'fail',
  },
  {
    name: 'pure-ftpd-offers',
    needs: 'pure-ftpd',
    start: () => servers.pureFtpd([OWNER], 1, bothIn(certs)),
    expected: OFFERED,
  },
  {
    name: 'proftpd-demands',
    needs: 'proftpd',
    start: () => servers.proftpd([OWNER], forProftpd('TLSRequired on')),
    expected: DEMANDED,
    // RSA key exchange.
    tls: 'fail',
  },
  {
    name: 'proftpd-offers',
    needs: 'proftpd',
    start: () => servers.proftpd([OWNER], forProftpd('TLSRequired off')),
    expected: OFFERED,
  },
]

/** What the services probe says of one open port that was not listened to. */
async function observeServices(port: number): Promise<Services> {
  const { ports } = fixture('tcp-ports/declared-only.json') as { ports: TcpPorts }
  const sweeps = ports.sweeps.map((sweep) => ({ ...sweep, open: [{ port, elapsed: 1, greeting: null }] }))
  const seen = <T>() => [{ subject: 'a/ipv4', value: { ...ports, baseline: null, sweeps } as T }]
  const found = await servicesProbe.run(testBench(undefined, { seen }), 'a/ipv4')
  assert.deepEqual(misfits(servicesKind, found), [])
  assert.ok(found.answered)
  return found.value
}

/** Accepted versions and suites, in the words of sslscan. */
function sslscan(port: number): string[] {
  const xml = output('sslscan', ['--starttls-ftp', '--no-heartbleed', '--no-groups', '--xml=-', `127.0.0.1:${port}`])
  const rows = xml.matchAll(/<cipher status="\w+" sslversion="TLSv([\d.]+)"[^>]* id="0x([0-9A-Fa-f]{4})"/g)
  return [...rows].map((m) => `tls${m[1]} ${(m[2] ?? '').toLowerCase()}`).sort()
}
const acceptedBy = (value: TlsOffers): string[] =>
  versionOffers(value)
    .flatMap((o) => o.accepted.map((a) => `${o.version} ${a.suite.toString(16).padStart(4, '0')}`))
    .sort()

const keep = (name: string, value: unknown): void => {
  if (process.env['CAMSEAL_RECORD'] === undefined) return
  const directory = new URL('./fixtures/ftp-over-tls/', import.meta.url)
  mkdirSync(directory, { recursive: true })
  writeFileSync(new URL(`${name}.json`, directory), `${JSON.stringify(value)}\n`)
}

describe("other people's FTP servers", { concurrency: 8 }, () => {
  for (const { name, needs, start, undeclared, expected, tls } of CASES) {
    const absent =
      needs === 'vsftpd' ? `needs ${needs}` : `not in CI: needs ${needs}, which Debian installs instead of vsftpd`
    test(name, { timeout: 60_000, skip: has(needs) ? (servers.withoutUsers() ?? false) : absent }, async () => {
      const server = await start()
      try {
        const { port } = server
        const services = await observeServices(port)
        const [row] = services.services
        assert.deepEqual(row?.asked, ['greeting', 'auth-tls'])
        assert.equal(ftpCode(fromBase64(row?.authTls ?? '')), 234)
        const statement = remoteStatement('ftp', port, undeclared ? undefined : PASSWORD)
        const remote = await observeRemote(statement, PASSWORD)
        assert.deepEqual(misfits(remoteKind, remote), [])
        assert.deepEqual(remoteVerdicts(remote, statement), expected)
        assert.ok(!JSON.stringify(remote).includes(PASSWORD))
        assert.ok(remote.answered)
        if (!tls) return keep(name, { services, remote: remote.value })
        const { offers, handshakes } = await observeTls(port, [services])
        for (const [kind, value] of [[offersKind, offers] as const, [handshakesKind, handshakes] as const])
          assert.deepEqual(misfits(kind, { answered: true, value, controls: [], artifacts: [] }), [])
        assert.deepEqual([offers.startTls, handshakes.startTls], ['ftp', 'ftp'])
        assert.deepEqual(acceptedBy(offers), sslscan(port))
        const verdicts = Object.values(verdictsOf({ offers, handshakes }))
        if (tls === 'pass')
          assert.ok(
            verdicts.every((v) => v === 'pass'),
            JSON.stringify(verdictsOf({ offers, handshakes })),
          )
        else assert.ok(verdicts.includes('fail') && !verdicts.includes('inconclusive'), verdicts.join())
        keep(name, { services, remote: remote.value, offers, handshakes })
      } finally {
        await server.stop()
      }
    })
  }
})

/** Recorded above. */
describe('what is made of it', () => {
  interface Recorded {
    services: Services
    remote: RemoteCredentials
    offers: TlsOffers
    handshakes: TlsHandshakes
  }
  const recorded = (name: string): Recorded => structuredClone(fixture(`ftp-over-tls/${name}.json`)) as Recorded

  const verdicts = (name: string, change: (v: RemoteCredentials) => void = () => undefined) => {
    const { remote } = recorded(name)
    change(remote)
    const seen = { answered: true as const, value: remote, controls: [], artifacts: [] }
    assert.deepEqual(misfits(remoteKind, seen), [])
    return remoteVerdicts(seen, remoteStatement('ftp', remote.port))
  }

  test('FTP that demands TLS passes, in the words of three servers; one that offers it fails', () => {
    for (const name of ['vsftpd-demands', 'pure-ftpd-demands', 'proftpd-demands'])
      assert.deepEqual(verdicts(name), DEMANDED, name)
    for (const name of ['vsftpd-offers', 'pure-ftpd-offers', 'proftpd-offers'])
      assert.deepEqual(verdicts(name), OFFERED, name)
  })

  test('421 before TLS is a refusal only where it says so, or the same name is asked for a password in TLS', () => {
    const unproven = verdicts('pure-ftpd-demands', (v) => {
      v.knownBad.steps = v.knownBad.steps.filter((s) => s.sent !== 'user' && s.sent !== 'password')
      for (const one of [v.inClear?.anonymous, v.inClear?.user])
        for (const step of one?.steps ?? [])
          if (step.sent === 'user') step.answer = Buffer.from('421 Service not available\r\n').toString('base64')
    })
    assert.equal(unproven['plain'], 'inconclusive clear-unsettled')
    assert.match(unproven['anonymous'] ?? '', /^inconclusive .*anonymous-unclear/)
    assert.match(unproven['defaults'] ?? '', /^inconclusive refusal-unknown/)
    const silent = verdicts('vsftpd-demands', (v) => v.inClear?.user.steps.splice(0))
    assert.equal(silent['plain'], 'inconclusive clear-unsettled')
  })

  test('a password asked for, or anybody let in, without TLS is seen beside what is said in it', () => {
    const reply = (text: string) => Buffer.from(text, 'latin1').toString('base64')
    const asked = verdicts('proftpd-demands', (v) =>
      v.inClear?.user.steps.splice(1, 1, { sent: 'user', answer: reply('331 Password\r\n'), end: 'complete' }),
    )
    assert.equal(asked['plain'], 'fail tls-not-demanded')
    const open = verdicts('proftpd-demands', (v) =>
      v.inClear?.anonymous.steps.splice(1, 1, { sent: 'user', answer: reply('230 In\r\n'), end: 'complete' }),
    )
    assert.equal(open['anonymous'], 'fail anonymous-refused anonymous-ftp')
  })

  const FTP: Service = {
    id: 'files',
    transport: 'tcp',
    port: 21,
    protocol: 'ftp',
    families: ['ipv4'],
    purpose: 'Recordings',
  }
  const names = Object.keys(TLS_CRITERIA) as (keyof typeof TLS_CRITERIA)[]

  test('TLS within a declared FTP service is judged where nothing else speaks TLS; without AUTH TLS there is none', () => {
    for (const [name, expected] of [
      ['vsftpd-demands', 'pass'],
      ['vsftpd-offers', 'fail'],
    ] as const) {
      const { services, offers, handshakes } = recorded(name)
      const declared = [{ ...FTP, port: offers.port }]
      const seen = names.map((n) => judgeTls(n, { offers, handshakes }, services, declared).verdict)
      assert.deepEqual(
        [...new Set(seen)].filter((v) => v !== 'pass'),
        expected === 'pass' ? [] : ['fail'],
        name,
      )
      for (const reply of ['502 Not implemented\r\n', '534 Denied\r\n', '']) {
        for (const row of services.services) row.authTls = Buffer.from(reply, 'latin1').toString('base64')
        for (const n of names) {
          const judgement = judgeTls(n, { offers, handshakes }, services, declared)
          assert.deepEqual([judgement.verdict, ...codes(judgement)], ['not-applicable', 'no-tls-declared'], n)
        }
      }
    }
  })

  test('a server that stops answering within TLS decides nothing', () => {
    const { services, offers, handshakes } = recorded('vsftpd-demands')
    const failure = { code: 'closed' as const, detail: 'no TLS, reply 421' }
    for (const hello of offers.hellos.slice(2)) Object.assign(hello, { answer: '', end: 'not-open', failure })
    const verdict = (n: (typeof names)[number]) =>
      judgeTls(n, { offers, handshakes }, services, [{ ...FTP, port: offers.port }]).verdict
    assert.deepEqual([verdict('versions'), verdict('suites')], ['inconclusive', 'inconclusive'])
  })
})
