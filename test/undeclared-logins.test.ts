import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { probe as httpAnonymous } from '../lab/probes/http-anonymous.ts'
import { probe } from '../lab/probes/undeclared-logins.ts'
import { criterion as lockout } from '../suites/authentication/login-lockout.ts'
import { criterion as defaults } from '../suites/authentication/no-default-credentials.ts'
import type { Criterion, JudgeContext } from '../suites/criterion.ts'
import { verdictOf } from '../suites/judge.ts'
import type { Answered, ObservationKind, Seen } from '../suites/observation.ts'
import type { CredentialTries } from '../suites/observations/credential-tries.ts'
import type { Lockout } from '../suites/observations/lockout.ts'
import { kind, type UndeclaredLogin } from '../suites/observations/undeclared-logins.ts'
import type { Statement } from '../suites/statement.ts'
import { catalogueData, misfits } from './support/authentication.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { doorOf } from './support/door.ts'

interface Fixture<T> {
  statement: Statement
  subject: string
  seen: Answered<T>
}
const load = <T>(name: string): Fixture<T> =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as Fixture<T>

/** A criterion's context with one endpoint that has no declared log-in. */
function besides<T>(
  { statement, subject }: { statement: Statement; subject: string },
  found: Seen<UndeclaredLogin>,
): JudgeContext<T> {
  const citing = (of: string) => (at: string) => ({ kind: 'x', subject: of, state: 'in-service' as const, at })
  return {
    ...{ statement, subject, parameters: {} as T, state: 'in-service', cite: citing(subject) },
    catalogue: catalogueData,
    others: <U>() => [{ subject: 'a/ipv4/08080', seen: found as Seen<U>, cite: citing('a/ipv4/08080') }],
  }
}
const judgeBeside = <T>(criterion: Criterion<T>, fixture: Fixture<T>, found: Seen<UndeclaredLogin>): string => {
  const findings = criterion.judge(fixture.seen, besides(fixture, found))
  const codes = findings.map((f) => f.message.code).filter((c) => /default|undeclared|not-declared/.test(c))
  return `${verdictOf(findings)} ${codes.join()}`
}
const answered = (over: Partial<UndeclaredLogin>): Seen<UndeclaredLogin> => {
  const value: UndeclaredLogin = {
    ...{ protocol: 'http', family: 'ipv4', port: 8080, tls: false, asked: null, tries: null, ...over },
  }
  const seen = { answered: true as const, value, controls: [], artifacts: [] }
  assert.deepEqual(misfits(kind as ObservationKind, seen), [])
  return seen
}
const tried = (name: string): Partial<UndeclaredLogin> => {
  const { value } = load<CredentialTries>(`http-credentials/${name}`).seen
  return { asked: { by: 'challenge', target: '/', exchange: value.anonymous }, tries: value }
}
const unanswered: Seen<UndeclaredLogin> = {
  ...{ answered: false, cause: 'lab', why: { code: 'x', values: {} }, artifacts: [] },
}

test('no-default-credentials: a log-in that is not declared is tried, or leaves it open', () => {
  const fixture = load<CredentialTries>('http-credentials/lighttpd-digest')
  const judge = (found: Seen<UndeclaredLogin>) => judgeBeside(defaults, fixture, found)
  assert.equal(judge(answered({})), 'pass defaults-refused')
  assert.equal(judge(answered(tried('camera'))), 'pass defaults-refused,defaults-refused')
  assert.equal(judge(answered(tried('busybox-open'))), 'fail defaults-refused,default-accepted,defaults-refused')
  assert.equal(judge(answered(tried('busybox-open-wrong-declared'))), 'fail defaults-refused,default-accepted')
  assert.equal(
    judge(answered(tried('busybox-wrong-declared'))),
    'inconclusive defaults-refused,log-in-not-declared',
    'no declared account opens it: refusals say nothing',
  )
  const form = { ...tried('camera'), tries: null }
  assert.equal(
    judge(answered({ asked: { ...form.asked!, by: 'form' } })),
    'inconclusive defaults-refused,log-in-not-declared',
  )
  assert.equal(judge(unanswered), 'inconclusive defaults-refused,undeclared-unknown')
  assert.equal(judge(answered({ ...tried('busybox-open'), protocol: 'rtsp' })), 'pass defaults-refused')
})

test('it is told of the first declared log-in of the sample alone', () => {
  const fixture = load<CredentialTries>('http-credentials/lighttpd-digest')
  const { statement, subject } = fixture
  const [login] = statement.logins
  assert.equal(subject, `a/login/${login?.id}`)
  statement.logins.unshift({ ...login!, id: 'a-before' })
  assert.equal(judgeBeside(defaults, fixture, answered(tried('busybox-open'))), 'pass defaults-refused')
  assert.match(judgeBeside(defaults, { ...fixture, subject: 'a/login/a-before' }, unanswered), /undeclared-unknown/)
  assert.match(judgeBeside(defaults, { ...fixture, subject: 'b/login/a-before' }, unanswered), /^pass/)
})

