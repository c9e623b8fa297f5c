import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uploadWay } from '../lab/packages/upload-way.ts'
import { lintStatement } from '../profiles/statement-file.ts'
import { t } from '../reports/locales/index.ts'
import type { Criterion } from '../suites/criterion.ts'
import type { Exchange, Failure } from '../suites/observations/exchange.ts'
import type { UpdateAttempt, UpdateRefusal } from '../suites/observations/update-refusal.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Statement, Upload } from '../suites/statement.ts'
import { testBench } from './support/bench.ts'
import { updateStatement } from './support/update-device.ts'
import { judgedAt } from './support/update-judging.ts'

/** What an upload in several steps shows, and what it does not. */
const SUBJECT = 'a/update/web-update'
const web = { service: 'web', method: 'POST', account: 'owner' } as const
const upload: Upload = {
  ...web,
  before: [{ ...web, target: '/prepare' }],
  target: '/upload',
  body: '{{package}}',
  after: [{ ...web, target: '/install?file={{step}}', takes: '"file":"([^"]*)"' }],
}
const declared = updateStatement(80, { upload })

const exchange = (answer: number | Failure['code'], body = '', end: 'complete' | 'timeout' = 'complete'): Exchange => {
  const raw = `HTTP/1.1 ${answer} X\r\nX-Name: a\r\n\r\n${body}`
  const isAnswer = typeof answer === 'number'
  return {
    at: 7,
    elapsed: 1,
    connection: 0,
    sourceAddress: '127.0.0.1',
    failure: isAnswer ? null : { code: answer, detail: '' },
    request: { method: 'POST', target: '/', headers: [], bodyBytes: 0, credential: null, scheme: 'none' },
    rounds: isAnswer ? [{ elapsed: 1, answer: { raw: btoa(raw), length: raw.length, end } }] : [],
  }
}
const told = (text: string) => ({ exchange: exchange(200, text), text })
type Ended = NonNullable<UpdateAttempt['steps']>['ended']
type Made = (number | Failure['code'])[]
/** The answers to prepare, upload and install, as far as there were any. */
const attempt = (made: Made, ended: Ended, after = '1.0.0', before = '1.0.0'): Omit<UpdateAttempt, 'id'> => {
  const [first, second, ...more] = made.map((m) => exchange(m))
  return {
    sha256: '0'.repeat(64),
    bytes: 9,
    ...(second ? { upload: second } : {}),
    steps: { before: first ? [first] : [], after: more, ended },
    tries: 1,
    versionBefore: told(before),
    versionAfter: told(after),
    contentBefore: null,
    contentAfter: null,
    cameBack: true,
    downtime: 0,
  }
}
const genuine = { id: 'genuine', ...attempt([200, 200, 200], 'all', '1.1.0') }
const observation = (over: Partial<UpdateRefusal>): UpdateRefusal => ({
  start: told('1.0.0'),
  variants: [],
  returns: [],
  doors: [],
  genuine,
  older: null,
  kept: null,
  log: null,
  missing: [],
  ...over,
})
const judged = (id: string, over: Partial<UpdateRefusal>, statement: Statement = declared) => {
  const criterion = registry.criteria.get(`update-integrity/${id}`) as Criterion<UpdateRefusal, unknown>
  const { verdict, codes } = judgedAt(SUBJECT, criterion, observation(over), statement)
  return `${verdict} ${codes.join()}`
}
const altered = (of: Omit<UpdateAttempt, 'id'>, over: Partial<UpdateRefusal> = {}) =>
  judged('altered-update-refused', {
    variants: [{ id: 'payload-bit', derivation: 'lab', change: null, ...of }],
    ...over,
  })

