import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { probe as eventLogProbe } from '../lab/probes/event-log.ts'
import { probe as logClearingProbe } from '../lab/probes/log-clearing.ts'
import { probe as rebootLogProbe } from '../lab/probes/reboot-log.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { makeRedactor } from '../lab/redact.ts'
import { randomPassword } from '../lab/secrets.ts'
import { validatorOf } from '../profiles/validator.ts'
import { messageText } from '../reports/locales/index.ts'
import type { Criterion } from '../suites/criterion.ts'
import { entriesIn, newEntries, readLog } from '../suites/facts/log-entries.ts'
import { DEEDS, holdsTime, speaksOf } from '../suites/facts/log-events.ts'
import { forgeryIn, hasForgedLine, hostileUser } from '../suites/facts/log-forgery.ts'
import { utf8 } from '../suites/facts/log-words.ts'
import { criterion as accounts } from '../suites/logging/account-change-recorded.ts'
import { criterion as injection } from '../suites/logging/injection-safe.ts'
import { criterion as kept } from '../suites/logging/kept-over-reboot.ts'
import { criterion as clearable } from '../suites/logging/log-not-clearable-by-viewer.ts'
import { criterion as secretsInLog } from '../suites/logging/no-secrets-in-log.ts'
import { criterion as reboots } from '../suites/logging/reboot-recorded.ts'
import { criterion as fields } from '../suites/logging/record-fields.ts'
import { criterion as settings } from '../suites/logging/settings-change-recorded.ts'
import { criterion as logins } from '../suites/logging/successful-login-recorded.ts'
import { kind as eventKind, type EventLog, type LogEvent } from '../suites/observations/event-log.ts'
import { kind as clearingKind, type LogClearing } from '../suites/observations/log-clearing.ts'
import { kind as rebootKind, type RebootLog } from '../suites/observations/reboot-log.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { liveBench } from './support/live-bench.ts'

const SECRETS = { owner: 'Owner-Pass-1x', guard: 'Viewer-Pass-1x' }
const ALL_FIELDS = { fields: ['time', 'source', 'actor', 'outcome'] }

interface Observed {
  statement: Statement
  event: EventLog
  reboot: RebootLog
  clearing: LogClearing
}

const answeredBy = (exchange: Exchange, body: string): Exchange => {
  const raw = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const answer = { raw: Buffer.from(raw).toString('base64'), length: raw.length, end: 'complete' as const }
  return {
    ...exchange,
    rounds: [
      { elapsed: 1, answer },
      { elapsed: 1, answer },
    ],
  }
}

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

/** What the three probes see of a reference camera, as a run would make them. */
async function observe(): Promise<Observed> {
  const known = Object.entries(SECRETS).map(([name, value]) => ({ name, value }))
  const camera = await startReferenceCamera({
    addresses: { ipv4: '127.77.3.21', ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses: [],
    serial: 'T-21',
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
    const run = async <T>(probe: { run(bench: never, subject: string): Promise<unknown> }): Promise<T> => {
      const seen = (await probe.run(bench as never, 'a')) as {
        answered: boolean
        value: T
        controls: { ok: boolean }[]
      }
      assert.ok(seen.answered, JSON.stringify(seen))
      assert.ok(seen.controls.every((c) => c.ok))
      return seen.value
    }
    const event = await run<EventLog>(eventLogProbe)
    const reboot = await run<RebootLog>(rebootLogProbe)
    const clearing = await run<LogClearing>(logClearingProbe)
    await sleep(200)
    assert.equal(bench.open(), 0)
    for (const [kind, value] of [
      [eventKind, event],
      [rebootKind, reboot],
      [clearingKind, clearing],
    ] as const) {
      const validate = validatorOf(kind.schema)
      assert.ok(validate(value), JSON.stringify(validate.errors))
    }
    const text = JSON.stringify([event, reboot, clearing])
    for (const { value } of known)
      for (const form of [value, Buffer.from(value).toString('base64').replace(/=+$/, '')])
        assert.ok(!text.includes(form), 'no secret in evidence')
    return { statement, event, reboot, clearing }
  } finally {
    await camera.stop()
  }
}
let once: Promise<Observed> | null = null
const seen = (): Promise<Observed> => (once ??= observe())
const copy = async (): Promise<Observed> => structuredClone(await seen())

/** Verdict and codes of one criterion; every message has its text in both languages. */
function judged<T, P>(
  criterion: Criterion<T, P>,
  { statement, event, reboot, clearing }: Observed,
  parameters: Record<string, unknown> = {},
): { verdict: string; codes: string[] } {
  const [judgement] = judgeBy(criterion, {
    statement,
    observations: [
      answered(eventKind, 'a', event),
      answered(rebootKind, 'a', reboot),
      answered(clearingKind, 'a', clearing),
    ],
    kinds: [eventKind, rebootKind, clearingKind] as never,
    parameters,
  })
  for (const f of judgement?.findings ?? [])
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, f.message, criterion.id), /^[a-z.-]+$|\{[a-z]+\}/, f.message.code)
  return { verdict: judgement?.verdict ?? 'none', codes: [...new Set(codes(judgement))].sort() }
}

