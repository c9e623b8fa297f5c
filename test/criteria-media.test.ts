import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { probe } from '../lab/probes/rtsp-anonymous.ts'
import { criterion } from '../suites/encryption/media-encrypted.ts'
import type { Answered } from '../suites/observation.ts'
import { kind, type RtspAnonymous } from '../suites/observations/rtsp-anonymous.ts'
import { kind as services } from '../suites/observations/services.ts'
import type { Statement } from '../suites/statement.ts'
import { catalogueData, misfits } from './support/authentication.ts'
import { testBench } from './support/bench.ts'
import { answered, codes, judgeBy } from './support/judging.ts'

type Clear = 'noted' | 'beside' | 'refused'
interface Taken {
  statement: Statement
  subject: string
  seen: Answered<RtspAnonymous>
}

/** What a camera's streams are seen to be, over one endpoint and more. */
function judged(taken: Taken, clear: Clear, more: { subject: string; value: RtspAnonymous }[] = []) {
  assert.deepEqual(misfits(kind, taken.seen), [])
  const observations = [{ subject: taken.subject, value: taken.seen.value }, ...more].map((o) =>
    answered(kind, o.subject, o.value),
  )
  const { statement } = taken
  const judgement = judgeBy(criterion, { statement, observations, kinds: [], parameters: { clear } }).find(
    (j) => j.subject === taken.subject,
  )
  return `${judgement?.verdict} ${[...new Set(codes(judgement))].join()}`
}

const changed = (taken: Taken, change: (v: RtspAnonymous) => void): Taken => {
  const copy = structuredClone(taken)
  change(copy.seen.value)
  return copy
}
const recorded = (name: string): Taken =>
  JSON.parse(readFileSync(new URL(`./fixtures/rtsp-anonymous/${name}.json`, import.meta.url), 'utf8')) as Taken

/** The media of every genuine visit as other words of the device. */
const answering = (taken: Taken, part: 'describe' | 'setup', from: RegExp, to: string): Taken =>
  changed(taken, (value) => {
    for (const { genuine } of value.visits) {
      const exchange = part === 'describe' ? genuine?.describe : genuine?.played?.setup
      const answer = exchange?.rounds.at(-1)?.answer
      if (!answer) continue
      const text = Buffer.from(answer.raw, 'base64').toString('latin1')
      assert.match(text, from)
      answer.raw = Buffer.from(text.replace(from, to), 'latin1').toString('base64')
    }
  })

/** The reference camera's stream, as seen on IPv4. */
async function taken(more: { manners?: string[]; weaknesses?: string[] }): Promise<Taken> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: '127.77.10.31', ipv6: null },
    ports: { https: 0, rtsp: 0 },
    weaknesses: [],
    serial: 'M1',
    syslog: null,
    lock: { failures: 5, windowSeconds: 30, lockSeconds: 2 },
    bootSeconds: 1,
    factoryFresh: false,
    adminPassword: 'Abc-123-xyz',
    users: [],
    ...more,
  })
  try {
    const statement = camera.statement()
    const bench = testBench(statement, {
      catalogue: catalogueData,
      secrets: { owner: 'Abc-123-xyz' },
      sources: () => ['127.77.10.1'],
    })
    const subject = `a/ipv4/${String(camera.ports.rtsp).padStart(5, '0')}`
    const seen = await probe.run(bench, subject)
    assert.ok(seen.answered, JSON.stringify(seen))
    return { statement, subject, seen }
  } finally {
    await camera.stop()
  }
}

