import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { test } from 'node:test'
import { makeAuthority, makeServers, STRIPPING } from '../lab/services/server-certificates.ts'
import { smtpSession, type Mail } from '../lab/services/smtp.ts'
import { startTlsServer } from '../lab/services/tls-server.ts'
import { showsWhatItSays, takenBy } from '../suites/facts/tls-client.ts'
import { IMPOSTORS, kind, type TlsClients } from '../suites/observations/tls-clients.ts'
import { misfits } from './support/authentication.ts'
import { emptyStatement } from './support/bench.ts'
import { fixture } from './support/judging.ts'
import { judgedOf } from './support/tls-client-device.ts'

/** What is made of mail clients, over exchanges with programs of others (test/support/record-tls-clients.ts). */
const LIMIT = { timeout: 60_000 }
const SERVERS = ['genuine', ...IMPOSTORS, 'tls-not-offered', 'tls-refused', 'genuine']

function judgedAs(name: string, change: (v: TlsClients) => void = () => undefined) {
  const value = structuredClone(fixture(`tls-clients/${name}.json`)) as TlsClients
  change(value)
  const seen = { answered: true as const, value, controls: [], artifacts: [] }
  assert.deepEqual(misfits(kind, seen), [])
  const { verdict, findings } = judgedOf(emptyStatement(), seen)
  return { verdict, codes: findings.map((f) => f.message.code), findings }
}
const server = (value: TlsClients, shows: string) => {
  const found = value.servers.find((s) => s.shows === shows)
  assert.ok(found)
  return found
}
const connection = (value: TlsClients, shows: string) => {
  const found = server(value, shows).connections.at(-1)
  assert.ok(found?.clear)
  return { ...found, clear: found.clear, put: (over: object) => Object.assign(found, over) }
}

test('recorded: who waits for TLS passes, who does without it fails, at both servers that keep it away', () => {
  const value = fixture('tls-clients/msmtp.json') as TlsClients
  assert.deepEqual(
    value.servers.map((s) => s.shows),
    SERVERS,
  )
  assert.deepEqual(judgedAs('msmtp').codes, [
    'genuine-taken',
    ...Array<string>(7).fill('impostor-left'),
    'genuine-taken-again',
  ])
  assert.equal(judgedAs('msmtp').verdict, 'pass')
  const { verdict, findings } = judgedAs('curl-mail-opportunistic')
  assert.equal(verdict, 'fail')
  assert.deepEqual(
    findings.filter((f) => f.is === 'violation').map((f) => [f.message.code, f.message.values['impostor']]),
    [
      ['mail-in-clear', 'tls-not-offered'],
      ['mail-in-clear', 'tls-refused'],
    ],
  )
  // The other protocols meet five impostors only.
  assert.equal((fixture('tls-clients/curl.json') as TlsClients).servers.length, 7)
})

test('whatever was not shown, or not seen to the end, decides nothing', () => {
  const inconclusive: [string, (v: TlsClients) => void][] = [
    ['impostor-missing', (v) => (v.servers = v.servers.filter((s) => s.shows !== 'tls-refused'))],
    ['impostor-not-met', (v) => (server(v, 'tls-not-offered').connections = [])],
    ['impostor-unclear', (v) => connection(v, 'tls-not-offered').put({ end: 'lab' })],
    // It went before it had asked, or was told, that there is no TLS.
    ['impostor-unclear', (v) => connection(v, 'tls-refused').clear.splice(1)],
    ['impostor-unclear', (v) => connection(v, 'tls-not-offered').clear.splice(0, 1)],
    ['impostor-not-met', (v) => connection(v, 'tls-not-offered').clear.splice(0)],
    ['impostor-unclear', (v) => connection(v, 'expired').put({ handshake: 'incomplete', first: '' })],
    ['impostor-watched-too-short', (v) => (server(v, 'tls-refused').until = server(v, 'tls-refused').asked[0]!.at + 1)],
    ['certificate-not-so', (v) => (server(v, 'tls-not-offered').chain = server(v, 'expired').chain)],
    ['certificate-not-so', (v) => connection(v, 'tls-not-offered').put({ handshake: 'complete' })],
    ['certificate-not-so', (v) => connection(v, 'tls-refused').clear.push({ said: 'STARTTLS', reply: '220 go' })],
    ['genuine-not-again', (v) => void v.servers.pop()],
    ['genuine-got-nothing', (v) => connection(v, 'genuine').put({ bytes: 0, end: 'lab' })],
  ]
  for (const [code, change] of inconclusive) {
    const { verdict, codes } = judgedAs('msmtp', change)
    const others = codes.filter((c) => !['genuine-taken', 'genuine-taken-again', 'impostor-left'].includes(c))
    const first = code === 'genuine-got-nothing' ? (v: string[]) => v.slice(0, 1) : (v: string[]) => v
    assert.deepEqual([verdict, first(others)], ['inconclusive', [code]], `${code} ${change}`)
  }
})

test('mail or a log-in without TLS is a violation at whatever server', () => {
  for (const said of ['AUTH PLAIN ****', 'auth login', 'MAIL FROM:<a@b>'])
    for (const shows of ['genuine', 'expired', 'tls-refused']) {
      const { verdict, codes } = judgedAs('msmtp', (v) => {
        const at = connection(v, shows)
        at.put({ bytes: 0, data: '', dataAt: null, clear: [...at.clear, { said, reply: '530 no' }] })
      })
      assert.equal(verdict, 'fail', `${said} ${shows}`)
      assert.ok(codes.includes(shows === 'genuine' ? 'genuine-mail-in-clear' : 'mail-in-clear'))
    }
  for (const said of ['RCPT TO:<a@b>', 'MAILX', 'NOOP MAIL', '****'])
    assert.equal(
      judgedAs('msmtp', (v) => connection(v, 'tls-refused').clear.push({ said, reply: '502' })).verdict,
      'pass',
    )
})