const textOf = (raw: string): string => Buffer.from(raw, 'base64').toString('latin1')
const rawOf = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

/** The answer of an exchange with another body. */
function withBody(exchange: Exchange, change: (body: string) => string, type?: string): Exchange {
  const made = structuredClone(exchange)
  const last = made.rounds.at(-1)
  assert.ok(last)
  const [head = '', body = ''] = textOf(last.answer.raw).split(/\r\n\r\n([^]*)/)
  const changed = change(body)
  const headers = head
    .replace(/content-length: \d+/i, `Content-Length: ${changed.length}`)
    .replace(/content-type: [^\r]*/i, (own) => (type ? `Content-Type: ${type}` : own))
  last.answer.raw = rawOf(`${headers}\r\n\r\n${changed}`)
  last.answer.length = headers.length + changed.length + 4
  return made
}

const dropping = (pattern: RegExp) => (body: string) => {
  const { records } = JSON.parse(body) as { records: unknown[] }
  return JSON.stringify({ records: records.filter((r) => !pattern.test(JSON.stringify(r))) })
}

/** As if the device had written nothing of that kind, in any of its logs. */
function without<T extends EventLog | RebootLog>(value: T, pattern: RegExp): T {
  const records = value.records.filter((r) => !pattern.test(textOf(r.raw)))
  const { api } = value
  return { ...value, records, api: api && { ...api, after: withBody(api.after, dropping(pattern)) } }
}

const RECORDED = [
  [logins, /login-succeeded/i],
  [settings, /setting-changed/i],
  [accounts, /user-added/i],
  [accounts, /user-removed/i],
  [accounts, /password-changed/i],
] as const
const REQUIRED = { required: false }

