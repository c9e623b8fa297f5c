import { answerOf, passwordRound } from '../../suites/facts/answer.ts'
import { alike, looksGranted } from '../../suites/facts/likeness.ts'
import type { Seen } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Spoken } from '../../suites/observations/endpoints.ts'
import type { Lockout } from '../../suites/observations/lockout.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import type { Account, Statement } from '../../suites/statement.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { clientAt, endpointOfService, placeOf, unanswered, wrongPassword, type LoginPlace } from './log-in-place.ts'
import { onceUnlocked } from './once-unlocked.ts'
import { pollTimes } from './poll-times.ts'

const USUAL_FAILURES = 5
/** The laxest limit any regulation asks for. */
const MOST_ASKED = 10
/** Never more wrong passwords in all. */
const CAP = 20
const LATE_MICROS = 500_000
/** Bans that are made from a log come a second or two after the failures. */
const LATE_TRIES = 12
const LATE_STEP_MS = 250
/** A slow device is not asked so often: it is the time that counts. */
const LATE_SPAN_MICROS = 6_000_000
/** Once a right password may be refused by silence, so long is an answer waited for, or four times what it took before. */
const QUICK_MS = 1500
/** Where no duration is declared. */
const USUAL_LOCK_S = 60
const METHODS = { http: 'GET', rtsp: 'DESCRIBE' } as const
/** Failed log-ins may be answered seconds late on purpose. */
const PATIENCE_MS = 30_000

interface Attack extends LoginPlace {
  spare: Credential
  spareTarget: string
  owner: { credential: Credential; target: string } | null
  protocol: Spoken
  /** The spare account at the other one of HTTP and RTSP. */
  other: { to: Endpoint; target: string; protocol: Spoken } | null
}