test('login-lockout: a log-in that is not declared was not attacked', () => {
  const fixture = load<Lockout>('http-lockout/camera')
  const judge = (found: Seen<UndeclaredLogin>) => judgeBeside(lockout as Criterion<Lockout>, fixture, found)
  assert.equal(judge(answered({})), 'pass ')
  assert.equal(judge(answered(tried('camera'))), 'inconclusive log-in-not-declared')
  assert.equal(judge(unanswered), 'inconclusive undeclared-unknown')
})

test('where no log-in is declared at all, one that is found contradicts the claim that there is none', () => {
  const statement = emptyStatement()
  const against = (criterion: Criterion<never>, found: Seen<UndeclaredLogin>, claimed: boolean) => {
    const claim = { notApplicable: [{ criterion: criterion.id, reason: 'none' }] }
    const context = besides({ statement: { ...statement, ...(claimed ? claim : {}) }, subject: '' }, found)
    return criterion
      .contradicts?.(context as JudgeContext<never>)
      .map((f) => `${f.is} ${f.message.code}`)
      .join()
  }
  const [open, shut] = [answered(tried('busybox-open')), answered(tried('camera'))]
  for (const [criterion, claimed, found, said] of [
    [defaults, false, open, 'violation default-accepted'],
    [defaults, true, open, 'violation log-in-undeclared,violation default-accepted'],
    [defaults, true, shut, 'violation log-in-undeclared'],
    [defaults, false, shut, ''],
    [defaults, true, answered({}), ''],
    [lockout, true, shut, 'violation log-in-undeclared'],
    [lockout, false, shut, ''],
  ] as [Criterion<never>, boolean, Seen<UndeclaredLogin>, string][])
    assert.equal(against(criterion, found, claimed), said, `${criterion.id} ${claimed}`)
})

/** What the probe finds at a web server that has no declared log-in, after it was looked at without one. */
async function foundAt(t: TestContext, listener: RequestListener): Promise<UndeclaredLogin> {
  const server = createServer(listener).listen(0, '127.77.14.2')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const statement = emptyStatement({
    samples: [
      { id: 'a', serial: 'S', arrives: 'in-service', addresses: { ipv4: '127.77.14.2', ipv6: null }, macs: [] },
    ],
    services: [{ id: 'old', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'old pages' }],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
  })
  const subject = `a/ipv4/${String(port).padStart(5, '0')}`
  const over = { catalogue: catalogueData, secrets: { owner: 'Qx7-unlisted' }, wait: () => Promise.resolve(true) }
  const before = await httpAnonymous.run(testBench(statement, over), subject)
  assert.ok(before.answered)
  const seen = <T>(of: ObservationKind<T>) =>
    of.id === 'http-anonymous' ? [{ subject, value: before.value as T }] : []
  assert.deepEqual(kind.expected({ statement, state: 'in-service', seen }), [subject])
  const result = await probe.run(testBench(statement, { ...over, seen }), subject)
  assert.ok(result.answered, JSON.stringify(result))
  assert.deepEqual(misfits(kind as ObservationKind, result), [])
  assert.ok(!JSON.stringify(result).includes('Qx7-unlisted'))
  return result.value
}
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

test('the probe finds a challenge anywhere, tries listed credentials there, and a form it only names', async (t) => {
  const asking =
    (rights: string[]): RequestListener =>
    (request, response) => {
      if (!request.url?.startsWith('/config')) return response.writeHead(404).end('none')
      if (rights.includes(request.headers.authorization ?? '')) return response.end('{"serial":"77","name":"gate"}')
      return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="old"' }).end()
    }
  const own = await foundAt(t, asking([basic('admin', 'Qx7-unlisted')]))
  assert.equal(own.asked?.by, 'challenge')
  assert.match(own.asked?.target ?? '', /^\/config/)
  const fixture = load<CredentialTries>('http-credentials/lighttpd-digest')
  assert.equal(judgeBeside(defaults, fixture, answered(own)), 'pass defaults-refused,defaults-refused')
  const weak = await foundAt(t, asking([basic('admin', 'Qx7-unlisted'), basic('admin', 'admin')]))
  assert.match(judgeBeside(defaults, fixture, answered(weak)), /^fail .*default-accepted/)
  // Another account than the declared one opens it.
  const other = await foundAt(t, asking([basic('root', 'pass')]))
  assert.match(judgeBeside(defaults, fixture, answered(other)), /^fail .*default-accepted/)
  const strange = await foundAt(t, asking([]))
  assert.match(judgeBeside(defaults, fixture, answered(strange)), /^inconclusive .*log-in-not-declared/)
  const form = await foundAt(t, (_, response) => response.end('<form><input name=p type="password"></form>'))
  assert.deepEqual([form.asked?.by, form.asked?.target, form.tries], ['form', '/', null])
  const open = await foundAt(t, (_, response) => response.writeHead(301, { Location: 'https://x/' }).end())
  assert.deepEqual([open.asked, open.tries], [null, null])
})

test('a declared log-in is none of these, and neither is a redirect', { timeout: 60_000 }, async (t) => {
  const { statement } = await doorOf(t, 81)
  const expected = kind.expected({ statement, state: 'in-service', seen: () => [] })
  const redirect = statement.services.find((s) => s.id === 'redirect')
  assert.deepEqual(expected, [`a/ipv4/${String(redirect?.port).padStart(5, '0')}`])
})