describe('of a reference camera', { timeout: 120_000 }, () => {
  test('all that it does is recorded, and everything is put back', async () => {
    const all = await seen()
    assert.deepEqual(
      all.event.events.map((e) => e.what),
      ['accepted', 'setting', 'time', 'account-added', 'password-changed', 'injected', 'account-removed', 'accepted'],
    )
    for (const criterion of [logins, settings, accounts, reboots])
      assert.equal(judged(criterion as never, all, REQUIRED).verdict, 'pass', criterion.id)
    assert.deepEqual(judged(fields, all, ALL_FIELDS), { verdict: 'pass', codes: ['complete'] })
    for (const criterion of [secretsInLog, injection, clearable, kept])
      assert.equal(judged(criterion as never, all).verdict, 'pass', criterion.id)
    const settingsBack = readLog(all.reboot.api?.first as Exchange)?.entries.filter((e) =>
      e.includes('"setting":"name"'),
    )
    assert.equal(settingsBack?.length, 2)
    assert.match(settingsBack?.[1] ?? '', /"value":"camera"/)
  })

  test('an event that no log holds fails, one that either log holds passes', async () => {
    for (const [criterion, pattern] of RECORDED) {
      const all = await copy()
      const gone = without(all.event, pattern)
      assert.deepEqual(judged(criterion, { ...all, event: gone }, REQUIRED).verdict, 'fail', criterion.id)
      const own = { ...gone, api: all.event.api }
      assert.equal(judged(criterion, { ...all, event: own }, REQUIRED).verdict, 'pass', `${criterion.id} own log`)
      const sent = { ...gone, records: all.event.records }
      assert.equal(judged(criterion, { ...all, event: sent }, REQUIRED).verdict, 'pass', `${criterion.id} syslog`)
    }
    const all = await copy()
    const reboot = without(all.reboot, /"?reboot|"?started/i)
    assert.deepEqual(judged(reboots, { ...all, reboot }, REQUIRED), {
      verdict: 'fail',
      codes: ['event-log.not-recorded'],
    })
  })

  test('one datagram may be lost: over UDP alone, an account record that is missing beside another one decides nothing', async () => {
    const all = await copy()
    const overUdp = (pattern: RegExp | null): string => {
      const event = pattern ? without(all.event, pattern) : all.event
      const { verdict, codes } = judged(accounts, { ...all, event: { ...event, api: null } }, REQUIRED)
      return [verdict, ...codes.filter((c) => c !== 'event-log.recorded')].join(' ')
    }
    assert.equal(overUdp(null), 'pass')
    assert.equal(overUdp(/user-added/i), 'inconclusive event-log.may-be-lost?')
    assert.equal(overUdp(/user-removed/i), 'inconclusive event-log.may-be-lost?')
    assert.equal(overUdp(/user-(added|removed)/i), 'fail event-log.not-recorded')
  })

  test('nothing is missing while event, channel or record are unproven', async () => {
    const all = await copy()
    const gone = without(all.event, /setting-changed/i)
    const cases: [string, EventLog][] = [
      ['event-log.not-shown', { ...gone, events: gone.events.map((e) => ({ ...e, after: e.before })) }],
      ['event-log.too-many-records', { ...gone, left: 3 }],
      ['event-log.channel-unproven?', { ...gone, records: [] }],
      ['event-log.not-caused', { ...gone, events: gone.events.filter((e) => e.what === 'accepted') }],
      [
        'event-log.not-all-received',
        { ...gone, channels: [...gone.channels, { ...gone.channels[0]!, id: 'other', receiving: false }] },
      ],
      ['event-log.nothing-received', { ...gone, api: null, channels: [] }],
    ]
    const later = gone.events[2]?.at ?? 0
    const record = (text: string) => ({ at: later, from: '127.77.3.21', channel: 'syslog', raw: rawOf(text) })
    const plus = (...texts: string[]): EventLog => ({ ...gone, records: [...gone.records, ...texts.map(record)] })
    cases.push(
      ['event-log.unexplained?', plus('<13>Nov 21 21:26:21 cam web: 0x4f31 done by unit')],
      ['event-log.folded?', plus('<13>Nov 21 21:26:21 cam last message repeated 3 times')],
      ['event-log.not-told-apart?', plus('<13>Nov 21 21:26:21 cam web: configuration changed')],
    )
    for (const [code, event] of cases) {
      const got = judged(settings, { ...all, event }, REQUIRED)
      assert.equal(got.verdict, 'inconclusive', code)
      assert.ok(got.codes.includes(code), `${code}: ${got.codes.join()}`)
    }
    const own = { ...gone, api: gone.api && { ...gone.api, after: gone.api.before } }
    assert.deepEqual(judged(settings, { ...all, event: own }, REQUIRED).codes, ['event-log.log-unproven?'])
  })

  test('another setting, or a log-in, is no record of the event', async () => {
    const all = await copy()
    const name = without(all.event, /setting="?:?"?name|"setting":"name"/)
    assert.notEqual(judged(settings, { ...all, event: name }, REQUIRED).verdict, 'pass')
    const checked = without(all.event, /user-added/i)
    const word = checked.events.find((e) => e.what === 'account-added')?.word ?? ''
    const at = checked.until ?? 0
    const login = `<86>1 - cam camera - - - Successful login user="${word}" source="127.0.0.1"`
    checked.records.push({ at, from: '127.77.3.21', channel: 'syslog', raw: rawOf(login) })
    assert.deepEqual(judged(accounts, { ...all, event: checked }, REQUIRED).verdict, 'inconclusive')
  })

  test('a record without account and source counts only where no actor is asked for', async () => {
    const all = await copy()
    const gone = without(all.event, /login-succeeded/i)
    const [first] = gone.events
    const raw = rawOf('<86>Nov 21 21:26:21 cam web: log-in successful')
    gone.records.push({ at: (first?.at ?? 0) + 1000, from: '127.77.3.21', channel: 'syslog', raw })
    assert.deepEqual(judged(logins, { ...all, event: gone }, REQUIRED), {
      verdict: 'inconclusive',
      codes: ['event-log.names-nobody?'],
    })
    assert.equal(judged(logins, { ...all, event: gone }, { required: false, actor: false }).verdict, 'pass')
  })

  test('fields: what is asked for and missing fails, what is not asked for does not', async () => {
    const all = await copy()
    const event = {
      ...all.event,
      api: null,
      records: all.event.records.map((r) => ({ ...r, raw: rawOf(textOf(r.raw).replaceAll('127.0.0.1', 'unknown')) })),
    }
    assert.deepEqual(judged(fields, { ...all, event }, ALL_FIELDS), { verdict: 'fail', codes: ['missing-source'] })
    assert.equal(judged(fields, { ...all, event }, { fields: ['time', 'actor'] }).verdict, 'pass')
    const none = { ...all.event, api: null, records: [] }
    assert.deepEqual(judged(fields, { ...all, event: none }, ALL_FIELDS), {
      verdict: 'inconclusive',
      codes: ['no-record-to-look-at'],
    })
    assert.equal(judged(fields, all, { fields: [] }).verdict, 'inconclusive')
  })

  test('records of PAM, of which one names the user and another the address; a form that is shown again', async () => {
    const all = await copy()
    const event = all.event.events.find((e) => e.what === 'injected')
    assert.ok(event)
    const pam = (text: string, after = 1000) => ({
      at: event.at + after,
      from: '127.77.3.21',
      channel: 'syslog',
      raw: rawOf(`<85>1 2026-11-22T10:46:03+00:00 camera cockpit-session - - [meta sequenceId="7"] ${text}`),
    })
    const user = pam(`pam_faillock(cockpit:auth): User unknown: ${event.word}`)
    const failure = 'pam_unix(cockpit:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost='
    const only = { ...all.event, api: null, events: [...all.event.events.filter((e) => e.what === 'accepted'), event] }
    const of = (...records: EventLog['records']) =>
      judged(fields, { ...all, event: { ...only, records } }, { fields: ['time', 'source', 'actor'] })
    assert.deepEqual(of(user, pam(`${failure}127.0.0.1 `)).codes, ['complete'])
    assert.deepEqual(of(user, pam(`${failure}127.0.0.9 `)).codes, ['missing-source'])
    assert.deepEqual(of(user, pam(`${failure}127.0.0.1 `, 4_000_000)).codes, ['missing-source'])

    const asForm = (e: LogEvent): LogEvent => {
      const exchange = event.exchange
      return exchange && e.what !== 'setting'
        ? {
            ...e,
            exchange: { ...answeredBy(exchange, '<form>Log in'), request: { ...exchange.request, scheme: 'form' } },
          }
        : e
    }
    const again = { ...all.event, events: all.event.events.map(asForm) }
    assert.deepEqual(judged(logins, { ...all, event: again }, REQUIRED).codes, ['event-log.not-shown'])
  })

  test('secrets: a token in any log fails, that of a declared word is suspect, an empty log shows nothing', async () => {
    const all = await copy()
    const plus = (text: string): EventLog => ({
      ...all.event,
      records: [{ at: 1, from: '10.9.9.9', channel: 'syslog', raw: rawOf(text) }, ...all.event.records],
    })
    const of = (event: EventLog) => judged(secretsInLog, { ...all, event })
    assert.deepEqual(of(plus('<13>x user added, password={secret:added_ev')), {
      verdict: 'fail',
      codes: ['secret-recorded'],
    })
    assert.deepEqual(of(plus('<13>x {secret:guard}')), { verdict: 'inconclusive', codes: ['secret-recorded?'] })
    const { api } = all.event
    const own = { ...all.event, api: api && { ...api, after: withBody(api.after, (b) => `${b} {secret:forged_a}`) } }
    assert.equal(of(own).verdict, 'fail')
    assert.deepEqual(of({ ...all.event, records: [], api: null }), { verdict: 'inconclusive', codes: ['empty-log'] })
    assert.deepEqual(of({ ...all.event, events: all.event.events.filter((e) => e.what === 'accepted') }).codes, [
      'no-secret-used',
    ])
    assert.deepEqual(of(plus(`<13>${'x'.repeat(4092)}`)).verdict, 'inconclusive')
    assert.deepEqual(of({ ...all.event, left: 2 }).verdict, 'inconclusive')
  })

  test('a hostile name: forged records, kept line breaks, live markup', async () => {
    const all = await copy()
    const event = all.event.events.find((e) => e.what === 'injected')
    const forgery = forgeryIn(event?.value ?? '')
    assert.ok(event && forgery)
    const record = (text: string, from = '127.77.3.21') => ({
      at: event.at + 1000,
      from,
      channel: 'syslog',
      raw: rawOf(text),
    })
    const plus = (...records: EventLog['records']): Observed => ({
      ...all,
      event: { ...all.event, records: [...all.event.records, ...records] },
    })
    const { head, markup } = forgery
    assert.deepEqual(judged(injection, plus(record(`${head} ${markup}`))).codes, ['record-forged'])
    assert.deepEqual(judged(injection, plus(record(`<38>x failed for ${event.value}`))).codes, ['line-break-kept'])
    // What PHP's syslog() makes of such a name: a record for each line, each with a head of its own.
    const [line1, line2] = [
      `<36>Nov 22 10:45:55 jcweb[89]: login failed user=${event.word}#015`,
      `<36>Nov 22 10:45:55 jcweb[89]: ${head} ${markup} from 10.0.0.1`,
    ]
    assert.deepEqual(judged(injection, plus(record(line1), record(line2))).codes, ['record-split'])
    assert.equal(
      judged(injection, plus(record(`<36>jcweb[89]: user=${event.word}\\n${head} ${markup}`))).verdict,
      'pass',
    )
    assert.equal(judged(injection, plus(record(`${head} ${markup}`, '10.9.9.9'))).verdict, 'pass')
    assert.equal(judged(injection, plus(record(`<38>x failed for ${event.word}#015#012${head}`))).verdict, 'pass')
    const page = (type: string, body: string): Observed => {
      const { api } = all.event
      return { ...all, event: { ...all.event, api: api && { ...api, after: withBody(api.after, () => body, type) } } }
    }
    const line = `2026-11-21 10:00:00 failed for ${event.word}`
    assert.deepEqual(judged(injection, page('text/plain', `${line}\r\n${head} ${markup}`)).codes, ['line-forged'])
    assert.deepEqual(judged(injection, page('text/html', `${line} ${markup}`)).codes, ['markup-kept'])
    assert.equal(judged(injection, page('text/plain', `${line} ${markup}`)).verdict, 'pass')
    const silent = without(all.event, /login-failed/i)
    assert.deepEqual(judged(injection, { ...all, event: silent }).codes, ['name-not-recorded'])
    const untried = { ...all.event, events: all.event.events.filter((e) => e !== event) }
    assert.deepEqual(judged(injection, { ...all, event: untried }).codes, ['not-tried'])
  })

  test('clearing: what is left decides, and the administrator is the control', async () => {
    const all = await copy()
    const { tries } = all.clearing
    assert.ok(tries)
    const of = (over: Partial<typeof tries>, statement = all.statement) =>
      judged(clearable, { ...all, statement, clearing: { ...all.clearing, tries: { ...tries, ...over } } })
    assert.deepEqual(of({ between: tries.after }), { verdict: 'fail', codes: ['cleared-by-viewer'] })
    assert.deepEqual(of({ after: tries.between }).codes, ['administrator-did-not-clear'])
    assert.deepEqual(of({ login: tries.byViewer }).codes, ['viewer-not-shown'])
    assert.deepEqual(of({ nobody: tries.login }).codes, ['viewer-not-shown'], 'the form is shown again')
    assert.deepEqual(of({ before: withBody(tries.before, () => '{"records":[]}') }).codes, ['log-empty'])
    const half = withBody(tries.between, (b) => {
      const { records } = JSON.parse(b) as { records: unknown[] }
      return JSON.stringify({ records: records.slice(9) })
    })
    assert.deepEqual(of({ between: half }).codes, ['entries-lost?'])
    const rolled = withBody(tries.between, (b) => {
      const { records } = JSON.parse(b) as { records: unknown[] }
      return JSON.stringify({ records: records.slice(1) })
    })
    assert.equal(of({ between: rolled }).verdict, 'pass', 'a log of bounded length gives up its oldest')
    const undeclared = structuredClone(all.statement)
    delete undeclared.logging.api?.clear
    const unsent = { ...tries.byViewer, failure: { code: 'lab' as const, detail: 'step 2' } }
    assert.deepEqual(of({ byViewer: unsent }), { verdict: 'inconclusive', codes: ['viewer-not-tried'] })
    assert.deepEqual(of({}, undeclared), { verdict: 'inconclusive', codes: ['clearing-not-declared?'] })
    assert.deepEqual(of({ after: tries.between }, undeclared).codes, ['no-clearing-declared'])
    const claimed = { ...undeclared, notApplicable: [{ criterion: clearable.id, reason: 'none' }] }
    assert.equal(of({ after: tries.between }, claimed).verdict, 'not-applicable')
    assert.deepEqual(of({}, claimed), { verdict: 'fail', codes: ['clearing-not-declared'] })
  })

  test('over a reboot: what was gained before it must be there, and the reboot must be proven', async () => {
    const all = await copy()
    const { api } = all.reboot
    assert.ok(api)
    const before = readLog(api.before)?.entries ?? []
    const gained = newEntries(readLog(api.first)?.entries ?? [], before)
    assert.ok(gained.length >= 2)
    const of = (over: Partial<RebootLog>) => judged(kept, { ...all, reboot: { ...all.reboot, ...over } })
    const only = (keep: (entry: string) => boolean) =>
      withBody(api.after, (b) => {
        const { records } = JSON.parse(b) as { records: unknown[] }
        return JSON.stringify({ records: records.filter((r) => keep(JSON.stringify(r))) })
      })
    const lost = only((e) => !before.includes(e))
    assert.deepEqual(of({ api: { ...api, after: lost } }), { verdict: 'fail', codes: ['lost'] })
    assert.deepEqual(of({ api: { ...api, after: only((e) => e !== gained[0]) } }).codes, ['lost-in-part?'])
    assert.deepEqual(of({ api: { ...api, first: api.before } }).codes, ['nothing-gained'])
    const none = withBody(api.first, () => '{"records":[]}')
    assert.deepEqual(of({ api: { ...api, first: none, after: lost } }).codes, ['not-steady?'])
    assert.deepEqual(of({ closed: null, open: null }).codes, ['reboot-not-shown'])
    assert.deepEqual(of({ api: null }).codes, ['log-not-read'])
  })
})

