import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { describe, test } from 'node:test'
import { probe } from '../lab/probes/log-clearing.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { validatorOf } from '../profiles/validator.ts'
import { messageText } from '../reports/locales/index.ts'
import { entriesIn } from '../suites/facts/log-entries.ts'
import { speaksOf } from '../suites/facts/log-events.ts'
import { utf8 } from '../suites/facts/log-words.ts'
import { criterion } from '../suites/logging/clearing-recorded.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { kind, type LogClearing } from '../suites/observations/log-clearing.ts'
import type { Statement } from '../suites/statement.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { liveBench } from './support/live-bench.ts'

const validate = validatorOf(kind.schema)
const SECRETS = { owner: 'Owner-Pass-1x', guard: 'Viewer-Pass-1x' }

interface Observed {
  statement: Statement
  value: LogClearing
}
type Tries = NonNullable<LogClearing['tries']>
type Told = NonNullable<Tries['told']>

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

async function observe(n: number, weaknesses: string[]): Promise<Observed> {
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
    const bench = liveBench(statement, SECRETS)
    const seen = await probe.run(bench, 'a')
    assert.ok(seen.answered && validate(seen.value), JSON.stringify([seen, validate.errors]))
    assert.ok(bench.undone.length > 0, 'the log setting was put back')
    return { statement, value: seen.value }
  } finally {
    await camera.stop()
  }
}

function judged({ statement, value }: Observed) {
  const [judgement] = judgeBy(criterion, {
    statement,
    observations: [answered(kind, 'a', value)],
    kinds: [kind],
  })
  for (const { message } of judgement?.findings ?? [])
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, message, criterion.id), /^[a-z.-]+$|\{[a-z-]+\}/, message.code)
  return [judgement?.verdict, codes(judgement).join()]
}

function reading(like: Exchange, entries: string[]): Exchange {
  const body = JSON.stringify({ records: entries })
  const raw = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const answer = { raw: Buffer.from(raw).toString('base64'), length: raw.length, end: 'complete' as const }
  return { ...like, rounds: [{ elapsed: 1, answer }] }
}

describe('emptying the log', { concurrency: true, timeout: 60_000 }, () => {
  test('a sound camera records it, at once; nothing is missing while a log is unproven', async () => {
    const seen = await observe(41, [])
    assert.deepEqual(judged(seen), ['pass', 'recorded'])
    const { tries } = seen.value
    assert.ok(tries?.told && tries.told.control === null, 'no further log-in was needed')
    const { told } = tries
    const of = (over: Partial<Tries>, more: Partial<Told> = {}): unknown[] =>
      judged({ ...seen, value: { ...seen.value, tries: { ...tries, ...over, told: { ...told, ...more } } } })
    const [login, cleared] = ['2026-11-22 login ok guard', '2026-11-22 Log cleared by admin']
    const none = { after: reading(tries.after, []) }
    const control = (entries: string[]) => ({ login: tries.login, later: reading(tries.after, entries) })
    const record = (text: string, at = told.clearedAt + 1): Told['records'][number] => ({
      at,
      from: '127.77.3.41',
      channel: 'syslog',
      raw: Buffer.from(text).toString('base64'),
    })
    const alive = record('<14>1 - cam web - - - login ok guard')
    const between = reading(tries.between, ['2026-11-21 login ok guard', '2026-11-21 boot'])
    const silent = { ...none, between }
    const rows: [unknown[], string, string][] = [
      [of({ after: reading(tries.after, [cleared]) }, { records: [] }), 'pass', 'recorded'],
      [of(none, { records: [record('<14>1 - cam web - - - Event log erased by admin')] }), 'pass', 'recorded'],
      [of(none, { records: [], control: control([login, cleared]) }), 'pass', 'recorded'],
      [of(silent, { records: [alive], control: control([login]) }), 'fail', 'not-recorded'],
      [of(silent, { records: [], control: control([login]) }), 'inconclusive', 'event-log.channel-unproven?'],
      [of(silent, { records: [alive], control: control([]) }), 'inconclusive', 'event-log.log-unproven?'],
      [of(silent, { records: [alive], control: null }), 'inconclusive', 'log-not-read'],
      [
        of(silent, { records: [alive], left: 2, control: control([login]) }),
        'inconclusive',
        'event-log.too-many-records',
      ],
      // Who writes what nobody here can read may have written it.
      [
        of(silent, { records: [alive], control: control([login, '2026-11-22 maintenance 17']) }),
        'inconclusive',
        'unexplained?',
      ],
      // Records of others, and those from before, prove nothing.
      [
        of(silent, { records: [{ ...alive, from: '10.9.9.9' }], control: control([login]) }),
        'inconclusive',
        'event-log.channel-unproven?',
      ],
      [of({ after: tries.between }, { records: [] }), 'inconclusive', 'not-emptied'],
      [of({ between: reading(tries.between, []) }), 'inconclusive', 'log-empty'],
    ]
    for (const [i, [got, verdict, because]] of rows.entries()) assert.deepEqual(got, [verdict, because], `row ${i}`)
    const { told: _, ...before } = tries
    assert.deepEqual(judged({ ...seen, value: { ...seen.value, tries: before } }), ['inconclusive', 'not-tried'])
    const undeclared = structuredClone(seen)
    delete undeclared.statement.logging.api?.clear
    assert.deepEqual(judged(undeclared), ['inconclusive', 'no-clearing-declared'])
  })

  test('one that does not is found, by a log-in that left its record', async () => {
    const seen = await observe(42, ['log-clearing-unlogged'])
    assert.deepEqual(judged(seen), ['fail', 'not-recorded'])
    assert.ok(seen.value.tries?.told?.control)
  })
})

test('words for an emptied log, and others', () => {
  for (const text of [
    'Log cleared by admin',
    '{"event":"log-cleared","values":{"user":"admin"}}',
    'user admin deleted the event log',
    'syslog purged',
    'DELETE /api/log by admin',
    utf8('admin đã xóa nhật ký'),
    utf8('管理员清空日志'),
  ])
    assert.ok(speaksOf('log-cleared', text), text)
  for (const text of [
    'login cleared lock of admin',
    'admin removed user x, log in as admin',
    'user deleted, logout',
    'log in failed; counter reset',
    'picture deleted by admin',
    'log=3 files deleted',
  ])
    assert.ok(!speaksOf('log-cleared', text), text)
  let seed = 7
  for (let i = 0; i < 300; i++) {
    const bytes = Array.from({ length: 300 }, () => (seed = (seed * 48271) % 2147483647) % 256)
    const text = Buffer.from(bytes).toString('latin1')
    for (const entry of [...entriesIn(text), text, text.replace(/./g, 'log ')]) speaksOf('log-cleared', entry)
  }
})
