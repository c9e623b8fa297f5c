import type { Reading } from '../../suites/facts/lock.ts'
import type { Unanswered } from '../../suites/observation.ts'
import type { Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { During, Guessing } from '../../suites/observations/lockout.ts'
import type { Account, BruteForce, Family } from '../../suites/statement.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { unanswered, wrongPassword } from './log-in-place.ts'
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
export const USUAL_LOCK_S = 60
/** Failed log-ins may be answered seconds late on purpose. */
export const PATIENCE_MS = 30_000

/** The record of one try. */
interface Tried {
  at: number
  elapsed: number
  failure: Failure | null
}

/** From where and how long a try is made. */
export interface Manner {
  milliseconds?: number
  /** Address of the lab. */
  source?: string
  /** Another address of the device. */
  to?: Endpoint
  /** Names another sender in X-Forwarded-For. */
  forged?: true
}

/** A log-in as far as guessing at it needs it; T is the record of one try. */
export interface LockDoor<T extends Tried> {
  /** Kind of the observation, which its messages are named by. */
  id: string
  /** Names the log-in in messages. */
  login: string
  to: Endpoint
  /** Over which the service is declared. */
  families: readonly Family[]
  /** Whom the log-in is declared for; null where nobody is. */
  account: Account | null
  /** What is declared of the protection here or behind it; its numbers say how the attack is made. */
  rule: BruteForce | undefined
  reading: Reading<T>
  /** Tries one after the other, as the accounts of their credentials, on one connection where the device keeps it. */
  open(to: Endpoint, manner: Manner): { send(credential: Credential, account: Account): Promise<T>; close(): void }
  /** The first try with the right password, of which steps before may have kept it. */
  first(ask: () => Promise<T>, spare: Account): Promise<T>
  /** What came of a try, in a word or a number, for a message. */
  said(tried: T): string | number
  /** Whether a sender can be forged in a header. */
  forges: boolean
  /** The account attacked at another interface. */
  other(spare: Account, milliseconds: number): Promise<Exchange | null>
}

/** Wrong passwords in a row against an account that may be locked, then how long the right one fails. */
export async function attackLogin<T extends Tried>(bench: Bench, door: LockDoor<T>): Promise<Guessing<T> | Unanswered> {
  const { id, rule, reading } = door
  const spare = spareOf(bench, rule?.spare)
  if (!spare) return unanswered('operator', `${id}.no-spare`, { login: door.login })
  const administrators = bench.statement.accounts.filter((a) => a.role === 'administrator')
  if (administrators.length === 1 && administrators[0]?.id === spare.id)
    return unanswered('operator', `${id}.only-administrator`, { account: spare.id })
  const owner = ownerOf(bench, door.account, spare)
  const once = onceWith(bench, door)

  const before = {
    spare: await door.first(() => once(spare), spare),
    owner: owner && (await once(owner)),
    other: await door.other(spare, PATIENCE_MS),
  }
  const { failure } = before.spare
  if (failure?.code === 'refused' || failure?.code === 'unreachable')
    return {
      ...unanswered('device', 'framework.log-in-silent', { login: door.login, failure: failure.code }),
      partial: before,
    }
  if (!reading.isGood(before.spare))
    return {
      ...unanswered('operator', `${id}.spare-does-not-log-in`, {
        account: spare.id,
        status: door.said(before.spare),
      }),
      partial: before,
    }

  const quick = (milliseconds = patienceOf(before.spare, value.stages)): Promise<T> => once(spare, { milliseconds })
  const value: Guessing<T> = {
    spare: spare.id,
    owner: owner?.id ?? null,
    before,
    stages: [],
    pair: null,
    during: null,
    polls: [],
    returned: true,
  }
  const declared = Math.min(rule?.failures ?? USUAL_FAILURES, CAP)
  const isGranted = (tried: T): boolean => reading.isGranted(tried, before.spare, value.stages[0]?.wrong[0] ?? null)
  for (const count of [declared, Math.min(Math.max(declared, MOST_ASKED) + 1, CAP - declared)]) {
    if (count <= 0 || bench.signal.aborted || value.during) break
    const wrong = await wrongInARow(bench, door, spare, count)
    const late: T[] = []
    const milliseconds = patienceOf(before.spare, [...value.stages, { wrong }])
    const right = await once(spare, { milliseconds })
    value.stages.push({ wrong, right, late })
    // A log-in that answers alike to any password shows nothing, however often it is tried.
    if (reading.isAnswered(wrong[0] ?? null) && !isGranted(before.spare)) break
    const lateEnd = right.at + right.elapsed + LATE_SPAN_MICROS
    for (let i = 0; i < LATE_TRIES && bench.now() < lateEnd && isGranted(late.at(-1) ?? right); i++) {
      if (!(await bench.wait(LATE_STEP_MS, { code: `${id}.settling`, values: {} }))) break
      late.push(await quick())
    }
    if (isGranted(late.at(-1) ?? right)) continue
    value.during = await duringLock(bench, door, { spare, owner }, milliseconds)
    value.returned = false
  }
  const last = value.stages.at(-1)?.wrong.at(-1)
  // Where one connection is allowed, the second of a pair would wait here and not at the device.
  if (value.during === null && last && reading.tookOf(last) >= LATE_MICROS && bench.budgets.connections > 1) {
    const [first, second] = await Promise.all([1, 2].map(() => once(spare, {}, wrongPassword(spare.user))))
    if (first && second) value.pair = { first, second }
  }
  if (value.during !== null && last) {
    const from = last.at + last.elapsed
    const times = pollTimes(rule?.lockSeconds ?? USUAL_LOCK_S)
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
  const broken = (all as (Tried | null | undefined)[]).find((e) => e?.failure?.code === 'lab')
  if (broken && !bench.signal.aborted)
    return {
      ...unanswered('lab', 'framework.no-log-in', { login: door.login, detail: broken.failure?.detail ?? '' }),
      partial: value,
    }
  return value
}

/**
 * How long the right password is waited for, in milliseconds: a lock that shows by silence may be over before a longer
 * look ends. Delays that wrong passwords met may meet the right one as well.
 */
function patienceOf(before: Tried, stages: readonly { wrong: Tried[] }[]): number {
  const answered = stages.flatMap((s) => s.wrong).filter((w) => w.failure === null)
  const slowest = Math.max(0, ...answered.map((w) => w.elapsed))
  return Math.min(PATIENCE_MS, Math.max(QUICK_MS, Math.ceil(before.elapsed / 250), QUICK_MS + Math.ceil(slowest / 500)))
}

const spareOf = (bench: Bench, id: string | undefined): Account | undefined =>
  bench.statement.accounts.find((a) => (id === undefined ? a.spare === true : a.id === id))

/** Whoever must not be locked out: the log-in's own account, else another administrator, else anybody else. */
function ownerOf(bench: Bench, account: Account | null, spare: Account): Account | null {
  if (account && account.id !== spare.id) return account
  const others = bench.statement.accounts.filter((a) => a.id !== spare.id)
  return others.find((a) => a.role === 'administrator') ?? others[0] ?? null
}

/** One try with the right password of an account, or with another one, on a connection of its own. */
const onceWith =
  <T extends Tried>(bench: Bench, door: LockDoor<T>) =>
  async (account: Account, manner: Manner = {}, credential = bench.credential(account.id)): Promise<T> => {
    const opened = door.open(manner.to ?? door.to, { milliseconds: PATIENCE_MS, ...manner })
    const tried = await opened.send(credential, account)
    opened.close()
    return tried
  }

/** Exactly so many wrong passwords, one after the other. */
async function wrongInARow<T extends Tried>(
  bench: Bench,
  door: LockDoor<T>,
  spare: Account,
  count: number,
): Promise<T[]> {
  const wrong: T[] = []
  let opened = door.open(door.to, { milliseconds: PATIENCE_MS })
  while (wrong.length < count && !bench.signal.aborted) {
    wrong.push(await opened.send(wrongPassword(spare.user), spare))
    bench.progress({ code: `${door.id}.wrong`, values: { done: wrong.length, all: count } })
    if (wrong.length < count && wrong.at(-1)?.failure?.code === 'timeout') {
      opened.close()
      opened = door.open(door.to, { milliseconds: QUICK_MS * 2 })
    }
  }
  opened.close()
  return wrong
}

async function duringLock<T extends Tried>(
  bench: Bench,
  door: LockDoor<T>,
  { spare, owner }: { spare: Account; owner: Account | null },
  milliseconds: number,
): Promise<During<T>> {
  const once = onceWith(bench, door)
  const source = bench.sources(door.to.family)[1]
  const other = otherFamilyOf(bench, door)
  return {
    owner: owner && (await once(owner, { milliseconds })),
    ownerElsewhere: owner && source ? await once(owner, { source, milliseconds }) : null,
    other: await door.other(spare, milliseconds),
    ...(door.forges ? { forged: await once(spare, { milliseconds, forged: true }) } : {}),
    // Last, for a log-in that works may end the lock.
    elsewhere: source ? await once(spare, { source, milliseconds }) : null,
    otherFamily: other && (await once(spare, { to: other, milliseconds })),
  }
}

/** The same port over the other one of IPv4 and IPv6, where service, device and lab have both. */
function otherFamilyOf<T extends Tried>(bench: Bench, { families, to }: LockDoor<T>): Endpoint | null {
  const family = to.family === 'ipv4' ? 'ipv6' : 'ipv4'
  return families.includes(family) && bench.sources(family).length > 0 ? bench.endpoint(family, to.port, to.tls) : null
}

/** The header that names another sender (RFC 7239 section 8.1). */
export const forgedSender = ({ family }: { family: Family }): [string, string] => [
  'X-Forwarded-For',
  family === 'ipv4' ? '192.0.2.77' : '2001:db8::77',
]