/** Wrong passwords in a row against an account that may be locked, then how long the right one fails. */
export async function attackLogin(bench: Bench, subject: string, protocol: Spoken): Promise<Seen<Lockout>> {
  const id = `${protocol}-lockout`
  const place = placeOf(bench, subject, protocol, id)
  if (!('to' in place)) return place
  const row = bench.statement.bruteForce.find((r) => r.login === place.login.id)
  const spare = spareOf(bench, row?.spare)
  if (!spare) return unanswered('operator', `${id}.no-spare`, { login: place.login.id })
  const administrators = bench.statement.accounts.filter((a) => a.role === 'administrator')
  if (administrators.length === 1 && administrators[0]?.id === spare.id)
    return unanswered('operator', `${id}.only-administrator`, { account: spare.id })
  const attack = attackOn(bench, place, spare, protocol)
  const owner = attack.owner === null ? null : ownerOf(bench, place, spare)
  const once = onceWith(bench, attack)

  const before = {
    spare: await onceUnlocked(
      bench,
      spare.id,
      () => once(attack.spare, attack.spareTarget),
      () => once(null, attack.spareTarget),
    ),
    owner: attack.owner && (await once(attack.owner.credential, attack.owner.target)),
    other: await otherOnce(bench, attack),
  }
  const good = answerOf(before.spare)
  const status = good?.status ?? 0
  if (!looksGranted(good))
    return {
      ...unanswered('operator', `${id}.spare-does-not-log-in`, { account: spare.id, status }),
      partial: before,
    }

  const quick = (milliseconds = patienceOf(before.spare, value.stages)): Promise<Exchange> =>
    once(attack.spare, attack.spareTarget, { milliseconds })
  const { to } = attack
  const value: Lockout = {
    protocol,
    family: to.family,
    port: to.port,
    tls: to.tls,
    target: attack.spareTarget,
    spare: spare.id,
    owner: owner?.id ?? null,
    before,
    stages: [],
    pair: null,
    during: null,
    polls: [],
    returned: true,
  }
  const declared = Math.min(row?.failures ?? USUAL_FAILURES, CAP)
  const isGranted = (exchange: Exchange): boolean =>
    alike(answerOf(exchange), good, answerOf(value.stages[0]?.wrong[0] ?? null)) === 'granted'
  for (const count of [declared, Math.min(Math.max(declared, MOST_ASKED) + 1, CAP - declared)]) {
    if (count <= 0 || bench.signal.aborted || value.during) break
    const wrong = await wrongInARow(bench, attack, count)
    const late: Exchange[] = []
    const milliseconds = patienceOf(before.spare, [...value.stages, { wrong }])
    const right = await once(attack.spare, attack.spareTarget, { milliseconds })
    value.stages.push({ wrong, right, late })
    const lateEnd = right.at + right.elapsed + LATE_SPAN_MICROS
    for (let i = 0; i < LATE_TRIES && bench.now() < lateEnd && isGranted(late.at(-1) ?? right); i++) {
      if (!(await bench.wait(LATE_STEP_MS, { code: `${id}.settling`, values: {} }))) break
      late.push(await quick())
    }
    if (isGranted(late.at(-1) ?? right)) continue
    value.during = await duringLock(bench, attack, once, milliseconds)
    value.returned = false
  }
  const last = value.stages.at(-1)?.wrong.at(-1)
  // Where one connection is allowed, the second of a pair would wait here and not at the device.
  if (value.during === null && lastElapsed(last) >= LATE_MICROS && bench.budgets.connections > 1) {
    const [first, second] = await Promise.all(
      [1, 2].map(() => once(wrongPassword(attack.spare.user), attack.spareTarget)),
    )
    if (first && second) value.pair = { first, second }
  }
  if (value.during !== null && last) {
    const from = last.at + last.elapsed
    const times = pollTimes(row?.lockSeconds ?? USUAL_LOCK_S)
    for (const after of times) {
      const left = from / 1000 + after - bench.now() / 1000
      if (left > 0 && !(await bench.wait(left, { code: `${id}.waiting`, values: { account: spare.id } }))) break
      const poll = await (after === times.at(-1) ? quick(PATIENCE_MS) : quick())
      value.polls.push(poll)
      value.returned = isGranted(poll)
      if (value.returned) break
    }
  }
  // A page that could not be used is not a password that was refused.
  const { stages, during, polls } = value
  const all = [...stages.flatMap((s) => [...s.wrong, s.right, ...s.late]), ...Object.values(during ?? {}), ...polls]
  const broken = all.find((e) => e?.failure?.code === 'lab')
  if (broken && !bench.signal.aborted)
    return {
      ...unanswered('lab', 'framework.no-log-in', { login: place.login.id, detail: broken.failure?.detail ?? '' }),
      partial: value,
    }
  return { answered: true, value, controls: [], artifacts: [] }
}

/**
 * How long the right password is waited for, in milliseconds: a lock that shows by silence may be over before a longer
 * look ends. Delays that wrong passwords met may meet the right one as well.
 */
function patienceOf(before: Exchange, stages: readonly { wrong: Exchange[] }[]): number {
  const answered = stages.flatMap((s) => s.wrong).filter((w) => w.failure === null)
  const slowest = Math.max(0, ...answered.map((w) => w.elapsed))
  return Math.min(PATIENCE_MS, Math.max(QUICK_MS, Math.ceil(before.elapsed / 250), QUICK_MS + Math.ceil(slowest / 500)))
}

/** Time for the rows of one protocol, and for a log-in of which nothing is declared. */
export function lockoutSeconds(statement: Statement, protocol: Spoken): number {
  const ids = new Set(loginsOver(statement, protocol).map((l) => l.login.id))
  return statement.bruteForce
    .filter((r) => ids.has(r.login))
    .reduce((sum, r) => sum + 30 + (r.lockSeconds ?? USUAL_LOCK_S), ids.size > 0 ? 30 : 0)
}

const lastElapsed = (exchange: Exchange | undefined): number => (exchange && passwordRound(exchange)?.elapsed) ?? 0

const spareOf = (bench: Bench, id: string | undefined): Account | undefined =>
  bench.statement.accounts.find((a) => (id === undefined ? a.spare === true : a.id === id))