test('a package is refused at any step behind its upload; before it, or without an answer, nothing is known', () => {
  const rows: [Made, Ended, string][] = [
    [[200, 400], 'not-done', 'pass refused'],
    [[200, 200], 'no-value', 'pass refused'],
    [[200, 200, 500], 'all', 'pass refused'],
    [[200, 200, 200], 'all', 'pass refused'],
    [[200, 200, 'timeout'], 'all', 'pass refused'],
    [[400], 'not-done', 'inconclusive not-uploaded'],
    [[200], 'no-value', 'inconclusive not-uploaded'],
    [['reset'], 'no-answer', 'inconclusive not-uploaded'],
    [[200, 200], 'no-answer', 'inconclusive not-uploaded'],
    [[200, 'timeout'], 'no-answer', 'inconclusive not-uploaded'],
    [[200, 'reset'], 'no-answer', 'inconclusive not-uploaded'],
    [[200, 'lab'], 'no-answer', 'inconclusive not-uploaded'],
    [[200, 200, 'lab'], 'all', 'inconclusive not-uploaded'],
    [[200, 200, 'refused'], 'all', 'inconclusive not-uploaded'],
    [[200, 401], 'not-done', 'inconclusive not-uploaded'],
    [[200, 200, 401], 'all', 'inconclusive not-uploaded'],
    [[200, 503], 'not-done', 'inconclusive not-uploaded'],
    [[200, 200, 423], 'all', 'inconclusive not-uploaded'],
  ]
  for (const [made, ended, expected] of rows) assert.equal(altered(attempt(made, ended)), expected, `${made} ${ended}`)
  assert.equal(altered({ ...attempt([200, 'reset'], 'no-answer'), tries: 2 }), 'pass refused')
  assert.equal(altered({ ...attempt([200, 200, 'closed'], 'all'), tries: 2 }), 'pass refused')
  assert.equal(altered(attempt([200, 200, 200], 'all', '1.1.0')), 'fail installed')
  assert.equal(altered(attempt([400], 'not-done', '1.1.0')), 'inconclusive changed-unfetched')
})

test('a genuine package that nobody had installed proves no path', () => {
  const unconfirmed = { id: 'genuine', ...attempt([200, 200], 'no-value') }
  assert.equal(altered(attempt([200, 400], 'not-done'), { genuine: unconfirmed }), 'inconclusive genuine-not-installed')
})

test('without a log-in: turned away at any step, and nothing installed; one step with an account is no open path', () => {
  const door = (id: 'no-login' | 'wrong-login', made: Made, ended: Ended, after?: string) => ({
    id,
    ...attempt(made, ended, after),
  })
  const wrong = door('wrong-login', [401], 'not-done')
  const doors = (made: Made, ended: Ended, after?: string) =>
    judged('upload-needs-login', { doors: [door('no-login', made, ended, after), wrong] })
  assert.equal(doors([401], 'no-value'), 'pass refused')
  assert.equal(doors([401, 401, 401], 'all'), 'pass refused')
  assert.equal(doors([200, 200, 401], 'all'), 'pass refused')
  assert.equal(doors([401, 200, 200], 'all', '1.1.0'), 'fail installed,refused')
  for (const made of [[503], ['lab'], ['reset']] as Made[])
    assert.equal(
      doors(made, made[0] === 503 ? 'no-value' : 'no-answer'),
      'inconclusive not-tried,refused',
      String(made),
    )
  const bare = ({ account: _, ...step }: Upload) => step
  const openUpload = updateStatement(80, { upload: { ...bare(upload), before: [] } })
  assert.equal(judged('upload-needs-login', {}, openUpload), 'inconclusive not-tried,not-tried')
  const open = { ...bare(upload), before: [], after: (upload.after ?? []).map(bare) }
  assert.equal(judged('upload-needs-login', {}, updateStatement(80, { upload: open })), 'fail declared-open')
})

/** What the lab asked for, where the device answers so. */
async function asked(answers: Exchange[], as?: 'nobody', given = upload) {
  const requests: string[] = []
  const bench = testBench(declared, {
    perform: (action, values, body) => {
      requests.push(`${action.target} ${values.step ?? '-'} ${body ? 'package' : '-'} ${action.account ?? '-'}`)
      return Promise.resolve(answers[requests.length - 1] ?? assert.fail())
    },
  })
  const delivery = await uploadWay(bench, given)(
    { rope: [new Uint8Array(9)], of: { file: '', version: '' }, sha256: '' },
    as,
  )
  return { requests, told: delivery.told() }
}

