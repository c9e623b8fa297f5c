import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Criterion } from '../suites/criterion.ts'
import { judge } from '../suites/judge.ts'
import type { FetchRequest, UpdateFetch } from '../suites/observations/update-fetch.ts'
import type { UpdateAttempt, UpdateRefusal, UpdateVariant, VariantId } from '../suites/observations/update-refusal.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { judgedAt } from './support/update-judging.ts'

/** What a package that the device had to fetch shows, and what it does not. */
const SUBJECT = 'a/update/u'
const BYTES = 1_000
const reading = { service: 'web', target: '/v', pattern: '(.*)' }
const STATEMENT: Statement = emptyStatement({
  services: [{ id: 'web', transport: 'tcp', port: 80, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
  updates: [
    {
      id: 'u',
      online: {
        protocol: 'http',
        port: 8080,
        checkSeconds: 9,
        files: [
          { target: '/m', body: '{{package-version}}' },
          { target: '/m.sig', beside: '.sig' },
          { target: '/p', package: true },
        ],
      },
      version: reading,
      format: 'opaque',
      signed: true,
      packages: { genuine: { file: 'g', version: '1.1.0' }, older: { file: 'o', version: '0.9.0' } },
      bootSeconds: 1,
    },
  ],
})
const criterionOf = (id: string) => registry.criteria.get(`update-integrity/${id}`) as Criterion<UpdateRefusal, unknown>
const judged = (id: string, value: UpdateRefusal) => {
  const { verdict, codes } = judgedAt(SUBJECT, criterionOf(id), value, STATEMENT)
  return `${verdict} ${codes.join()}`
}

const told = (text: string): UpdateAttempt['versionAfter'] => ({
  exchange: {
    at: 1,
    elapsed: 1,
    connection: 0,
    sourceAddress: '127.0.0.1',
    failure: null,
    request: { method: 'GET', target: '/v', headers: [], bodyBytes: 0, credential: null, scheme: 'none' },
    rounds: [],
  },
  text,
})
const request = (file: number, over: Partial<FetchRequest> = {}): FetchRequest => {
  const size = file === 2 ? BYTES : 50
  return {
    at: 1,
    method: 'GET',
    target: ['/m', '/m.sig', '/p'][file] ?? '',
    headers: [],
    bodyBytes: 0,
    file,
    status: 200,
    first: 0,
    promised: size,
    sent: size,
    end: 'complete',
    ...over,
  }
}
const fetch = (over: Partial<UpdateFetch> = {}): UpdateFetch => ({
  from: 10,
  until: 20,
  asked: [],
  told: '1.1.0',
  package: 2,
  own: [],
  versions: [],
  requests: [request(0), request(1), request(2)],
  left: 0,
  covered: BYTES,
  ...over,
})
const NONE = { requests: [request(0), request(1)], covered: 0 }
const attempt = (before: string, after: string, fetched: Partial<UpdateFetch> = {}): Omit<UpdateAttempt, 'id'> => ({
  sha256: '0'.repeat(64),
  bytes: BYTES,
  fetch: fetch(fetched),
  tries: 1,
  versionBefore: told(before),
  versionAfter: told(after),
  contentBefore: null,
  contentAfter: null,
  cameBack: true,
  downtime: 0,
})
const variant = (id: VariantId, fetched: Partial<UpdateFetch> = {}, after = '1.0.0'): UpdateVariant => ({
  id,
  derivation: 'lab',
  change: { at: 500, bytes: 1, part: 'payload', uniform: false },
  ...attempt('1.0.0', after, fetched),
})
const observation = (over: Partial<UpdateRefusal> = {}): UpdateRefusal => ({
  start: told('1.0.0'),
  variants: [],
  returns: [],
  doors: [],
  genuine: { id: 'genuine', ...attempt('1.0.0', '1.1.0') },
  older: { id: 'older', ...attempt('1.1.0', '1.1.0', { told: '0.9.0', own: [1], versions: [0] }) },
  kept: null,
  log: null,
  missing: [],
  ...over,
})
const altered = (fetched: Partial<UpdateFetch>, after?: string, over: Partial<UpdateRefusal> = {}) =>
  judged('altered-update-refused', observation({ variants: [variant('payload-bit', fetched, after)], ...over }))

test('an altered package: refused once it was there, or broken off again and again behind what differs', () => {
  const cut = (sent: number) => request(2, { sent, end: 'broken-off' })
  const broken = (...requests: FetchRequest[]) => ({ requests: [request(0), ...requests], covered: 0 })
  const rows: [Partial<UpdateFetch>, string][] = [
    [{}, 'pass refused'],
    [NONE, 'inconclusive not-fetched'],
    [{ requests: [], covered: 0 }, 'inconclusive not-fetched'],
    [broken(cut(900), cut(700)), 'pass broken-off'],
    [broken(cut(900)), 'inconclusive not-fetched'],
    [broken(cut(400), cut(500)), 'inconclusive not-fetched'],
    [broken(request(2, { first: 400, sent: 200, end: 'broken-off' }), cut(900)), 'pass broken-off'],
    [broken(request(2, { sent: 300, end: 'lab' }), cut(900)), 'inconclusive not-fetched'],
    [broken(request(2, { method: 'HEAD', sent: 900, end: 'broken-off' }), cut(900)), 'inconclusive not-fetched'],
    // A manifest that is that of the genuine package says nothing of this one.
    [{ ...NONE, versions: [0] }, 'inconclusive not-fetched'],
  ]
  for (const [fetched, expected] of rows) assert.equal(altered(fetched), expected, JSON.stringify(fetched))
  assert.equal(altered({}, '1.1.0'), 'fail installed')
  assert.equal(altered(NONE, '1.1.0'), 'inconclusive changed-unfetched')
})

test('no refusal counts where the genuine package did not come by the same path', () => {
  const elsewhere = { id: 'genuine', ...attempt('1.0.0', '1.1.0', { requests: [], covered: 0 }) }
  assert.equal(altered({}, undefined, { genuine: elsewhere }), 'inconclusive genuine-not-installed')
  assert.equal(altered({}, undefined, { genuine: null }), 'inconclusive genuine-not-installed')
})

test('a manifest that the maker supplied with that very package is enough to refuse it; one cut short is not', () => {
  const foreign = (fetched: Partial<UpdateFetch>) =>
    judged('foreign-key-update-refused', observation({ variants: [variant('maker-foreign-key', fetched)] }))
  assert.equal(foreign({ ...NONE, own: [1] }), 'pass refused-unread')
  assert.equal(foreign(NONE), 'inconclusive not-fetched')
  const short = request(1, { sent: 20, end: 'broken-off' })
  assert.equal(foreign({ requests: [short], covered: 0, own: [1] }), 'inconclusive not-fetched')
  assert.equal(foreign({ ...NONE, own: [1], left: 1 }), 'inconclusive not-fetched')
  const begun = [request(1), request(2, { sent: 300, end: 'broken-off' })]
  assert.equal(foreign({ requests: begun, covered: 0, own: [1] }), 'inconclusive not-fetched')
})

test('no signature: a device that asked for it and found none, or nothing in it, needs no package to refuse', () => {
  const bare = (over: Partial<FetchRequest>, fetched: Partial<UpdateFetch> = {}) => {
    const asked = request(1, { status: 404, promised: 0, sent: 0, ...over })
    const variants = [
      variant('signature-missing', { requests: [request(0), asked], covered: 0, lacking: [1], ...fetched }),
    ]
    return judged('unsigned-update-refused', observation({ variants }))
  }
  assert.equal(bare({}), 'pass refused-unread')
  assert.equal(bare({ method: 'HEAD' }), 'pass refused-unread')
  assert.equal(bare({ status: 200 }), 'pass refused-unread')
  assert.equal(bare({ status: 200, method: 'HEAD' }), 'inconclusive not-fetched')
  assert.equal(bare({ status: 405 }), 'inconclusive not-fetched')
  assert.equal(bare({ end: 'broken-off' }), 'inconclusive not-fetched')
  assert.equal(bare({ file: null }), 'inconclusive not-fetched')
  assert.equal(bare({}, { lacking: [] }), 'inconclusive not-fetched')
  assert.equal(bare({}, { left: 1 }), 'inconclusive not-fetched')
  assert.equal(bare({}, { covered: BYTES }), 'pass refused')
})

test('an older version: that the server tells it is enough, where the device read it', () => {
  const older = (fetched: Partial<UpdateFetch>, after = '1.1.0') =>
    judged(
      'older-update-refused',
      observation({
        older: { id: 'older', ...attempt('1.1.0', after, { told: '0.9.0', own: [], versions: [0], ...fetched }) },
      }),
    )
  assert.equal(older({}), 'pass refused')
  assert.equal(older(NONE), 'pass refused-unread')
  assert.equal(older({ ...NONE, versions: [] }), 'inconclusive not-fetched')
  assert.equal(older({ requests: [], covered: 0 }), 'inconclusive not-fetched')
  assert.equal(older({}, '0.9.0'), 'fail older-installed')
  assert.equal(older(NONE, '0.9.0'), 'inconclusive changed-unfetched')
})

test('who only fetches is not asked whether uploads need a log-in; an entry with uploads still is', () => {
  const outcome = (statement: Statement) =>
    judge(
      {
        statement,
        regulations: [
          {
            camseal: 'regulation/1',
            id: 'r',
            edition: '1',
            title: { en: 'r', vi: 'r' },
            text: 'reconstructed',
            catalogues: [],
            clauses: [
              {
                id: 'c',
                level: 'required',
                title: { en: 'c', vi: 'c' },
                asks: { en: 'c', vi: 'c' },
                criteria: [{ criterion: 'update-integrity/upload-needs-login' }],
                provenance: { confidence: 'own', sources: [] },
              },
            ],
          } as never,
        ],
        catalogues: [],
        observations: [],
        selection: { mode: 'rehearsal', deselected: [] },
      },
      registry,
    ).judgements.map((j) => [j.subject, j.verdict, j.findings[0]?.message.code])
  assert.deepEqual(outcome(STATEMENT), [['', 'not-applicable', 'no-upload-declared']])
  const [fetched] = STATEMENT.updates
  assert.ok(fetched)
  const { online: _, ...rest } = fetched
  const uploaded = { ...rest, id: 'up', upload: { service: 'web', method: 'POST' as const, target: '/u' } }
  assert.deepEqual(outcome({ ...STATEMENT, updates: [fetched, uploaded] }), [
    ['a/update/up', 'inconclusive', 'framework.unanswered'],
  ])
  assert.deepEqual(outcome({ ...STATEMENT, updates: [] })[0]?.slice(1), ['inconclusive', 'no-update-declared'])
})
