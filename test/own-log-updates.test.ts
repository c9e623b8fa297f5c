import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { probe } from '../lab/probes/update-refusal.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { validatorOf } from '../profiles/validator.ts'
import { messageText } from '../reports/locales/index.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { kind as httpAnonymous } from '../suites/observations/http-anonymous.ts'
import { kind, type UpdateRefusal } from '../suites/observations/update-refusal.ts'
import type { Statement } from '../suites/statement.ts'
import { criterion as installed } from '../suites/update-integrity/installation-logged.ts'
import { criterion as refused } from '../suites/update-integrity/refusal-logged.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { liveBench } from './support/live-bench.ts'

/** Updates on a camera that has only a log of its own, read over its interface. */
const SUBJECT = 'a/update/web-update'
const work = mkdtempSync(join(tmpdir(), 'camseal-own-log-'))
after(() => rmSync(work, { recursive: true, force: true }))
const validate = validatorOf(kind.schema)

interface Observed {
  statement: Statement
  value: UpdateRefusal
}

async function observe(n: number, weaknesses: string[]): Promise<Observed> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.4.${n}`, ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses,
    serial: `T-${n}`,
    syslog: null,
    lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
    bootSeconds: 0.2,
    factoryFresh: false,
    adminPassword: 'Owner-Pass-1x',
    users: [{ name: 'spare', password: 'Spare-Pass-1x', role: 'viewer', spare: true }],
  })
  try {
    await camera.writePackages(mkdtempSync(join(work, 'packages-')))
    const statement = camera.statement()
    statement.logging.channels = []
    statement.updates = statement.updates.map((u) => ({ ...u, bootSeconds: 1 })).slice(0, 1)
    assert.equal(statement.updates[0]?.id, 'web-update')
    const seen = await probe.run(liveBench(statement, { owner: 'Owner-Pass-1x', spare: 'Spare-Pass-1x' }), SUBJECT)
    assert.ok(seen.answered, JSON.stringify(seen))
    assert.ok(validate(seen.value), JSON.stringify(validate.errors?.slice(0, 3)))
    return { statement, value: seen.value }
  } finally {
    await camera.stop()
  }
}

type Parameters = { required: boolean; where?: 'server' | 'any' }
const ANY: Parameters = { required: true, where: 'any' }

function judged(criterion: typeof refused, { statement, value }: Observed, parameters = ANY) {
  const [judgement] = judgeBy(criterion, {
    statement,
    observations: [answered(kind, SUBJECT, value)],
    kinds: [kind, httpAnonymous],
    parameters,
  })
  for (const { message } of judgement?.findings ?? [])
    for (const language of ['en', 'vi'] as const)
      assert.doesNotMatch(messageText(language, message, criterion.id), /^[a-z.-]+$|\{[a-z-]+\}/, message.code)
  return [judgement?.verdict, codes(judgement).join()]
}

/** The same log read with other entries. */
function reading(like: Exchange | null | undefined, entries: string[]): Exchange {
  assert.ok(like)
  const body = JSON.stringify({ records: entries })
  const raw = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const answer = { raw: Buffer.from(raw).toString('base64'), length: raw.length, end: 'complete' as const }
  return { ...like, rounds: [{ elapsed: 1, answer }] }
}

describe('updates and the own log', { concurrency: true, timeout: 120_000 }, () => {
  test('a sound camera passes where the own log counts, fails where a server is asked for', async () => {
    const seen = await observe(31, [])
    for (const criterion of [refused, installed]) {
      assert.deepEqual(judged(criterion, seen), ['pass', 'recorded'])
      assert.deepEqual(judged(criterion, seen, { required: true }), ['fail', 'no-channel-declared'])
      assert.deepEqual(judged(criterion, seen, { required: false }), ['inconclusive', 'no-channel-declared'])
    }
    const { log } = seen.value
    assert.ok(log?.api)
    const { api } = log
    const withOwn = (own: Partial<typeof api>): Observed => ({
      ...seen,
      value: { ...seen.value, log: { ...log, api: { ...api, ...own } } },
    })
    const [old, in1, in2] = ['2026-11-21 boot', '2026-11-22 login ok', '2026-11-22 second login ok']
    const [no, yes] = ['2026-11-22 Firmware update refused: signature', '2026-11-22 Firmware update accepted 1.5.0']
    const told = (begin: string[], late: string[], before: string[], then: string[]): Observed =>
      withOwn({
        begin: reading(api.begin, begin),
        refused: reading(api.refused, late),
        before: reading(api.begin, before),
        installed: reading(api.begin, then),
      })
    const rows: [typeof refused, Observed, string, string][] = [
      [refused, told([old], [old, no], [old, no], [old, no, yes]), 'pass', 'recorded'],
      [refused, told([old], [old, in1], [old, in1], [old, in1, yes]), 'fail', 'not-recorded'],
      [refused, told([old], [old, in1], [old, in1, no], [old, in1, no]), 'inconclusive', 'not-told-apart?'],
      [refused, told([old], [old], [old], [old, yes]), 'inconclusive', 'event-log.log-unproven?'],
      [refused, told([old], [in1], [in1], [in1, yes]), 'inconclusive', 'event-log.log-shows-part?'],
      // The age of an old entry has changed: nothing new is told.
      [refused, told([`${no} 5 min ago`], [`${no} 7 min ago`], [old], [old]), 'inconclusive', 'not-told-apart?'],
      [refused, withOwn({ begin: null }), 'inconclusive', 'not-told-apart?'],
      [refused, withOwn({ begin: null, refused: null, installed: null }), 'inconclusive', 'event-log.log-not-read'],
      [installed, told([old], [old, no], [old, no], [old, no, yes]), 'pass', 'recorded'],
      [installed, told([old], [old, no], [old, no], [old, no, in1]), 'fail', 'not-recorded'],
      [installed, told([old], [old, no], [old, no], [in2]), 'inconclusive', 'event-log.log-shows-part?'],
      [
        installed,
        told([old], [old, yes], [old, yes], [old, yes, yes.replace('22', '23')]),
        'inconclusive',
        'not-told-apart?',
      ],
      [installed, withOwn({ installed: null }), 'inconclusive', 'event-log.log-not-read'],
    ]
    for (const [i, [criterion, value, verdict, because]] of rows.entries())
      assert.deepEqual(judged(criterion, value), [verdict, because], `row ${i}`)
    const none: Observed = {
      statement: { ...seen.statement, logging: { channels: [] } },
      value: { ...seen.value, log: null },
    }
    assert.deepEqual(judged(refused, none), ['fail', 'no-log-declared'])
    assert.deepEqual(judged(installed, none, { required: false, where: 'any' }), ['inconclusive', 'no-log-declared'])
  })

  test('what it does not record fails', async () => {
    const [silent, unlogged] = await Promise.all([
      observe(32, ['update-refusal-unlogged']),
      observe(33, ['update-unlogged']),
    ])
    assert.deepEqual(judged(refused, silent), ['fail', 'not-recorded'])
    assert.deepEqual(judged(installed, silent), ['pass', 'recorded'])
    assert.deepEqual(judged(refused, unlogged), ['pass', 'recorded'])
    assert.deepEqual(judged(installed, unlogged), ['fail', 'not-recorded'])
  })
})
