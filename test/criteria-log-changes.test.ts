import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { describe, test } from 'node:test'
import { read } from '../lab/actions.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { probe } from '../lab/probes/event-log.ts'
import { makeRedactor } from '../lab/redact.ts'
import { randomPassword } from '../lab/secrets.ts'
import { validatorOf } from '../profiles/validator.ts'
import { messageText } from '../reports/locales/index.ts'
import { speaksOfChange, speaksOfReading } from '../suites/facts/log-changes.ts'
import { utf8 } from '../suites/facts/log-words.ts'
import { offsetOf } from '../suites/facts/time-sync.ts'
import { criterion as exported } from '../suites/logging/log-export-recorded.ts'
import { criterion as logSettings } from '../suites/logging/log-settings-change-recorded.ts'
import { criterion as settings } from '../suites/logging/settings-change-recorded.ts'
import { criterion as clock } from '../suites/logging/time-change-recorded.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { kind, type EventLog } from '../suites/observations/event-log.ts'
import { APART, type ApartWhat, type LoggedApart } from '../suites/observations/log-apart.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { liveBench } from './support/live-bench.ts'

const SECRETS = { owner: 'Owner-Pass-1x', guard: 'Viewer-Pass-1x' }
const OF = { 'log-export': exported, clock, 'log-setting': logSettings } as const

interface Observed {
  statement: Statement
  value: EventLog
}

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

