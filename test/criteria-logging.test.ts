import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { validatorOf } from '../profiles/validator.ts'
import { canonical } from '../suites/canonical.ts'
import { probe } from '../lab/probes/failed-login-log.ts'
import { quietTime } from '../lab/services/log-channels.ts'
import { passwordVariable } from '../lab/cameras/declaration.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { messageText } from '../reports/locales/index.ts'
import type { Cite, JudgeContext } from '../suites/criterion.ts'
import { verdictOf } from '../suites/judge.ts'
import { criterion } from '../suites/logging/failed-login-recorded.ts'
import type { Answered } from '../suites/observation.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { kind, type FailedLoginLog } from '../suites/observations/failed-login-log.ts'
import type { RemoteAttempt } from '../suites/observations/remote-credentials.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { liveBench } from './support/live-bench.ts'

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const SUBJECT = 'a/login/web'
const validate = validatorOf(kind.schema)

type Parameters = { required: boolean; where?: 'server' | 'any'; actor?: boolean }

/** An observation of the same run. */
interface Beside {
  kind: string
  subject: string
  seen: { answered: boolean; value?: Pick<FailedLoginLog, 'channels' | 'quiet' | 'records'> }
  cite(at: string): Cite
}

function judge(
  value: FailedLoginLog,
  statement: Statement,
  parameters: Parameters = { required: true },
  subject = SUBJECT,
  others: Beside[] = [],
) {
  assert.ok(validate(value), JSON.stringify(validate.errors))
  canonical(value)
  const cite = (at: string): Cite => ({ kind: kind.id, subject, state: 'in-service', at })
  const context = {
    statement,
    parameters,
    subject,
    state: 'in-service',
    cite,
    others: (kind: { id: string }) => others.filter((o) => o.kind === kind.id),
    catalogue: () => null,
  } as unknown as JudgeContext<Parameters>
  const findings = criterion.judge(
    { answered: true, value, controls: [], artifacts: [] } satisfies Answered<FailedLoginLog>,
    context,
  )
  for (const f of findings) {
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, f.message, criterion.id), /^[a-z-]+$|\{/, f.message.code)
    for (const { at } of f.cites.filter((c) => c.subject === subject))
      assert.notEqual(pointed(value, at), undefined, at)
  }
  return { verdict: verdictOf(findings), codes: findings.map((f) => f.message.code).sort() }
}

const pointed = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((v, name) => (v as Record<string, unknown> | undefined)?.[name], value)