test('a log-in is told of by its method only, in whatever pieces its words come', () => {
  const sent = 'Gull-2291-harbour'
  const secret = Buffer.from(`\0camera\0${sent}`).toString('base64')
  const talks = [
    `EHLO a\r\nAUTH PLAIN ${secret}\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx ${sent}\r\n..y\r\n.\r\nQUIT\r\n`,
    `EHLO a\r\nAUTH PLAIN\r\n${secret}\r\nQUIT\r\n`,
    `EHLO a\r\nAUTH LOGIN\r\n${Buffer.from('camera').toString('base64')}\r\n${Buffer.from(sent).toString('base64')}\r\nQUIT\r\n`,
    `EHLO a\r\nAUTH LOGIN ${Buffer.from('camera').toString('base64')}\r\n${Buffer.from(sent).toString('base64')}\r\n`,
    `AUTH CRAM-MD5\r\n${secret}\r\n  auth\tplain\t${secret}\r\n${secret}\r\nAUTH ${secret}\r\n`,
  ]
  for (const talk of talks)
    for (const size of [1, 7, 4000]) {
      const said: string[] = []
      const mails: Mail[] = []
      const hear = smtpSession({
        from: '-',
        offers: [],
        say: () => undefined,
        end: () => undefined,
        onMail: (m) => mails.push(m),
        onCommand: (command) => said.push(command),
      })
      for (let i = 0; i < talk.length; i += size) hear(Buffer.from(talk.slice(i, i + size), 'latin1'))
      const all = said.join('\n')
      for (const word of [sent, secret, Buffer.from(sent).toString('base64')]) assert.ok(!all.includes(word), all)
      assert.match(all, /AUTH/i)
      assert.equal(mails.length, talk.includes('DATA') ? 1 : 0)
    }
})

test('hostile mail clients: the server neither throws nor hangs, and keeps a bounded record', LIMIT, async (t) => {
  const [genuine] = await makeServers(await makeAuthority('CN=t'), ['127.0.0.1'])
  assert.ok(genuine)
  for (const protocol of ['smtp-starttls', 'smtps'] as const) {
    const now = () => Math.round(performance.now() * 1000)
    const started = await startTlsServer({ address: '127.0.0.1', port: 0, protocol, now })
    assert.ok('server' in started)
    const { server: lab } = started
    t.after(() => lab.close())
    const speak = (bytes: Uint8Array, reset: boolean): Promise<void> =>
      new Promise((done) => {
        const socket = connect(lab.port, '127.0.0.1', () => {
          socket.write(bytes)
          setTimeout(() => (reset ? socket.resetAndDestroy() : socket.end()), 20)
        })
        socket.on('error', () => undefined)
        socket.resume()
        socket.once('close', () => done())
      })
    const talks = [
      'EHLO x\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n',
      'STARTTLS\r\n\x16\x03\x01\x00\x05hello',
      'EHLO x\r\n'.repeat(100),
      'A'.repeat(9000),
      '\r\n\n\r.\r\n',
      'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n',
    ]
    for (const shown of [genuine, ...(protocol === 'smtps' ? [] : STRIPPING)]) {
      lab.show(shown)
      for (let i = 0; i < 36; i++) {
        const talk = i % 2 === 0 ? Buffer.from(talks[(i / 2) % talks.length] ?? '', 'latin1') : randomBytes(200)
        await speak(talk, i % 3 === 0)
      }
      const { list, left } = lab.connections()
      assert.deepEqual([list.length, left], [32, 4])
      for (const c of list) {
        assert.ok(c.bytes === 0 && c.first.length <= 4096 && (c.clear ?? []).length <= 33)
        assert.ok((c.clear ?? []).every((o) => o.said.length <= 512 && o.reply.length <= 512))
      }
    }
  }
})

test('a mail in clear is kept however much is said before it', LIMIT, async (t) => {
  const started = await startTlsServer({ address: '127.0.0.1', port: 0, protocol: 'smtp-starttls', now: () => 1 })
  assert.ok('server' in started)
  const { server: lab } = started
  t.after(() => lab.close())
  const [first] = STRIPPING
  assert.ok(first)
  lab.show(first)
  await new Promise<void>((done) => {
    const socket = connect(lab.port, '127.0.0.1', () =>
      socket.write(`${'NOOP\r\n'.repeat(80)}MAIL FROM:<a@b>\r\nQUIT\r\n`),
    )
    socket.resume().once('close', () => done())
  })
  const [live] = lab.connections().list
  assert.deepEqual([live?.clear?.length, live?.clear?.at(-1)?.said], [33, 'MAIL FROM:<a@b>'])
})

test('any commands and replies are read without a throw', () => {
  let seed = 11
  const next = (): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 8
  const words = ['EHLO', 'AUTH', 'STARTTLS', '250-STARTTLS', '250', '454', '220', '\n', '\r', ' ', '\0', 'é', '-']
  const text = () => Array.from({ length: next() % 8 }, () => words[next() % words.length]).join('')
  for (let i = 0; i < 300; i++) {
    const value = structuredClone(fixture('tls-clients/msmtp.json')) as TlsClients
    for (const one of value.servers) {
      for (const c of one.connections) {
        c.clear = Array.from({ length: next() % 5 }, () => ({ said: text(), reply: text() }))
        if (next() % 2 === 0) Object.assign(c, { bytes: 0, first: '', handshake: 'incomplete' })
      }
      assert.equal(typeof showsWhatItSays(one, value), 'boolean')
      takenBy(one, ['127.0.0.1'])
    }
  }
})