describe('media-encrypted', { timeout: 120_000 }, () => {
  let plain: Taken
  let secure: Taken
  before(async () => {
    plain = await taken({})
    secure = await taken({ manners: ['modern-only'] })
  })

  test('plain RTSP is told, or fails where a regulation refuses it', () => {
    assert.equal(judged(plain, 'noted'), 'pass in-clear-noted')
    assert.equal(judged(plain, 'beside'), 'fail in-clear')
    assert.equal(judged(plain, 'refused'), 'fail in-clear')
  })

  test("another server's, too", () => {
    const gst = recorded('gst-account')
    assert.equal(judged(gst, 'noted'), 'pass in-clear-noted')
    assert.equal(judged(gst, 'refused'), 'fail in-clear')
  })

  test('within TLS it passes whatever is asked', () => {
    for (const clear of ['noted', 'beside', 'refused'] as const) assert.equal(judged(secure, clear), 'pass within-tls')
  })

  test('plain RTSP beside the same stream within TLS', () => {
    const twin = { subject: 'a/ipv4/00322', value: secure.seen.value }
    const { statement } = plain
    const declared: Statement['services'] = [
      ...statement.services,
      { id: 'secure', transport: 'tcp', port: 322, protocol: 'rtsps', families: ['ipv4'], purpose: 'video' },
    ]
    const both = { ...plain, statement: { ...statement, services: declared } }
    assert.equal(judged(both, 'beside', [twin]), 'pass encrypted-too')
    assert.equal(judged(both, 'refused', [twin]), 'fail in-clear')
    const other = structuredClone(twin)
    for (const visit of other.value.visits) visit.target = `/other${visit.target}`
    assert.equal(judged(both, 'beside', [other]), 'fail in-clear')
  })

  test('the weak camera: asked for within TLS, sent beside it', async () => {
    const weak = await taken({ manners: ['modern-only'], weaknesses: ['media-beside-tls'] })
    for (const clear of ['noted', 'beside', 'refused'] as const)
      assert.equal(judged(weak, clear), 'fail beside-tls-in-clear')
  })

  test('SRTP is not looked into, and without media nothing is known', () => {
    const srtp = (from: Taken) => answering(from, 'describe', /RTP\/AVP/, 'RTP/SAVP')
    assert.equal(judged(srtp(secure), 'refused'), 'inconclusive srtp-unverified')
    assert.equal(judged(srtp(plain), 'noted'), 'inconclusive srtp-keys-in-clear')
    const still = changed(plain, ({ visits }) => {
      for (const { genuine } of visits) if (genuine) genuine.played = null
    })
    assert.equal(judged(still, 'noted'), 'inconclusive nothing-flowed')
    assert.equal(judged(recorded('gst-wrong-declared'), 'noted'), 'inconclusive nothing-flowed')
  })

  test('public streams hold no secret; streams that anybody gets are still in clear', () => {
    const open = changed(plain, ({ visits }) => {
      for (const visit of visits) {
        if (!visit.genuine) continue
        visit.anonymous = visit.genuine
        visit.genuine = null
      }
    })
    assert.equal(judged(open, 'refused'), 'fail in-clear')
    const shown = changed(open, ({ visits }) => {
      for (const visit of visits) if (visit.access) visit.access = 'public'
    })
    assert.equal(judged(shown, 'refused'), 'pass public-only')
  })

  test('who declares no RTSP may claim that there is none, unless one is seen', () => {
    const { statement } = plain
    const others = statement.services.filter((s) => s.protocol !== 'rtsp')
    const judgement = (observations: ReturnType<typeof answered>[], claimed: boolean) => {
      const notApplicable = claimed ? [{ criterion: criterion.id, reason: 'no video' }] : []
      const [first] = judgeBy(criterion, {
        statement: { ...statement, services: others, notApplicable },
        observations,
        kinds: [],
        parameters: { clear: 'noted' },
      })
      return `${first?.verdict} ${codes(first).join()}`
    }
    assert.equal(judgement([], false), 'inconclusive no-stream-declared')
    assert.equal(judgement([], true), 'not-applicable framework.claimed')
    const nothing = { greeting: '', tlsAnswer: '', httpAnswer: '', mqttAnswer: '' }
    const rtspAnswer = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n').toString('base64')
    const port = plain.seen.value.port
    const found = answered(services, 'a/ipv4', {
      ...{ address: '127.77.10.31', family: 'ipv4', sourceAddress: '127.77.10.1', unasked: [] },
      services: [{ ...nothing, port, asked: ['greeting', 'rtsp'], tls: false, rtspAnswer }],
    })
    const streams = answered(kind, plain.subject, plain.seen.value)
    const seen = judgement([found, streams], true)
    assert.match(seen, /^fail stream-claimed-absent/)
  })
})