/** Whoever must not be locked out: the log-in's own account, else another administrator, else anybody else. */
function ownerOf(bench: Bench, { account }: LoginPlace, spare: Account): Account | null {
  if (account.id !== spare.id) return account
  const others = bench.statement.accounts.filter((a) => a.id !== spare.id)
  return others.find((a) => a.role === 'administrator') ?? others[0] ?? null
}

function attackOn(bench: Bench, place: LoginPlace, spare: Account, protocol: Spoken): Attack {
  const at = (account: string): string =>
    loginsOver(bench.statement, protocol).find((l) => l.service.id === place.service.id && l.account.id === account)
      ?.login.target ?? place.login.target
  const owner = ownerOf(bench, place, spare)
  const elsewhere: Spoken = protocol === 'http' ? 'rtsp' : 'http'
  const there = loginsOver(bench.statement, elsewhere).find((l) => l.account.id === spare.id)
  const to = there ? endpointOfService(bench, there.service) : null
  return {
    ...place,
    spare: bench.credential(spare.id),
    spareTarget: at(spare.id),
    owner: owner && { credential: bench.credential(owner.id), target: at(owner.id) },
    protocol,
    other: there && to ? { to, target: there.login.target, protocol: elsewhere } : null,
  }
}

type Once = (
  credential: Credential | null,
  target: string,
  more?: { source?: string; headers?: [string, string][]; milliseconds?: number },
) => Promise<Exchange>

/** One request on a connection of its own. */
const onceWith =
  (bench: Bench, { to, protocol }: Attack): Once =>
  async (credential, target, { source, headers = [], milliseconds = PATIENCE_MS } = {}) => {
    const client = clientAt(bench, to, protocol, { milliseconds, ...(source ? { source } : {}) })
    const log = credential ? { credential } : {}
    const exchange = await client.send({ method: METHODS[protocol], target, headers, ...log })
    client.close()
    return exchange
  }

async function otherOnce(bench: Bench, { other, spare }: Attack, milliseconds = PATIENCE_MS): Promise<Exchange | null> {
  if (!other) return null
  const client = clientAt(bench, other.to, other.protocol, { milliseconds })
  const exchange = await client.send({ method: METHODS[other.protocol], target: other.target, credential: spare })
  client.close()
  return exchange
}

/** Exactly so many wrong passwords, one after the other, over one client. */
async function wrongInARow(
  bench: Bench,
  { to, spare, spareTarget, protocol }: Attack,
  count: number,
): Promise<Exchange[]> {
  const id = `${protocol}-lockout`
  const wrong: Exchange[] = []
  let client = clientAt(bench, to, protocol, { milliseconds: PATIENCE_MS })
  while (wrong.length < count && !bench.signal.aborted) {
    wrong.push(
      await client.send({ method: METHODS[protocol], target: spareTarget, credential: wrongPassword(spare.user) }),
    )
    bench.progress({ code: `${id}.wrong`, values: { done: wrong.length, all: count } })
    if (wrong.length < count && wrong.at(-1)?.failure?.code === 'timeout') {
      client.close()
      client = clientAt(bench, to, protocol, { milliseconds: QUICK_MS * 2 })
    }
  }
  client.close()
  return wrong
}

async function duringLock(bench: Bench, attack: Attack, once: Once, milliseconds: number): Promise<Lockout['during']> {
  const { owner, spare, spareTarget, to } = attack
  const elsewhere = bench.sources(to.family)[1]
  return {
    owner: owner && (await once(owner.credential, owner.target, { milliseconds })),
    ownerElsewhere:
      owner && elsewhere ? await once(owner.credential, owner.target, { source: elsewhere, milliseconds }) : null,
    other: await otherOnce(bench, attack, milliseconds),
    forged: await once(spare, spareTarget, {
      milliseconds,
      headers: [['X-Forwarded-For', to.family === 'ipv4' ? '192.0.2.77' : '2001:db8::77']],
    }),
  }
}