/** What the probe sees of a reference camera. */
async function observe(n: number, weaknesses: string[]): Promise<Observed> {
  const known = Object.entries(SECRETS).map(([name, value]) => ({ name, value }))
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.3.${n}`, ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses,
    serial: `T-${n}`,
    syslog: { address: '192.0.2.9', port: await freePort() },
    lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
    bootSeconds: 0.5,
    factoryFresh: false,
    adminPassword: SECRETS.owner,
    users: [{ name: 'guard', password: SECRETS.guard, role: 'viewer', spare: true }],
  })
  try {
    const statement = camera.statement()
    const bench = liveBench(statement, SECRETS, {
      redact: makeRedactor(() => known),
      freshSecret: (name) => {
        const value = randomPassword()
        known.push({ name, value })
        return Promise.resolve({ user: '', password: value, secret: name, published: false })
      },
    })
    const seen = await probe.run(bench, 'a')
    assert.ok(seen.answered, JSON.stringify(seen))
    const validate = validatorOf(kind.schema)
    assert.ok(validate(seen.value), JSON.stringify(validate.errors))
    const current = statement.logging.channels[0]?.current
    assert.ok(current && statement.actions.clock)
    assert.match((await read(bench, current)).text ?? '', /192\.0\.2\.9/)
    const offset = offsetOf(await read(bench, statement.actions.clock.current))
    assert.ok(offset && Math.abs(offset.least) < 2_000, 'the clock stands where it stood')
    return { statement, value: seen.value }
  } finally {
    await camera.stop()
  }
}
interface All {
  sound: Observed
  /** One that does not record the change. */
  weak: Record<ApartWhat, Observed>
}
let once: Promise<All> | null = null
const seen = (): Promise<All> =>
  (once ??= Promise.all([
    observe(31, []),
    observe(32, ['log-settings-unlogged']),
    observe(33, ['time-change-unlogged']),
    observe(34, ['log-export-unlogged']),
  ]).then(([sound, server, time, out]) => ({
    sound,
    weak: { 'log-setting': server, clock: time, 'log-export': out },
  })))

/** Verdict and codes; every message has its text in both languages. */
function judged(
  criterion: (typeof OF)[ApartWhat] | typeof settings,
  { statement, value }: Observed,
  more: Record<string, unknown> = {},
): string {
  const [judgement] = judgeBy(criterion, {
    statement,
    observations: [answered(kind, 'a', value)],
    kinds: [kind] as never,
    parameters: { required: false, ...more },
  })
  for (const f of judgement?.findings ?? [])
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, f.message, criterion.id), /^[a-z.-]+$|\{[a-z]+\}/, f.message.code)
  return [judgement?.verdict ?? 'none', ...new Set(codes(judgement))].join(' ')
}

const rawOf = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const textOf = (raw: string): string => Buffer.from(raw, 'base64').toString('latin1')

/** The answer of an exchange with other log entries. */
function withEntries(exchange: Exchange, change: (records: unknown[]) => unknown[]): Exchange {
  const made = structuredClone(exchange)
  const last = made.rounds.at(-1)
  assert.ok(last)
  const [head = '', body = ''] = textOf(last.answer.raw).split(/\r\n\r\n([^]*)/)
  const { records } = JSON.parse(body) as { records: unknown[] }
  const changed = JSON.stringify({ records: change(records) })
  last.answer.raw = rawOf(
    `${head.replace(/content-length: \d+/i, `Content-Length: ${changed.length}`)}\r\n\r\n${changed}`,
  )
  last.answer.length = last.answer.raw.length
  return made
}

describe('of a sound camera, and of three that do not record one of them', { timeout: 90_000 }, () => {
  /** The observation with one of its changes otherwise. */
  async function of(
    camera: 'sound' | 'weak',
    what: ApartWhat,
    change: (one: LoggedApart, all: Observed) => Partial<LoggedApart>,
    over: (all: Observed) => Partial<EventLog> = () => ({}),
  ): Promise<Observed> {
    const { sound, weak } = await seen()
    const all = structuredClone(camera === 'sound' ? sound : weak[what])
    assert.ok(all?.value.apart)
    const apart = all.value.apart.map((a) => (a.what === what ? { ...a, ...change(a, all) } : a))
    return { ...all, value: { ...all.value, apart, ...over(all) } }
  }
  const added = (one: LoggedApart, text: string, from?: string): LoggedApart['records'] => [
    ...one.records,
    {
      at: one.at + 1,
      from: from ?? { 'log-setting': '127.77.3.32', clock: '127.77.3.33', 'log-export': '127.77.3.34' }[one.what],
      channel: 'syslog',
      raw: rawOf(text),
    },
  ]

  test('what the probe saw decides, and other criteria are left alone', async () => {
    const { sound, weak } = await seen()
    assert.deepEqual(
      sound.value.apart?.map((a) => [a.what, a.control]),
      [
        ['log-export', null],
        ['clock', null],
        ['log-setting', null],
      ],
    )
    for (const what of APART) {
      assert.equal(judged(OF[what], sound), 'pass event-log.recorded', what)
      for (const one of APART)
        assert.equal(
          judged(OF[one], weak[what]),
          one === what ? 'fail event-log.not-recorded' : 'pass event-log.recorded',
          `${one} of the camera that is silent of ${what}`,
        )
    }
    for (const one of [sound, ...Object.values(weak)]) assert.equal(judged(settings, one), 'pass event-log.recorded')
    const clocks = sound.value.apart?.[1]
    assert.ok(clocks)
    const dates = clocks.records.map((r) => Date.parse(/ (\d{4}-\S+Z) /.exec(textOf(r.raw))?.[1] ?? ''))
    assert.ok(
      dates.some((d) => d - clocks.at / 1000 > 100_000),
      'dated by the other clock',
    )
  })

  test('either log is enough, and what is silent must have worked', async () => {
    for (const what of APART) {
      const criterion = OF[what]
      const own = await of('sound', what, () => ({ records: [] }))
      assert.equal(judged(criterion, own), 'pass event-log.recorded', `${what} own log`)
      const sent = await of('sound', what, ({ api }) => ({ api: api && { ...api, after: api.before } }))
      assert.equal(judged(criterion, sent), 'pass event-log.recorded', `${what} syslog`)
      const cases: [string, Observed][] = [
        [
          'event-log.not-shown',
          await of('weak', what, ({ before, control }) => ({
            after: before,
            ...(control && !before ? { exchange: control.login } : {}),
          })),
        ],
        ['event-log.not-shown', await of('weak', what, () => ({ confirmed: false }))],
        [
          'event-log.not-shown',
          await of('weak', what, ({ after, before, control }) => ({
            after: after && { ...after, text: null },
            ...(control && !before ? { exchange: control.login } : {}),
          })),
        ],
        ['event-log.too-many-records', await of('weak', what, () => ({ left: 2 }))],
        [
          'event-log.log-not-read',
          await of('weak', what, ({ control }) => ({ control: control && { ...control, later: null } })),
        ],
        [
          'event-log.log-unproven?',
          await of('weak', what, ({ api, control }) => ({
            control: control && { ...control, later: api?.before ?? null },
          })),
        ],
        [
          'event-log.not-caused',
          await of(
            'weak',
            what,
            () => ({}),
            () => ({ apart: [] }),
          ),
        ],
        [
          'event-log.not-all-received',
          await of(
            'weak',
            what,
            () => ({}),
            ({ value: { channels } }) => ({
              channels: channels.flatMap((c) => [c, { ...c, id: 'other', receiving: false }]),
            }),
          ),
        ],
      ]
      for (const [code, all] of cases) assert.equal(judged(criterion, all), `inconclusive ${code}`, what)
    }
    // The server that was taken away is shown to have worked before, the others afterwards.
    const deaf = await of('weak', 'clock', () => ({ records: [] }))
    assert.equal(judged(clock, deaf), 'inconclusive event-log.channel-unproven?')
    const never = await of(
      'weak',
      'log-setting',
      () => ({}),
      () => ({ records: [] }),
    )
    assert.equal(judged(logSettings, never), 'inconclusive event-log.channel-unproven?')
  })

  test('the late record of what was put back before is not one of the next change', async () => {
    const late = await of('weak', 'log-setting', (one, { value }) => ({
      records: [...one.records, ...(value.apart?.[1]?.records ?? []).map((r) => ({ ...r, at: one.at + 1 }))],
    }))
    assert.equal(judged(logSettings, late), 'inconclusive event-log.not-told-apart?')
  })

  test('without a log of its own: one datagram may be lost, a connection does not lose it', async () => {
    for (const what of ['clock', 'log-setting'] as const) {
      const all = await of('weak', what, ({ control }) => ({
        api: null,
        control: control && { ...control, later: null },
      }))
      delete all.statement.logging.api
      assert.equal(judged(OF[what], all), 'inconclusive event-log.may-be-lost?', what)
      for (const c of all.value.channels) c.protocol = 'syslog-tcp'
      assert.equal(judged(OF[what], all), 'fail event-log.not-recorded', what)
    }
  })

  test('records that may be those of the change keep it from being called missing, and from passing', async () => {
    const cases: [ApartWhat, string, string][] = [
      ['clock', '<13>1 - cam camera - - - Time changed', 'inconclusive event-log.names-nobody?'],
      ['clock', '<13>Nov 22 10:00:00 cam systemd[1]: Clock change detected', 'inconclusive event-log.names-nobody?'],
      ['clock', '<13>Nov 22 10:00:00 cam web: 0x4f31 done by unit', 'inconclusive event-log.unexplained?'],
      ['clock', '<13>Nov 22 10:00:00 cam last message repeated 3 times', 'inconclusive event-log.folded?'],
      ['clock', '<13>Nov 22 10:00:00 cam web: admin set the system time', 'pass event-log.recorded'],
      ['clock', '<13>Nov 22 cam init: ntpd restarted', 'inconclusive event-log.unexplained?'],
      ['log-setting', '<13>Nov 22 cam web: remote log server disabled by admin', 'pass event-log.recorded'],
      ['log-setting', '<13>Nov 22 cam web: configuration changed by admin (key 7)', 'pass event-log.recorded'],
      [
        'log-setting',
        '<13>Nov 22 cam httpd: 127.0.0.1 admin "PUT /api/settings/syslog" 200',
        'pass event-log.recorded',
      ],
      [
        'log-setting',
        '<13>Nov 22 cam httpd: 127.0.0.1 admin "GET /api/settings/syslog" 200',
        'fail event-log.not-recorded',
      ],
      ['clock', '<13>Nov 22 cam ntpd: time synchronized with 127.0.0.1', 'inconclusive event-log.unexplained?'],
      [
        'clock',
        '<13>Nov 22 cam web: User admin logged in, system time was set',
        'inconclusive event-log.not-told-apart?',
      ],
      [
        'log-setting',
        '<13>Nov 22 cam logd: connection to log server 127.0.0.1:514 closed',
        'inconclusive event-log.unexplained?',
      ],
      [
        'log-setting',
        '<13>Nov 22 cam web: Syslog server changed from 127.0.0.1 to 0.0.0.0',
        'inconclusive event-log.names-nobody?',
      ],
      [
        'log-setting',
        '<13>Nov 22 cam web: Syslog server changed from 127.0.0.1 to 0.0.0.0 by 127.0.0.1',
        'pass event-log.recorded',
      ],
      [
        'log-setting',
        '<13>Nov 22 cam web: log server not changed: refused for admin',
        'inconclusive event-log.unexplained?',
      ],
    ]
    for (const [what, text, wanted] of cases) {
      const all = await of('weak', what, (one) => ({ records: added(one, text) }))
      // A record of nothing else that the lab can read is odd; an access line is known from the log-ins before.
      if (text.includes('GET')) all.value.records.push({ ...all.value.records[0]!, raw: rawOf(text) })
      assert.equal(judged(OF[what], all), wanted, text)
    }
    const bare = await of('weak', 'clock', (one) => ({ records: added(one, '<13>1 - cam - - - Time changed') }))
    assert.equal(judged(clock, bare, { actor: false }), 'pass event-log.recorded-without-name')
    // A request of the export is a record of it, for it has no other effect.
    const read = '<13>Nov 22 cam httpd: 127.0.0.1 admin "GET /log/export.txt" 200'
    const access = await of('weak', 'log-export', (one) => ({ records: added(one, read) }))
    assert.equal(judged(exported, access), 'pass event-log.recorded')
    const other = await of('weak', 'clock', (one) => ({
      records: added(one, '<13>1 - cam - - - admin set the time', '127.77.3.99'),
    }))
    assert.equal(judged(clock, other), 'fail event-log.not-recorded', 'another sender')
    // The same words as for every other setting: it may be a late one of those.
    const words = '<13>Nov 22 10:00:00 cam web: configuration changed by admin'
    const late = await of('weak', 'log-setting', (one) => ({ records: added(one, words) }))
    late.value.records.push({ at: late.value.events[1]!.at, from: '127.77.3.32', channel: 'syslog', raw: rawOf(words) })
    assert.equal(judged(logSettings, late), 'inconclusive event-log.not-told-apart?')
    const mine = await of('weak', 'clock', ({ api, control }) => ({
      api: api && {
        ...api,
        after: withEntries(api.after, (r) => [...r, { time: 'x', event: 'clock set', user: 'admin' }]),
      },
      control,
    }))
    assert.equal(judged(clock, mine), 'pass event-log.recorded')
  })
})

test('what the statement does not declare is not known; what the text asks for and nobody declares fails', () => {
  const value: EventLog = {
    declared: false,
    channels: [],
    quiet: null,
    events: [],
    api: null,
    until: null,
    records: [],
    left: 0,
  }
  for (const what of APART) {
    const criterion = OF[what]
    const none = emptyStatement({ actions: {} })
    const claim = { notApplicable: [{ criterion: criterion.id, reason: 'keeps no log' }] }
    assert.equal(judged(criterion, { statement: none, value }), 'inconclusive event-log.no-log-declared')
    const claimed = emptyStatement({ actions: {}, ...claim })
    assert.match(judged(criterion, { statement: claimed, value }), /^not-applicable/)
    assert.equal(judged(criterion, { statement: claimed, value }, { required: true }), 'fail event-log.log-required')
    const channels = [{ id: 'udp', protocol: 'syslog-udp' as const, port: 514 }]
    const fixed = emptyStatement({ actions: {}, logging: { channels } })
    const code = {
      clock: 'no-clock-setting-declared',
      'log-setting': 'no-log-setting-declared',
      'log-export': 'no-log-export-declared',
    }[what]
    assert.equal(judged(criterion, { statement: fixed, value: { ...value, declared: true } }), `inconclusive ${code}`)
  }
})

test('what records speak of', () => {
  const rows: [ApartWhat | null, string][] = [
    ['clock', 'System clock was stepped by 150 s'],
    ['clock', '{"time":"2026-11-22T10:00:00Z","event":"time-changed","values":{"user":"admin"}}'],
    ['clock', 'admin modified device time'],
    ['clock', 'Configuration changed user="admin" setting="clock"'],
    ['clock', utf8('admin đã đổi thời gian hệ thống')],
    ['log-setting', 'Log settings changed user="admin" setting="syslog" value="off"'],
    ['log-setting', '{"time":"2026-11-22T10:00:00Z","event":"setting-changed","values":{"setting":"syslog"}}'],
    ['log-setting', 'Remote logging disabled by admin'],
    ['log-export', 'admin exported the event log'],
    ['log-export', '{"time":"2026-11-22T10:00:00Z","event":"log-exported","values":{"user":"admin"}}'],
    ['log-export', utf8('admin xuất nhật ký')],
    ['log-setting', utf8('admin đổi máy chủ nhật ký')],
    [null, 'Successful login user="admin" source="127.0.0.1" interface="https"'],
    [null, '{"time":"2026-11-22T10:00:00Z","event":"setting-changed","values":{"setting":"name","value":"x"}}'],
    [null, 'Configuration changed user="admin" setting="time-zone" value="UTC+7"'],
    [null, 'session timeout changed by admin'],
    [null, 'logd: lost connection to remote log server 192.0.2.1'],
    [null, 'Motion detection started at date 2026-11-22'],
    [null, 'User admin logged in from 192.0.2.1, start time 10:00:00'],
    [null, utf8('mất kết nối máy chủ nhật ký')],
    [null, 'user admin logged in, log-in number 3'],
  ]
  for (const [what, text] of rows)
    assert.deepEqual(
      APART.filter((one) => speaksOfChange(one, text)),
      what === null ? [] : [what],
      text,
    )
  assert.ok(speaksOfReading('"GET /config/log HTTP/1.1" 200') && !speaksOfReading('"PUT /config/log HTTP/1.1" 200'))
  const from = performance.now()
  for (const long of ['log set ', 'time ', 'clock setting log ', 'change', 'setting:" log'])
    for (const what of APART) assert.equal(typeof speaksOfChange(what, long.repeat(4_096 / long.length)), 'boolean')
  let state = 20_261_122
  const random = (below: number) => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below
  for (let i = 0; i < 2_000; i++) {
    const bytes = Buffer.from('Log settings changed: clock set, time="1"'.repeat(1 + random(8)), 'latin1')
    for (let k = random(8); k > 0; k--) bytes[random(bytes.length)] = random(256)
    for (const what of APART) speaksOfChange(what, bytes.toString('latin1'))
  }
  assert.ok(performance.now() - from < 5_000)
})