test('each step is made once the one before was done, with what that gave', async () => {
  const gives = exchange(200, '{"file":"xÃ©"}')
  const whole = await asked([exchange(302), gives, exchange(200)])
  assert.deepEqual(whole.requests, [
    '/prepare - - owner',
    '/upload - package owner',
    '/install?file={{step}} xé - owner',
  ])
  assert.deepEqual([whole.told.steps?.ended, whole.told.upload], ['all', gives])
  const ended = async (answers: Exchange[], as?: 'nobody', given?: Upload) => {
    const { requests, told } = await asked(answers, as, given)
    return `${requests.length} ${told.steps?.ended} ${told.upload ? 'uploaded' : '-'}`
  }
  assert.equal(await ended([exchange(400)]), '1 not-done -')
  assert.equal(await ended([exchange(200), exchange(403)]), '2 not-done uploaded')
  assert.equal(await ended([exchange(200), exchange(200, 'sorry')]), '2 no-value uploaded')
  assert.equal(await ended([exchange(200), exchange(200, `"file":"${'a'.repeat(2000)}"`)]), '2 no-value uploaded')
  assert.equal(await ended([exchange(200), exchange(200, '"fi', 'timeout')]), '2 no-answer uploaded')
  assert.equal(await ended([exchange(200), exchange('reset')]), '2 no-answer uploaded')
  assert.equal(await ended([exchange(401), exchange(401, 'no')], 'nobody'), '2 no-value uploaded')
  assert.equal(await ended([exchange('lab')], 'nobody'), '1 no-answer -')
  const careful = { ...upload, before: [{ ...web, target: '/prepare', done: 'ready' }] }
  assert.equal(await ended([exchange(200, 'not now')], undefined, careful), '1 not-done -')
  const { before: _, after: __, ...single } = upload
  assert.equal((await asked([exchange(200)], undefined, single)).told.steps, undefined)
  const byHeader = { ...upload, after: [{ ...web, target: '/i', takes: 'x-name: (.)' }] }
  assert.equal(
    (await asked([exchange(200), exchange(200), exchange(200)], undefined, byHeader)).requests[2],
    '/i a - owner',
  )
})

test('whatever a device answers, the steps come to an end', async () => {
  let seed = 11
  const next = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most
  const ends = new Set<string>()
  for (let i = 0; i < 300; i++) {
    const noisy = () => {
      const one = exchange(200, `{"file":"${next(9)}"}`)
      const [round] = one.rounds
      const bytes = Buffer.from(round?.answer.raw ?? '', 'base64').map((b) => (next(60) === 0 ? next(256) : b))
      if (round) round.answer.raw = Buffer.from(bytes).toString('base64')
      return one
    }
    const { told, requests } = await asked([noisy(), noisy(), noisy()])
    assert.ok(requests.length >= 1 && requests.length <= 3)
    ends.add(told.steps?.ended ?? '')
  }
  assert.deepEqual([...ends].sort(), ['all', 'no-value', 'not-done'])
})

test('what is wrong with steps is said, each at its place', () => {
  const faultsOf = (over: Partial<Upload>) =>
    lintStatement(updateStatement(80, { upload: { ...upload, ...over } })).map((f) => {
      for (const language of ['en', 'vi'] as const)
        assert.doesNotMatch(t(language, 'faults', f.code, f.values), /^[a-z-]+$|\{[a-z-]+\}/, f.code)
      return `${f.code} ${f.field?.replace('/updates/0/upload', '')}`
    })
  assert.deepEqual(faultsOf({}), [])
  assert.deepEqual(faultsOf({ before: [{ ...web, target: '/p', takes: '(.)' }] }), [
    'takes-from-nothing /before/0/takes',
  ])
  assert.deepEqual(faultsOf({ target: '/u?t={{step}}' }), ['unknown-placeholder '])
  assert.deepEqual(faultsOf({ target: '/u?t={{step}}', takes: 'a' }), ['bad-pattern /takes'])
  assert.deepEqual(faultsOf({ after: [{ ...web, account: 'who', target: '/i', body: '{{package}}' }] }), [
    'unresolved /after/0/account',
    'unknown-placeholder /after/0',
  ])
})
