import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { probe } from '../lab/probes/tls-clients.ts'
import { makeAuthority, makeServers } from '../lab/services/server-certificates.ts'
import { startTlsServer } from '../lab/services/tls-server.ts'
import { criterion } from '../suites/encryption/server-certificate-checked.ts'
import { showsWhatItSays, takenBy } from '../suites/facts/tls-client.ts'
import { kind as failedLoginLog, type FailedLoginLog } from '../suites/observations/failed-login-log.ts'
import { IMPOSTORS, kind, type TlsClients } from '../suites/observations/tls-clients.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { doorOf } from './support/door.ts'
import { answered, codes, fixture, judgeBy } from './support/judging.ts'
import { liveBench } from './support/live-bench.ts'
import { freePort, has } from './support/software.ts'
import { curl, deviceAround, judgedOf, observe, SUBJECT } from './support/tls-client-device.ts'

const LIMIT = { timeout: 60_000 }
const CAMERA = 'a/client/syslog-tls'
const TRUSTED: Record<string, readonly string[]> = {
  'trusts-any-certificate': IMPOSTORS,
  'server-name-unchecked': ['wrong-name'],
  'server-dates-unchecked': ['expired', 'not-yet-valid'],
}

test('the reference camera, sound and with each weakness', { ...LIMIT, concurrency: true }, async (t) => {
  await Promise.all(
    [null, ...Object.keys(TRUSTED)].map((weakness, i) =>
      t.test(weakness ?? 'sound', async (s) => {
        const syslog = { address: '127.77.11.1', port: await freePort() }
        const door = await doorOf(s, 90 + i, { syslog, weaknesses: weakness ? [weakness] : [] })
        const seen = await door.seen(probe)
        const { verdict, codes } = door.judged(criterion, seen, { subject: CAMERA })
        const trusted = codes.filter((c) => c.startsWith('trusted-')).map((c) => c.slice(8))
        assert.deepEqual(trusted, weakness ? TRUSTED[weakness] : [], codes.join())
        assert.equal(verdict, weakness ? 'fail' : 'pass', codes.join())
        assert.equal(codes.length, IMPOSTORS.length + 2)
        assert.deepEqual(door.bench.undone, [`tls-clients/${CAMERA}/server`, `tls-clients/${CAMERA}/authority`])
        const left = await door.bench.perform(
          { service: 'web', account: 'owner', method: 'GET', target: '/api/settings/syslog' },
          {},
        )
        const said = Buffer.from(left.rounds.at(-1)?.answer.raw ?? '', 'base64').toString('latin1')
        assert.ok(said.includes(JSON.stringify(syslog)), said)
      }),
    ),
  )
})

test('mail of the reference camera, sound and without TLS', { ...LIMIT, concurrency: true }, async (t) => {
  const CASES = [
    [null, 'pass', []],
    ['mail-without-tls', 'fail', ['mail-in-clear', 'mail-in-clear']],
    ['server-name-unchecked', 'fail', ['trusted-wrong-name']],
  ] as const
  await Promise.all(
    CASES.map(([weakness, wanted, violations], i) =>
      t.test(weakness ?? 'sound', async (s) => {
        const door = await doorOf(s, 107 + i, { mailPort: await freePort(), weaknesses: weakness ? [weakness] : [] })
        const seen = await door.seen(probe, 'a/client/mail')
        const { verdict, codes } = door.judged(criterion, seen, { subject: 'a/client/mail' })
        assert.equal(verdict, wanted, codes.join())
        assert.deepEqual(
          codes.filter((c) => /^trusted|in-clear/.test(c)),
          violations,
        )
        assert.equal(codes.length, IMPOSTORS.length + 4)
      }),
    ),
  )
})