test('no log declared: as the text asks, and a page that is called one is no proof of none', () => {
  const empty = { channels: [], quiet: null, events: [], api: null, until: null, records: [], left: 0 }
  const none = (over: Partial<Statement> = {}): Observed => ({
    statement: emptyStatement({ actions: {}, ...over }),
    event: { declared: false, ...empty },
    reboot: { declared: false, ...empty, closed: null, open: null },
    clearing: { declared: false, clear: false, tries: null },
  })
  for (const criterion of [logins, settings, accounts, reboots]) {
    const claim = { notApplicable: [{ criterion: criterion.id, reason: 'keeps no log' }] }
    const page = { service: 'web', target: '/cgi-bin/log.cgi', access: 'protected' as const, holds: 'file' as const }
    const of = (observed: Observed, required: boolean) => judged(criterion as never, observed, { required })
    assert.deepEqual(of(none(), false).verdict, 'inconclusive')
    assert.deepEqual(of(none(claim), false).verdict, 'not-applicable')
    assert.deepEqual(of(none(claim), true), { verdict: 'fail', codes: ['event-log.log-required'] })
    assert.deepEqual(of(none({ ...claim, resources: [page] }), false).codes, ['event-log.log-page-declared?'])
  }
})

test('what records speak of', () => {
  const rows: [(typeof DEEDS)[number] | null, string][] = [
    ['log-in', 'Nov 21 10:00:00 cam httpd[12]: user admin logged in from 10.0.0.2'],
    ['setting', '<134>Nov 21 cam: [Operation] admin set configuration of video'],
    ['setting', '{"event":"setting-changed","values":{"user":"admin","setting":"name"}}'],
    ['account-added', '{"event":"user-added","values":{"user":"admin","target":"x"}}'],
    ['account-added', 'admin created a new account "x"'],
    ['account-removed', 'User x was deleted by admin'],
    ['password-changed', 'passwd: password for x changed by root'],
    ['reboot', 'syslogd started: BusyBox v1.35'],
    ['reboot', 'System is going down for reboot NOW!'],
    ['log-in', utf8('Người dùng admin đăng nhập thành công')],
    ['setting', utf8('admin thay đổi cấu hình hình ảnh')],
    ['account-added', utf8('admin thêm tài khoản khach')],
    ['password-changed', utf8('Đổi mật khẩu của khach')],
    ['reboot', utf8('Khởi động lại thiết bị')],
    [null, 'motion in picture, area 2'],
    [null, 'kernel: eth0 link up'],
  ]
  for (const [deed, text] of rows)
    assert.deepEqual(
      DEEDS.filter((d) => speaksOf(d, text)),
      deed === null ? [] : [deed],
      text,
    )
  assert.ok(holdsTime('Nov 21 10:00:01 x') && holdsTime('{"t":1763712000}') && !holdsTime('Log of the camera, 2 pages'))
})