const web = (over: Partial<Statement> = {}): Statement =>
  emptyStatement({
    services: [{ id: 'http', transport: 'tcp', port: 80, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web', service: 'http', account: 'owner', target: '/' }],
    logging: { channels: [{ id: 'main', protocol: 'syslog-udp', port: 514 }] },
    ...over,
  })

/** Answers as nginx 1.22 gave them to curl (Basic, wrong and right password). */
const OK =
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\npage\n'
const UNAUTHORIZED =
  'HTTP/1.1 401 Unauthorized\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\nContent-Length: 4\r\nWWW-Authenticate: Basic realm="cam"\r\n\r\n401\n'
const LYING = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nNope\n'

const OLD = new Uint8Array()
const SECOND = 1_000_000
const exchange = (at: number, user: string, raw: string): Exchange => ({
  at,
  elapsed: 1000,
  connection: 0,
  sourceAddress: '127.0.0.1',
  request: {
    method: 'GET',
    target: '/',
    headers: [],
    bodyBytes: 0,
    credential: { user, secret: 's', published: false },
    scheme: 'basic',
  },
  rounds: [
    {
      elapsed: 1000,
      answer: { raw: Buffer.from(raw, 'latin1').toString('base64'), length: raw.length, end: 'complete' },
    },
  ],
  failure: null,
})

/** Quiet 0-3 s; right at 3 s, unknown user at 5 s, wrong password at 7 s, right at 9 s. */
function observation(
  records: [second: number, record: string, from?: string, channel?: string][],
  over: { refused?: string; marker?: string } = {},
): FailedLoginLog {
  const { refused = UNAUTHORIZED, marker = 'cs09' } = over
  const event = (
    id: string,
    what: FailedLoginLog['events'][number]['what'],
    second: number,
    user: string,
    raw: string,
  ) => ({
    id,
    what,
    at: second * SECOND,
    user,
    sourceAddress: '127.0.0.1',
    exchange: exchange(second * SECOND, user, raw),
  })
  return {
    declared: true,
    channels: [
      { id: 'main', protocol: 'syslog-udp', port: 514, receiving: true, before: null, enable: null, after: null },
    ],
    quiet: { from: 0, to: 3 * SECOND },
    events: [
      event('accepted-1', 'accepted', 3, 'admin', OK),
      event('unknown-user-1', 'unknown-user', 5, marker, refused),
      event('wrong-password-1', 'wrong-password', 7, 'admin', refused),
      event('accepted-2', 'accepted', 9, 'admin', OK),
    ],
    until: 20 * SECOND,
    records: records.map(([second, record, from = '127.0.0.1', channel = 'main']) => ({
      at: second * SECOND,
      from,
      channel,
      raw: Buffer.from(record, 'latin1').toString('base64'),
    })),
    left: 0,
  }
}

const fixtures = JSON.parse(
  readFileSync(new URL('./fixtures/failed-login-log/records.json', import.meta.url), 'utf8'),
) as { record: string }[]
/** A record as somebody's software really wrote it. */
const real = (...parts: string[]): string =>
  fixtures.find((f) => parts.every((p) => f.record.includes(p)))?.record ?? assert.fail(parts.join())
const NGINX_UNKNOWN = real('nginx', 'user "cs09" was not found')
const NGINX_MISMATCH = real('nginx', 'password mismatch')
const NGINX_401 = real('nginx', '- cs09', ' 401 ')
const NGINX_200 = real('nginx', '- admin', ' 200 ')
const SSHD_FAILED = real('vm sshd', 'Failed password for invalid user cs08nobody')
const SSHD_ROOT = real('Failed password for root from')
const DROPBEAR_NAMELESS = real('Login attempt for nonexistent user')
const RSYSLOG_FOLDED = real('vm sshd: message repeated 2 times')

test('records that name the random user pass, late ones and ones with a false clock too', () => {
  for (const unknown of [
    NGINX_UNKNOWN,
    NGINX_401,
    '<13>Jan  1 00:00:09 localhost web: login failed, user=cs09',
    '<13>x cs09',
  ])
    assert.deepEqual(
      judge(
        observation([
          [3.1, NGINX_200],
          [7.9, unknown],
          [8.1, NGINX_MISMATCH],
          [9.1, NGINX_200],
        ]),
        web(),
      ),
      { verdict: 'pass', codes: ['recorded-by-name'] },
      unknown,
    )
  const ssh = observation(
    [
      [5.5, SSHD_FAILED],
      [7.2, '<38>Nov 21 21:26:22 vm sshd[2]: Failed password for admin from 127.0.0.1 port 1 ssh2'],
    ],
    { marker: 'cs08nobody' },
  )
  assert.equal(judge(ssh, web()).verdict, 'pass')
  assert.equal(
    judge(
      observation([
        [5.2, NGINX_UNKNOWN, '10.9.9.9'],
        [7.1, NGINX_MISMATCH],
      ]),
      web(),
    ).verdict,
    'pass',
  )
})

test('an unknown user recorded and a wrong password not: inconclusive; folded ones count', () => {
  assert.deepEqual(
    judge(
      observation([
        [5.1, NGINX_UNKNOWN],
        [5.1, NGINX_401],
        [9.1, NGINX_200],
      ]),
      web(),
    ).codes,
    ['known-user-not-recorded', 'recorded-by-name'],
  )
  assert.equal(
    judge(
      observation([
        [5.1, NGINX_UNKNOWN],
        [8.5, '<13>Nov 21 21:26:21 vm last message repeated 2 times'],
      ]),
      web(),
    ).verdict,
    'pass',
  )
})

test('without the random name: account or source with a word of failure passes, unless such records came before', () => {
  const dropbear = "<84>Nov 21 21:27:09 dropbear[3310]: Bad password attempt for 'admin' from 127.0.0.1:52908"
  assert.deepEqual(
    judge(
      observation([
        [5.1, DROPBEAR_NAMELESS],
        [7.1, dropbear],
      ]),
      web(),
    ),
    { verdict: 'pass', codes: ['recorded-by-source'] },
  )
  assert.deepEqual(judge(observation([[5.1, SSHD_ROOT]]), web()), { verdict: 'pass', codes: ['recorded-by-source'] })
  for (const noisy of [1, 3.5])
    assert.deepEqual(
      judge(
        observation([
          [noisy, SSHD_ROOT],
          [5.1, SSHD_ROOT],
        ]),
        web(),
      ),
      { verdict: 'inconclusive', codes: ['not-told-apart'] },
    )
  assert.equal(judge(observation([[5.1, SSHD_ROOT, '10.9.9.9']]), web()).verdict, 'inconclusive')
  assert.deepEqual(
    judge(
      observation([
        [5.1, '<13>Nov 21 21:26:21 cam web: dang nhap that bai, 127.0.0.1'],
        [9.1, NGINX_200],
      ]),
      web(),
    ).codes,
    ['outcome-not-said'],
  )
})

test('beside a 401 of every challenge, a record that says in new words that the log-in failed passes', () => {
  // lighttpd 1.4.69, mod_auth digest and mod_accesslog, by busybox syslogd
  const access = (user: string) =>
    `<30>Nov 22 21:40:35 lighttpd[72]: ::ffff:127.0.0.1 user ${user} 401 GET /cgi-bin/status`
  const wrong =
    '<27>Nov 22 21:40:35 lighttpd[72]: (mod_auth.c.1534) digest: auth failed for admin: wrong password, IP: ::ffff:127.0.0.1'
  const of = (...records: [number, string][]) => judge(observation(records), web())
  assert.deepEqual(of([1, access('-')], [5.1, access('-')], [7.1, access('-')], [7.2, wrong]), {
    verdict: 'pass',
    codes: ['recorded-by-source'],
  })
  const open = { verdict: 'inconclusive', codes: ['not-told-apart'] }
  assert.deepEqual(of([1, access('-')], [5.1, access('-')], [7.1, access('-')]), open)
  assert.deepEqual(of([1, access('-')], [3.5, wrong], [7.1, access('-')], [7.2, wrong]), open, 'came before, too')
  const other = '<27>Nov 22 21:40:35 lighttpd[72]: connection with 127.0.0.1 refused: bad request'
  assert.deepEqual(of([1, access('-')], [7.1, access('-')], [7.2, other]), open, 'not of a log-in')
})

test('a record of failure that names nobody is inconclusive, and enough where no actor is asked for', () => {
  const nameless = observation([
    [5.1, DROPBEAR_NAMELESS],
    [9.1, NGINX_200],
  ])
  assert.deepEqual(judge(nameless, web()), { verdict: 'inconclusive', codes: ['names-nobody'] })
  assert.deepEqual(judge(nameless, web(), { required: true, actor: false }), {
    verdict: 'pass',
    codes: ['recorded-without-name'],
  })
  const noisy = observation([
    [1, DROPBEAR_NAMELESS],
    [5.1, DROPBEAR_NAMELESS],
  ])
  assert.equal(judge(noisy, web(), { required: true, actor: false }).verdict, 'inconclusive')
  assert.deepEqual(
    judge(
      observation([
        [5.1, RSYSLOG_FOLDED.replace(/\[.*/, '').replace('message', 'last message')],
        [9.1, NGINX_200],
      ]),
      web(),
    ).codes,
    ['folded'],
  )
})

test('nothing of the failure although later records came: fail', () => {
  const unlogged = observation([
    [3.1, NGINX_200],
    [9.1, NGINX_200],
  ])
  assert.deepEqual(judge(unlogged, web()), { verdict: 'fail', codes: ['not-recorded'] })
  const talk = '<38>Nov 21 21:26:24 cam web: connection from 127.0.0.1 port '
  const later = '<38>Nov 21 21:26:24 cam web: 127.0.0.1 changed the log server'
  assert.equal(
    judge(
      observation([
        [3.1, `${talk}4001`],
        [5.1, `${talk}4002`],
        [9.1, `${talk}4003`],
        [21, later],
      ]),
      web(),
    ).verdict,
    'fail',
  )
  assert.deepEqual(
    judge(
      observation(
        [
          [3.1, NGINX_200],
          [9.1, NGINX_200],
        ],
        { refused: LYING },
      ),
      web(),
    ).codes,
    ['not-recorded'],
  )
})

test('a missing record is no violation while event or channel are unproven', () => {
  const rows: [string, FailedLoginLog][] = [
    ['channel-silent', observation([])],
    ['channel-silent', observation([[9.1, NGINX_200, '10.9.9.9']])],
    ['channel-unproven', observation([[3.1, NGINX_200]])],
    [
      'failure-not-shown',
      observation(
        [
          [3.1, NGINX_200],
          [9.1, NGINX_200],
        ],
        { refused: OK },
      ),
    ],
    [
      'too-many-records',
      {
        ...observation([
          [3.1, NGINX_200],
          [9.1, NGINX_200],
        ]),
        left: 4,
      },
    ],
    [
      'nothing-received-with',
      { ...observation([]), channels: observation([]).channels.map((c) => ({ ...c, receiving: false })) },
    ],
    [
      'recorded-as-success',
      observation([
        [5.1, '<13>Nov 21 21:26:21 cam web: user cs09 logged in'],
        [9.1, NGINX_200],
      ]),
    ],
  ]
  const locked = observation([
    [3.1, NGINX_200],
    [9.1, NGINX_200],
  ])
  locked.events[3] = {
    ...locked.events[3],
    exchange: exchange(9 * SECOND, 'admin', UNAUTHORIZED),
  } as FailedLoginLog['events'][number]
  const second = observation([[9.1, NGINX_200]])
  second.channels.push({
    id: 'other',
    protocol: 'syslog-tcp',
    port: 514,
    receiving: true,
    before: null,
    enable: null,
    after: null,
  })
  for (const [code, value] of [...rows, ['failure-not-shown', locked], ['channel-unproven', second]] as const)
    assert.deepEqual(judge(value, web()), { verdict: 'inconclusive', codes: [code] }, code)
})

test('a silent channel that brought records before and after: nothing was recorded; on one side, over TCP or elsewhere: no verdict', () => {
  const beside = (
    kind: string,
    begin: number,
    change: (o: FailedLoginLog) => void = () => undefined,
    subject = kind === 'event-log' ? 'a' : 'a/login/film',
  ): Beside => {
    const value = observation([[begin + 3, NGINX_200]])
    value.quiet = { from: begin * SECOND, to: (begin + 3) * SECOND }
    change(value)
    return {
      ...{ kind, subject, seen: { answered: true, value } },
      cite: (at) => ({ kind, subject, state: 'in-service', at }),
    }
  }
  const of = (before: Beside[], after: Beside[], value = silent()) =>
    Object.values(judge(value, web(), { required: true }, SUBJECT, [...before, ...after])).flat()
  /** From 100 s on. */
  const silent = (change: (o: FailedLoginLog) => void = () => undefined): FailedLoginLog => {
    const value = observation([])
    value.quiet = { from: 100 * SECOND, to: 103 * SECOND }
    for (const event of value.events) {
      event.at += 100 * SECOND
      if (event.exchange) event.exchange.at += 100 * SECOND
    }
    value.until = 120 * SECOND
    change(value)
    return value
  }
  const [before, after] = [beside('failed-login-log', 50), beside('event-log', 150)]
  const here = ['inconclusive', 'channel-silent-here']
  const unheard = ['inconclusive', 'channel-silent']
  assert.deepEqual(of([before], [after]), ['fail', 'nothing-recorded'])
  assert.deepEqual(of([], []), unheard)
  assert.deepEqual(of([], [after]), here, 'it may have begun to work later')
  assert.deepEqual(of([before], []), here, 'it may have ended before')
  const during = beside('event-log', 104)
  assert.deepEqual(of([during], [during]), unheard)
  const shown = silent((o) => o.events.forEach((e) => (e.exchange = exchange(e.at, e.user, OK))))
  assert.deepEqual(of([before], [after], shown), ['inconclusive', 'failure-not-shown'])
  const tcp = (o: FailedLoginLog) => o.channels.forEach((c) => (c.protocol = 'syslog-tcp'))
  assert.deepEqual(of([beside('failed-login-log', 50, tcp)], [beside('event-log', 150, tcp)], silent(tcp)), here)
  const refused = silent((o) => o.channels.forEach((c) => (c.enable = exchange(99 * SECOND, 'admin', UNAUTHORIZED))))
  assert.deepEqual(of([before], [after], refused), here, 'the device was not pointed at the lab')
  const none: [string, (o: FailedLoginLog) => void][] = [
    ['another sender', (o) => o.records.forEach((r) => (r.from = '10.9.9.9'))],
    ['another channel', (o) => o.records.forEach((r) => (r.channel = 'other'))],
    ['another port', (o) => o.channels.forEach((c) => (c.port = 515))],
    ['another protocol', tcp],
    ['no receiver', (o) => o.channels.forEach((c) => (c.receiving = false))],
    ['slower than here', (o) => o.records.forEach((r) => (r.at += 10 * SECOND))],
    ['nothing', (o) => (o.records = [])],
    ['never watched', (o) => (o.quiet = null)],
  ]
  for (const [what, change] of none) {
    assert.deepEqual(of([before], [beside('event-log', 150, change)]), here, what)
    assert.deepEqual(of([beside('failed-login-log', 50, change)], [beside('event-log', 150, change)]), unheard, what)
  }
  assert.deepEqual(of([], [beside('event-log', 150, undefined, 'b')]), unheard, 'another unit')
  assert.deepEqual(of([], [beside('failed-login-log', 150, undefined, SUBJECT)]), unheard, 'itself')
  assert.deepEqual(of([], [{ ...after, seen: { answered: false } }]), unheard)
})

test('no channel declared: fail where the text asks for one, inconclusive else', () => {
  const none: FailedLoginLog = {
    declared: false,
    channels: [],
    quiet: null,
    events: [],
    until: null,
    records: [],
    left: 0,
  }
  assert.deepEqual(judge(none, web()), { verdict: 'fail', codes: ['no-channel-declared'] })
  assert.equal(judge(none, web(), { required: false }).verdict, 'inconclusive')
})

/** The same log-ins on a device whose own log is read; entries as JSON records: at the beginning, before the failures, at the end. */
function withOwnLog(
  value: FailedLoginLog,
  [first, before, after]: [string[], string[], string[]],
  over: { page?: boolean; end?: 'complete' | 'too-long' } = {},
): FailedLoginLog {
  const read = (second: number, entries: string[]): Exchange => {
    const body = JSON.stringify({ records: entries.map((message) => ({ message })) })
    const text = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const got = exchange(second * SECOND, 'admin', text)
    for (const round of got.rounds) round.answer.end = over.end ?? 'complete'
    return got
  }
  return { ...value, api: { first: read(2.9, first), before: read(4, before), after: read(19, after) } }
}
const OWN_LOG: Statement['logging'] = {
  channels: [],
  api: { read: { service: 'http', method: 'GET', target: '/log', account: 'owner' } },
}
const ANY = { required: true, where: 'any' } as const

test("the device's own log: counts where the text lets it, with the same proof", () => {
  const alone = (entries: [string[], string[], string[]], over = {}): FailedLoginLog => ({
    ...withOwnLog(observation([]), entries, over),
    channels: [],
  })
  const own = web({ logging: OWN_LOG })
  const [old, good] = ['2026-01-01 boot', '2026-11-22 login ok admin from 127.0.0.1']
  const again = '2026-11-22 login ok admin from 127.0.0.1, second time'
  const named = '2026-11-22 login failed, user cs09'
  const wrong = '2026-11-22 login failed, user admin from 127.0.0.1'
  const told = alone([[old], [old, good], [old, good, named, wrong, again]])
  assert.deepEqual(judge(told, own, ANY), { verdict: 'pass', codes: ['recorded-by-name'] })
  assert.deepEqual(judge(told, own), { verdict: 'fail', codes: ['no-channel-declared'] })
  assert.deepEqual(judge(told, own, { required: false }), { verdict: 'inconclusive', codes: ['no-channel-declared'] })
  const silent: [string[], string[], string[]] = [[old], [old, good], [old, good, again]]
  assert.deepEqual(judge(alone(silent), own, ANY), { verdict: 'fail', codes: ['not-recorded'] })
  // Of what a log tells already before any failure nothing follows.
  assert.deepEqual(judge(alone([[old], [old, wrong], [old, wrong, `${wrong} again`]]), own, ANY), {
    verdict: 'inconclusive',
    codes: ['not-told-apart'],
  })
  for (const [code, value] of [
    ['log-unproven', alone([[old], [old, good], [old, good]])],
    ['log-shows-part', alone([[old], [old, good], [again]])],
    ['log-not-read', alone(silent, { end: 'too-long' })],
    ['nothing-received-with', { ...observation([]), channels: [] }],
  ] satisfies [string, FailedLoginLog][])
    assert.deepEqual(
      judge(value, own, ANY),
      { verdict: 'inconclusive', codes: [code.startsWith('log') ? `event-log.${code}` : code] },
      code,
    )

  // Beside a log server: either holds it, and neither may be unproven where nothing is found.
  const both = web({ logging: { ...OWN_LOG, channels: web().logging.channels } })
  const heard: [number, string][] = [
    [3.1, NGINX_200],
    [9.1, NGINX_200],
  ]
  assert.deepEqual(
    judge(withOwnLog(observation(heard), [[old], [old, good], [old, good, named, wrong]]), both, ANY).verdict,
    'pass',
  )
  assert.deepEqual(
    judge(withOwnLog(observation(heard), [[old], [old, good], [old, good, named, wrong]]), both).verdict,
    'fail',
  )
  assert.deepEqual(
    judge(
      withOwnLog(
        observation([
          [5.1, NGINX_UNKNOWN],
          [7.1, NGINX_MISMATCH],
        ]),
        silent,
      ),
      both,
      ANY,
    ).verdict,
    'pass',
  )
  assert.deepEqual(judge(withOwnLog(observation(heard), silent), both, ANY), {
    verdict: 'fail',
    codes: ['not-recorded'],
  })
  assert.deepEqual(judge(withOwnLog(observation([]), silent), both, ANY).codes, ['channel-silent'])
  assert.deepEqual(
    judge({ ...observation([]), declared: false, channels: [] }, web({ logging: { channels: [] } }), ANY),
    {
      verdict: 'fail',
      codes: ['no-log-declared'],
    },
  )
})

/** A free port of each transport. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

async function observe(
  statement: Statement,
  secrets: Record<string, string>,
  login: string,
  parameters: Parameters = { required: true },
) {
  const bench = liveBench(statement, secrets)
  const subject = `a/login/${login}`
  const seen = await probe.run(bench, subject)
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.deepEqual(
    seen.controls.filter((c) => !c.ok),
    [],
  )
  const { verdict, codes } = judge(seen.value, statement, parameters, subject)
  await sleep(100)
  return { seen, verdict, codes, undone: bench.undone, open: bench.open() }
}

describe('observed', { concurrency: true, timeout: 120_000 }, () => {
  const skip = has('nginx') ? false : 'needs nginx'
  /** nginx with Basic authentication, a device that logs by itself: `log` is its configuration of logging. */
  async function nginx(log: (port: number) => string) {
    const directory = mkdtempSync(join(tmpdir(), 'camseal-nginx-'))
    const [port, logPort] = [await freePort(), await freePort()]
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((n) => `${n}_temp_path ${directory}/${n};`)
      .join(' ')
    const hash = spawnSync('openssl', ['passwd', '-apr1', 'right-Pass-1'], { encoding: 'utf8' }).stdout.trim()
    writeFileSync(join(directory, 'htpasswd'), `admin:${hash}\n`)
    writeFileSync(join(directory, 'page'), 'page\n')
    writeFileSync(
      join(directory, 'nginx.conf'),
      `daemon off; user root; pid ${directory}/pid; events {} http { ${paths}
      map $status $fine { ~^2 1; default 0; } ${log(logPort)}
      server { listen 127.0.0.1:${port}; auth_basic cam; auth_basic_user_file ${directory}/htpasswd; root ${directory}; location / { try_files /page =404; } } }`,
    )
    const child: ChildProcess = spawn(
      'nginx',
      ['-c', join(directory, 'nginx.conf'), '-p', directory, '-e', join(directory, 'errors')],
      { stdio: 'ignore' },
    )
    for (let i = 0; i < 100; i++) {
      const up = await new Promise<boolean>((done) =>
        httpRequest({ host: '127.0.0.1', port, path: '/' }, (r) => done(r.resume() !== undefined))
          .on('error', () => done(false))
          .end(),
      )
      if (up) break
      await sleep(50)
    }
    const statement = web({
      services: [{ id: 'http', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
      logging: { channels: [{ id: 'main', protocol: 'syslog-udp', port: logPort }] },
    })
    const stop = async () => {
      const ended = new Promise((exit) => child.once('exit', exit))
      child.kill()
      await ended
      rmSync(directory, { recursive: true, force: true })
    }
    return { statement, stop }
  }
  const cases: [string, (port: number) => string, string, string][] = [
    [
      'logs everything',
      (p) =>
        `error_log syslog:server=127.0.0.1:${p},tag=nginx info; access_log syslog:server=127.0.0.1:${p},tag=nginx combined;`,
      'pass',
      'recorded-by-name',
    ],
    [
      'logs what succeeds only',
      (p) => `error_log /dev/null; access_log syslog:server=127.0.0.1:${p},tag=nginx combined if=$fine;`,
      'fail',
      'not-recorded',
    ],
    ['logs nothing', () => 'error_log /dev/null; access_log off;', 'inconclusive', 'channel-silent'],
  ]
  for (const [name, log, verdict, code] of cases)
    test(`nginx that ${name}: ${verdict}`, { skip }, async () => {
      const device = await nginx(log)
      try {
        const got = await observe(device.statement, { owner: 'right-Pass-1' }, 'web')
        assert.deepEqual([got.verdict, got.codes], [verdict, [code]])
        assert.deepEqual(
          got.seen.value.events.map((e) => e.what),
          ['accepted', 'unknown-user', 'wrong-password', 'accepted'],
        )
        assert.equal(got.open, 0)
      } finally {
        await device.stop()
      }
    })

  test('a device whose setting is read, changed and put back; the record of putting it back is received', async () => {
    let target = '192.0.2.9:5514'
    const settings: string[] = []
    const socket = createSocket('udp4')
    const say = (text: string) => {
      const [host = '', port = ''] = target.split(':')
      if (host === '127.0.0.1') socket.send(`<38>Jan  1 00:00:01 cam web: ${text}`, Number(port), host)
    }
    const server = createHttpServer((request, response) => {
      const [user, password] = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64')
        .toString()
        .split(':')
      const url = new URL(request.url ?? '/', 'http://x')
      const known = user === 'admin' && password === 'right-Pass-1'
      if (request.headers.authorization)
        setTimeout(() => say(known ? `login ok ${user}` : `login failed for ${user} from 127.0.0.1`), 1200)
      if (!known) return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="c"' }).end('no')
      if (url.pathname === '/set') {
        settings.push(url.searchParams.get('to') ?? '')
        say('settings changed')
        target = url.searchParams.get('to') ?? ''
      }
      response.end(url.pathname === '/set' ? 'done' : `syslog=${target};`)
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const logPort = await freePort()
    const action = {
      service: 'http',
      method: 'GET' as const,
      target: '/set?to={{lab-address}}:{{lab-port}}',
      account: 'owner',
      done: 'done',
    }
    const statement = web({
      services: [
        {
          id: 'http',
          transport: 'tcp',
          port: (server.address() as AddressInfo).port,
          protocol: 'http',
          families: ['ipv4'],
          purpose: 'web',
        },
      ],
      bruteForce: [{ login: 'web', protection: 'lock', failures: 3, lockSeconds: 60, windowSeconds: 60 }],
      logging: {
        channels: [
          {
            id: 'main',
            protocol: 'syslog-udp',
            port: logPort,
            enable: action,
            current: { service: 'http', target: '/', account: 'owner', pattern: 'syslog=([^;]*);' },
          },
        ],
      },
    })
    try {
      const { seen, verdict, undone } = await observe(statement, { owner: 'right-Pass-1' }, 'web')
      assert.equal(verdict, 'pass')
      assert.deepEqual(settings, [`127.0.0.1:${logPort}`, '192.0.2.9:5514'])
      assert.deepEqual(
        seen.value.channels.map((c) => [c.before, c.after]),
        [['192.0.2.9:5514', `127.0.0.1:${logPort}`]],
      )
      assert.equal(
        seen.value.events.filter((e) => e.what !== 'accepted').length,
        1,
        'a lock at three leaves room for one failure',
      )
      assert.ok(seen.value.records.some((r) => Buffer.from(r.raw, 'base64').includes('settings changed')))
      assert.equal(undone.length, 1)
    } finally {
      server.close()
      socket.close()
    }
  })

  for (const [weaknesses, verdict] of [
    [[], 'pass'],
    [['failed-login-unlogged'], 'fail'],
    [['syslog-silent'], 'inconclusive'],
  ] as const)
    test(`the reference camera ${weaknesses.join() || 'as it should be'}: ${verdict}`, async () => {
      const lab = '127.0.0.1'
      const logPort = await freePort()
      const camera = await startReferenceCamera({
        addresses: { ipv4: '127.77.3.9', ipv6: null },
        ports: { https: 0, rtsp: 0 },
        weaknesses: [...weaknesses],
        serial: 'T-1',
        syslog: { address: '192.0.2.9', port: logPort },
        lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
        bootSeconds: 1,
        factoryFresh: false,
        adminPassword: 'Owner-Pass-1x',
        users: [{ name: 'guard', password: 'Guard-Pass-1x', role: 'viewer', spare: true }],
      })
      try {
        const statement = camera.statement()
        assert.equal(passwordVariable('admin'), 'CAMSEAL_ADMIN_PASSWORD')
        for (const login of ['web-owner', 'stream-owner']) {
          const got = await observe(statement, { owner: 'Owner-Pass-1x', guard: 'Guard-Pass-1x' }, login)
          assert.equal(got.verdict, verdict, `${login} from ${lab}: ${got.codes.join()}`)
        }
      } finally {
        await camera.stop()
      }
    })

  for (const [weaknesses, verdict] of [
    [[], 'pass'],
    [['failed-login-unlogged'], 'fail'],
  ] as const)
    test(`the reference camera with a log of its own only, ${weaknesses.join() || 'as it should be'}: ${verdict}`, async () => {
      const camera = await startReferenceCamera({
        addresses: { ipv4: '127.77.3.10', ipv6: null },
        ports: { https: 0, rtsp: 0 },
        weaknesses: [...weaknesses],
        serial: 'T-2',
        syslog: null,
        lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
        bootSeconds: 1,
        factoryFresh: false,
        adminPassword: 'Owner-Pass-1x',
        users: [{ name: 'guard', password: 'Guard-Pass-1x', role: 'viewer', spare: true }],
      })
      try {
        const statement = camera.statement()
        statement.logging.channels = []
        const secrets = { owner: 'Owner-Pass-1x', guard: 'Guard-Pass-1x' }
        const got = await observe(statement, secrets, 'web-owner', { required: true, where: 'any' })
        assert.equal(got.verdict, verdict, got.codes.join())
        assert.ok(got.seen.value.api && got.seen.value.channels.length === 0)
      } finally {
        await camera.stop()
      }
    })

  test('a log-in over SSH: what OpenSSH recorded of it, and nothing', () => {
    const tried = JSON.parse(
      readFileSync(new URL('./fixtures/remote-credentials/openssh.json', import.meta.url), 'utf8'),
    ) as Record<'knownGood' | 'knownBad', RemoteAttempt>
    const overSsh = (value: FailedLoginLog, good = tried.knownGood): FailedLoginLog => ({
      ...value,
      events: value.events.map((e) => ({
        ...e,
        exchange: null,
        remote: { protocol: 'ssh', attempt: e.what === 'accepted' ? good : tried.knownBad },
      })),
    })
    const alive: [number, string] = [11, '<13>1 - camera camera - - - exposure adjusted']
    const told: [number, string] = [5.5, '<86>1 - camera sshd 71 - - Invalid user cs09 from 127.0.0.1 port 50212']
    assert.deepEqual(judge(overSsh(observation([told, alive])), web()).codes, [
      'known-user-not-recorded',
      'recorded-by-name',
    ])
    const silent = observation([alive])
    assert.deepEqual(judge(overSsh(silent), web()), { verdict: 'fail', codes: ['not-recorded'] })
    // Without a right log-in that was let in, nobody knows that the wrong one was refused for its password.
    assert.deepEqual(judge(overSsh(silent, tried.knownBad), web()).codes, ['failure-not-shown'])
  })

  test('what a device had kept for its log server is let through before the quiet time', async () => {
    const began = Date.now()
    const kept = Array.from({ length: 300 }, (_, i) => ({ at: (began + i) * 1000, from: '', channel: '', bytes: OLD }))
    const bench = liveBench(web(), {})
    const quiet = await quietTime(
      bench,
      { since: (at) => kept.filter((r) => r.at >= at && r.at <= bench.now()) },
      200,
      { code: 'x', values: {} },
    )
    assert.ok(quiet.from >= (began + 280) * 1000 && quiet.to - quiet.from >= 190_000)
  })

  test('no channel declared: answered without touching the device', async () => {
    const seen = await probe.run(liveBench(web({ logging: { channels: [] } }), {}), SUBJECT)
    assert.ok(seen.answered && !seen.value.declared && seen.value.events.length === 0)
  })

  test("a receiver that cannot be opened, and a protocol without a client, are the lab's", async () => {
    const taken = createSocket('udp4')
    await new Promise<void>((bound) => taken.bind(0, '127.0.0.1', bound))
    const statement = web({
      logging: { channels: [{ id: 'main', protocol: 'syslog-udp', port: taken.address().port }] },
    })
    const seen = await probe.run(liveBench(statement, { owner: 'x' }), SUBJECT)
    taken.close()
    assert.ok(!seen.answered && seen.cause === 'lab' && seen.why.code === 'failed-login-log.no-receiver')
    const unknown = web({
      services: [{ id: 'http', transport: 'tcp', port: 23, protocol: 'other', families: ['ipv4'], purpose: 'x' }],
    })
    const other = await probe.run(liveBench(unknown, { owner: 'x' }), SUBJECT)
    assert.ok(!other.answered && other.cause === 'lab' && other.why.code === 'failed-login-log.no-client')
    for (const { code, values } of [seen.why, other.why])
      assert.doesNotMatch(messageText('vi', { code, values }), /no-receiver|no-client/)
  })
})