test(
  "somebody else's servers get records from the weak cameras, and the sound one's where they are good",
  LIMIT,
  async (t) => {
    if (!has('openssl')) return t.skip('needs openssl')
    const directory = mkdtempSync(join(tmpdir(), 'servers-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
    const request = ['req', '-newkey', 'rsa:2048', '-nodes']
    openssl(...request, '-x509', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem')
    openssl(
      ...request,
      '-x509',
      '-subj',
      '/CN=x',
      '-addext',
      'subjectAltName=IP:127.77.11.1',
      '-keyout',
      'self.key',
      '-out',
      'self.pem',
    )
    for (const [name, address, days] of [
      ['good', '127.77.11.1', '30'],
      ['other', '192.0.2.1', '30'],
      ['old', '127.77.11.1', '-1'],
    ] as const) {
      writeFileSync(join(directory, 'names'), `subjectAltName=IP:${address}\n`)
      openssl(...request, '-subj', '/CN=x', '-keyout', `${name}.key`, '-out', `${name}.csr`)
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', days, '-extfile', 'names']
      openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`)
    }
    const received = async (n: number, server: string, ...weaknesses: string[]): Promise<boolean> => {
      const port = await freePort()
      const args = [
        's_server',
        '-quiet',
        '-accept',
        `127.77.11.1:${port}`,
        '-key',
        `${server}.key`,
        '-cert',
        `${server}.pem`,
      ]
      const child = spawn('openssl', args, { cwd: directory, stdio: ['pipe', 'pipe', 'ignore'] })
      t.after(() => child.kill('SIGKILL'))
      let said = ''
      child.stdout.on('data', (d: Buffer) => (said += d.toString('latin1')))
      const { bench, statement } = await doorOf(t, n, { syslog: { address: '127.77.11.1', port }, weaknesses })
      const client = statement.tlsClients?.[0]
      assert.ok(client?.enable && client.trust)
      await bench.perform(client.trust.install, { 'ca-certificate': readFileSync(join(directory, 'ca.pem'), 'utf8') })
      for (let i = 0; i < 12 && said === ''; i++) {
        await bench.perform(client.enable, { 'lab-address': '127.77.11.1', 'lab-port': String(port) })
        await sleep(100)
      }
      return said.includes('LOG-SETTINGS-CHANGED')
    }
    const seen = await Promise.all([
      received(100, 'good'),
      received(101, 'self'),
      received(102, 'other'),
      received(103, 'old'),
      received(104, 'self', 'trusts-any-certificate'),
      received(105, 'other', 'server-name-unchecked'),
      received(106, 'old', 'server-dates-unchecked'),
    ])
    assert.deepEqual(seen, [true, false, false, false, true, true, true])
  },
)

const STATEMENT = emptyStatement()
const load = (name: string): TlsClients => fixture(`tls-clients/${name}.json`) as TlsClients
const judgedAs = (value: TlsClients, statement = STATEMENT) => {
  const { verdict, codes } = judgedOf(statement, { answered: true, value, controls: [], artifacts: [] })
  return { verdict, codes }
}

test('recorded: who checks passes, who looks at no name fails, who trusts nobody shows nothing', () => {
  assert.deepEqual(judgedAs(load('curl')), {
    verdict: 'pass',
    codes: [
      'genuine-taken',
      'impostor-refused',
      'impostor-refused',
      'impostor-left',
      'impostor-refused',
      'impostor-refused',
      'genuine-taken-again',
    ],
  })
  const chain = judgedAs(load('rsyslog-chain-only'))
  assert.equal(chain.verdict, 'fail')
  assert.deepEqual(
    chain.codes.filter((c) => c.startsWith('trusted')),
    ['trusted-wrong-name'],
  )
  assert.deepEqual(judgedAs(load('curl-without-authority')), { verdict: 'inconclusive', codes: ['genuine-refused'] })
})

test('whatever is missing keeps from passing', () => {
  const changed = (change: (v: TlsClients) => void, statement?: Statement): [string, string[]] => {
    const value = load('curl')
    change(value)
    const { verdict, codes } = judgedAs(value, statement)
    return [
      verdict,
      codes.filter((c) => !/^(?:genuine-taken|genuine-taken-again|impostor-refused|impostor-left)$/.test(c)),
    ]
  }
  const connectionOf = (v: TlsClients, i: number) => {
    const found = v.servers[i]?.connections[0]
    assert.ok(found)
    return found
  }
  const inconclusive: [string, (v: TlsClients) => void][] = [
    ['genuine-not-again', (v) => v.servers.pop()],
    ['genuine-not-again', (v) => (connectionOf(v, 6).bytes = 0)],
    ['impostor-missing', (v) => v.servers.splice(3, 1)],
    ['impostor-not-met', (v) => (v.servers[3]!.connections = [])],
    ['impostor-not-met', (v) => (connectionOf(v, 3).from = '192.0.2.4')],
    ['impostor-not-met', (v) => Object.assign(connectionOf(v, 2), { first: '' })],
    ['impostor-kept', (v) => (connectionOf(v, 3).end = 'lab')],
    ['impostor-unclear', (v) => Object.assign(connectionOf(v, 2), { alert: '', end: 'lab' })],
    [
      'impostor-unclear',
      (v) =>
        Object.assign(connectionOf(v, 2), {
          alert: '',
          failure: { code: 'tls-handshake', detail: 'ERR_SSL_NO_SHARED_CIPHER' },
        }),
    ],
    ['impostor-in-clear', (v) => (connectionOf(v, 2).first = Buffer.from('<38>camera').toString('base64'))],
    ['impostor-watched-too-short', (v) => (v.servers[2]!.until = v.servers[2]!.asked[0]!.at + 1)],
    ['genuine-unseen', (v) => v.servers.shift()],
    ['genuine-unseen', (v) => (v.servers = [])],
    ['genuine-not-met', (v) => (v.servers[0]!.connections = [])],
    ['genuine-got-nothing', (v) => (connectionOf(v, 0).bytes = 0)],
    ['certificate-not-so', (v) => (v.servers[1]!.chain = v.servers[0]!.chain)],
    ['certificate-not-so', (v) => (v.servers[4]!.shows = 'not-yet-valid')],
    ['certificate-not-so', (v) => (v.address = '192.0.2.4')],
    ['certificate-not-so', (v) => (v.authority.certificate = v.servers[0]!.chain[0]!)],
  ]
  for (const [code, change] of inconclusive)
    assert.deepEqual(changed(change), ['inconclusive', [code]], `${code} ${change}`)
  assert.deepEqual(
    changed((v) => (connectionOf(v, 3).bytes = 1)),
    ['fail', ['trusted-wrong-name']],
  )
  assert.deepEqual(
    changed((v) => (v.authority.origin = 'unknown')),
    ['fail', ['unknown-authority-trusted']],
  )
})

test('what is not declared: silence is no denial, and a denial can be contradicted', () => {
  const log: FailedLoginLog = {
    declared: true,
    channels: [
      { id: 'tls', protocol: 'syslog-tls', port: 6514, receiving: true, before: null, enable: null, after: null },
    ],
    quiet: null,
    events: [],
    until: null,
    records: [{ at: 1, from: '127.0.0.1', channel: 'tls', raw: '' }],
    left: 0,
  }
  const login: Partial<Statement> = {
    services: [{ id: 'web', transport: 'tcp', port: 80, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    logins: [{ id: 'l', service: 'web', account: 'o', target: '/' }],
  }
  const judgedWith = (over: Partial<Statement>, seen: FailedLoginLog[] = []) => {
    const [found] = judgeBy(criterion, {
      statement: emptyStatement({ ...login, ...over }),
      observations: seen.map((v) => answered(failedLoginLog, 'a/login/l', v)),
      kinds: [kind, failedLoginLog],
    })
    return [found?.verdict, codes(found)]
  }
  const channels = { logging: { channels: [{ id: 'tls', protocol: 'syslog-tls' as const, port: 6514 }] } }
  assert.deepEqual(judgedWith({}), ['inconclusive', ['clients-not-stated']])
  assert.deepEqual(judgedWith({ tlsClients: [] }), ['not-applicable', ['no-client-declared']])
  assert.deepEqual(judgedWith({ tlsClients: [], ...channels }), ['inconclusive', ['channel-not-among-clients']])
  assert.deepEqual(judgedWith({ tlsClients: [] }, [log]), ['fail', ['client-undeclared']])
  assert.deepEqual(
    judgedWith({ tlsClients: [] }, [{ ...log, records: [{ at: 1, from: '192.0.2.9', channel: 'tls', raw: '' }] }]),
    ['not-applicable', ['no-client-declared']],
  )
  assert.deepEqual(judgedWith({ tlsClients: [{ id: 'out', protocol: 'https', port: 443 }] }), [
    'inconclusive',
    ['framework.unanswered', 'framework.not-observed'],
  ])
})

test(
  'an authority that the device trusts as it is, RSA or EC, and a declared name',
  { ...LIMIT, concurrency: true },
  async (t) => {
    if (!has('openssl', 'curl')) return t.skip('needs openssl and curl')
    await Promise.all(
      ['rsa:2048', 'ec'].map((algorithm) =>
        t.test(algorithm, async (s) => {
          const directory = mkdtempSync(join(tmpdir(), 'authority-'))
          s.after(() => rmSync(directory, { recursive: true, force: true }))
          const [key, certificate] = [join(directory, 'ca.key'), join(directory, 'ca.pem')]
          const curve = algorithm === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-384'] : []
          const name = ['-subj', '/O=Example Cameras Ltd/CN=Maker authority', '-days', '800']
          execFileSync(
            'openssl',
            ['req', '-x509', '-newkey', algorithm, ...curve, '-nodes', ...name, '-keyout', key, '-out', certificate],
            {
              stdio: 'ignore',
            },
          )
          const port = await freePort()
          const serverName = 'update.example.net'
          const { statement } = await deviceAround(
            s,
            () => {
              const inside = curl(s, '--resolve', `${serverName}:${port}:127.0.0.1`)(certificate)
              return { ...inside, point: (_address, at) => inside.point(serverName, at) }
            },
            { port, serverName, isTold: false, authority: { certificate, key } },
          )
          const seen = await observe(statement)
          assert.equal(seen.value.authority.origin, 'declared')
          assert.equal(seen.value.install, null)
          const { verdict, codes } = judgedOf(statement, seen)
          assert.equal(verdict, 'pass', codes.join())
        }),
      ),
    )
  },
)

test('who never comes, who cannot be served, and an authority that is none', LIMIT, async (t) => {
  const silent = await deviceAround(t, () => ({ protocol: 'mqtts', point: () => undefined }), { retrySeconds: 1 })
  const seen = await observe(silent.statement)
  assert.equal(seen.value.servers.length, 1)
  assert.equal(seen.value.servers[0]?.asked.length, 2, 'asked again, and again')
  assert.deepEqual(judgedAs(seen.value, silent.statement), { verdict: 'inconclusive', codes: ['genuine-not-met'] })

  const taken = createServer().listen(silent.statement.tlsClients?.[0]?.port, '127.0.0.1')
  t.after(() => taken.close())
  const without = await probe.run(liveBench(silent.statement, {}), SUBJECT)
  assert.ok(!without.answered && without.cause === 'lab' && without.why.code === 'tls-clients.no-server')

  const bad = await deviceAround(t, () => ({ protocol: 'mqtts', point: () => undefined }), {
    isTold: false,
    authority: { certificate: '/nonexistent', key: '/nonexistent' },
  })
  const refused = await probe.run(liveBench(bad.statement, {}), SUBJECT)
  assert.ok(!refused.answered && refused.cause === 'operator' && refused.why.values.detail === 'ENOENT')
})

test('hostile clients: the server neither throws nor hangs, and keeps a bounded record', LIMIT, async (t) => {
  const started = await startTlsServer({
    address: '127.0.0.1',
    port: 0,
    now: () => Math.round(performance.now() * 1000),
  })
  assert.ok('server' in started)
  const { server } = started
  t.after(() => server.close())
  const [genuine] = await makeServers(await makeAuthority('CN=t'), ['127.0.0.1'])
  assert.ok(genuine)
  server.show(genuine)
  const speak = (bytes: Uint8Array, reset: boolean): Promise<void> =>
    new Promise((done) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(bytes)
        setTimeout(() => (reset ? socket.resetAndDestroy() : socket.end()), 20)
      })
      socket.on('error', () => undefined)
      socket.resume()
      socket.once('close', () => done())
    })
  const hello = Buffer.from(load('curl').servers[0]?.connections[0]?.first ?? '', 'base64')
  for (let i = 0; i < 40; i++) {
    const broken = Buffer.from(hello)
    for (let n = 0; n < 3; n++) broken[(i * 37 + n * 101) % broken.length] = (i * 53 + n) & 255
    await speak(i % 3 === 0 ? randomBytes(300) : i % 3 === 1 ? broken : hello.subarray(0, i), i % 2 === 0)
  }
  const { list, left } = server.connections()
  assert.equal(list.length, 32)
  assert.equal(left, 8)
  assert.ok(list.every((c) => c.bytes === 0 && c.first.length <= 4096))
  server.show(genuine)
  assert.deepEqual(server.connections(), { list: [], left: 0 })
})

test('certificates and records of any content are read without a throw', () => {
  let seed = 7
  const next = (): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 8
  for (let i = 0; i < 300; i++) {
    const value = load('curl')
    for (const server of value.servers) {
      const der = Buffer.from(server.chain[0] ?? '', 'base64')
      for (let n = 0; n < 4; n++) der[next() % der.length] = next() & 255
      server.chain[0] = der.subarray(0, next() % 5 === 0 ? next() % der.length : der.length).toString('base64')
      for (const c of server.connections) c.first = Buffer.from([next() & 255, next() & 255]).toString('base64')
      assert.equal(typeof showsWhatItSays(server, value), 'boolean')
      takenBy(server, ['127.0.0.1'])
    }
  }
})