test('entries of a log: JSON, lines, tables; what surrounds them is none', () => {
  assert.deepEqual(entriesIn('{"total":2,"items":[{"a":"x"},{"a":"y"}],"links":["next"]}'), ['{"a":"x"}', '{"a":"y"}'])
  assert.deepEqual(entriesIn('{"log":["đ"]}'), [utf8('đ').replace(/[^\0-\xff]/g, '')])
  assert.deepEqual(entriesIn('["\\u0111"]'), [utf8('đ')])
  assert.deepEqual(entriesIn('Log\r\n2026-11-21 10:00 a\n\n2026-11-21 10:01 b\r\nend'), [
    '2026-11-21 10:00 a',
    '2026-11-21 10:01 b',
  ])
  assert.equal(entriesIn('<table><tr><td>10:00:01 a</td></tr><tr><td>10:00:02 b</td></tr></table>').length, 2)
  assert.deepEqual(entriesIn('{"broken":['), [])
  assert.deepEqual(newEntries(['a', 'b', 'a'], ['a', 'a', 'a', 'c']), ['a', 'c'])
})

test('fuzz: logs, records and names of any bytes are read without an error, in bounded time', () => {
  let state = 20_261_122
  const random = (below: number) => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below
  const seeds = [
    '{"records":[{"time":"2026-11-21T10:00:00Z","event":"user-added","values":{"user":"admin"}}]}',
    '<tr><td>2026-11-21 10:00:01</td><td>password of user x changed</td></tr>\r\n',
    hostileUser('csabc', 'csdef'),
    '[[[[[[[[[[[[{"a":[1,2,3]}]]]]]]]]]]]]',
  ]
  const from = performance.now()
  for (let i = 0; i < 3_000; i++) {
    const bytes = Buffer.from((seeds[random(seeds.length)] ?? '').repeat(1 + random(4)), 'latin1')
    for (let k = random(8); k > 0; k--) bytes[random(bytes.length)] = random(256)
    const text = bytes.subarray(0, random(bytes.length + 1)).toString('latin1')
    const entries = entriesIn(text)
    assert.deepEqual(entries, entriesIn(text))
    for (const e of entries) for (const d of DEEDS) assert.equal(typeof speaksOf(d, e), 'boolean')
    const forgery = forgeryIn(text)
    if (forgery) hasForgedLine(text, forgery.head)
  }
  for (const long of ['user '.repeat(13_000), 'add '.repeat(16_000), '[{'.repeat(30_000), '"\\'.repeat(30_000)]) {
    entriesIn(long)
    for (const d of DEEDS) speaksOf(d, long.slice(0, 4_096))
  }
  assert.ok(performance.now() - from < 10_000)
})
