import { answerOf } from '../../suites/facts/answer.ts'
import { defaultPasswords, isListed } from '../../suites/facts/catalogue.ts'
import { alike, looksGranted } from '../../suites/facts/likeness.ts'
import type { Seen } from '../../suites/observation.ts'
import type { CredentialTries } from '../../suites/observations/credential-tries.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { DeclaredLogin } from '../../suites/observations/log-ins.ts'
import type { BruteForce, Family, Statement } from '../../suites/statement.ts'
import type { Bench, Credential } from '../probe.ts'
import { unanswered, wrongPassword, type LoginPlace } from './log-in-place.ts'
import { strangersBeside } from './strangers.ts'

/** Sends the protected request of the log-in, on a connection of its own. */
export type Send = (credential?: Credential) => Promise<Exchange>

/** The same request over the other address family. */
export interface Elsewhere {
  family: Family
  send: Send
}

const BATCH = 3
/** What waiting for locks may cost in all, in seconds, or three times the lock where that is longer. */
const MOST_WAITED_S = 180
const LONGEST_WAIT_S = 900
const DEFAULT_LOCK_S = 60
/** Where no window is declared, failures are taken to be forgotten after this. */
const DEFAULT_WINDOW_S = 30
const LONGEST_PACE_S = 120

/** Half a minute for each log-in, and time to wait out a lock. */
export const secondsFor = (statement: Statement, logins: DeclaredLogin[]): number =>
  logins.reduce((sum, { login }) => {
    const lock = statement.bruteForce.find((r) => r.login === login.id)?.lockSeconds ?? DEFAULT_LOCK_S
    return sum + 30 + Math.ceil(Math.min(lock, LONGEST_WAIT_S) * 0.75)
  }, 0)

/**
 * The pairs of the catalogue, then blank and user = password for every declared user name, each once. A user who has a
 * log-in of his own at the service is tried there only: here nothing would show that he has been locked. Users that are
 * not declared are tried at the first log-in of the service.
 */
function pairsFor({ statement, catalogue }: Bench, { login, service, account }: LoginPlace): Credential[] {
  const here = statement.logins.filter((l) => l.service === service.id)
  const userOf = (id: string): string | undefined => statement.accounts.find((a) => a.id === id)?.user
  const others = new Set(here.filter((l) => l.account !== account.id).map((l) => userOf(l.account)))
  const isFirst = (here[0]?.id ?? login.id) === login.id
  const users = [...new Set(statement.accounts.map((a) => a.user))]
  const pairs = [
    ...defaultPasswords(catalogue('default-passwords')),
    ...users.flatMap((user) => [
      { user, password: '' },
      { user, password: user },
    ]),
  ].filter(({ user }) => user === account.user || (isFirst && !others.has(user)))
  const once = new Map(pairs.map((p) => [`${p.user}\n${p.password}`, p]))
  return [...once.values()].map(({ user, password }) => ({ user, password, secret: password, published: true }))
}

/**
 * Tries listed credentials in small batches, each followed by the right one: a lock that the probe itself set off would
 * else make every later try look refused. Where the right credential does not exist yet, slowly.
 */
export async function tryCredentials(
  bench: Bench,
  place: LoginPlace,
  send: Send,
  { compare = alike, elsewhere = null }: { compare?: typeof alike; elsewhere?: Elsewhere | null } = {},
): Promise<Seen<CredentialTries>> {
  const { to, login, account } = place
  const right = bench.credential(account.id)
  const row = bench.statement.bruteForce.find((r) => r.login === login.id)
  const lockSeconds = Math.min(row?.lockSeconds ?? DEFAULT_LOCK_S, LONGEST_WAIT_S)
  const wait = async (seconds: number): Promise<number> => {
    const from = bench.now()
    await bench.wait(seconds * 1000, {
      code: `${place.service.protocol.startsWith('rtsp') ? 'rtsp' : 'http'}-credentials.waiting`,
      values: { seconds },
    })
    return bench.now() - from
  }
  let [anonymous, knownGood] = [await send(), await send(right)]
  // A lock or ban may still hold from an earlier probe; where the lab could not even ask, there is nothing to wait for.
  const isUnasked = knownGood.failure?.code === 'lab' && knownGood.rounds.length === 0
  const isShut = bench.state !== 'factory-fresh' && !looksGranted(answerOf(knownGood)) && !isUnasked
  if (isShut && (await wait(lockSeconds + 2)) > 0) [anonymous, knownGood] = [await send(), await send(right)]
  // What keeps the lab from logging in at all keeps it from trying anything.
  if (knownGood.failure?.code === 'lab' && !bench.signal.aborted)
    return {
      ...unanswered('lab', 'framework.no-log-in', { login: login.id, detail: knownGood.failure.detail }),
      partial: { anonymous, knownGood },
    }
  const knownBad = await send(wrongPassword(account.user))
  const [good, bad] = [answerOf(knownGood), answerOf(knownBad)]
  const isGood = (exchange: Exchange): boolean => compare(answerOf(exchange), good, bad) === 'granted'
  const works = looksGranted(good) && isGood(knownGood)
  const value: CredentialTries = {
    family: to.family,
    port: to.port,
    tls: to.tls,
    target: login.target,
    user: account.user,
    declaredIsListed: isListed(right, bench.catalogue('default-passwords')),
    anonymous,
    knownGood,
    knownBad,
    batches: [],
    repeats: [],
    complete: true,
    elsewhere: null,
    stopped: null,
  }
  const stop = (why: NonNullable<CredentialTries['stopped']>): void => {
    value.complete = false
    value.stopped = why
  }

  const most = Math.max(1, Math.min(BATCH, (row?.failures ?? BATCH + 1) - 1))
  let size = Math.max(1, most - 1)
  let left = Math.max(MOST_WAITED_S, 3 * (lockSeconds + 2))
  // Before the set-up no right password shows a lock, and earlier probes presented the lab's own: whatever they set off ends first.
  const isBlind = !works && bench.state === 'factory-fresh'
  if (isBlind && [knownGood, knownBad].some((e) => e.request.scheme !== 'none')) {
    const seconds = Math.min((row ?? rowBeside(bench.statement, login))?.lockSeconds ?? DEFAULT_LOCK_S, lockSeconds) + 2
    left -= seconds
    await wait(seconds)
  }
  const queue = pairsFor(bench, place)
  const strangers = strangersBeside(account.user, row)
  while (queue.length > 0 && value.stopped === null) {
    const batch = strangers.take(queue, size)
    if (batch.length === 0) {
      if (left < strangers.restSeconds) stop('locked')
      else {
        left -= strangers.restSeconds
        await wait(strangers.restSeconds)
        strangers.rested()
      }
      if (bench.signal.aborted) stop('cancelled')
      continue
    }
    const tries: Exchange[] = []
    for (const credential of batch) tries.push(await send(credential))
    let control = await send(right)
    let waited = 0
    if (bench.signal.aborted) stop('cancelled')
    else if (works && !isGood(control)) {
      if (left < lockSeconds + 2) stop(control.failure ? 'unreachable' : 'locked')
      else {
        left -= lockSeconds + 2
        value.batches.push({ tries, control, waited: 0 })
        waited = await wait(lockSeconds + 2)
        control = await send(right)
        if (!isGood(control)) stop(control.failure ? 'unreachable' : 'locked')
        value.batches.push({ tries: [], control, waited })
        queue.unshift(...batch)
        strangers.rested()
        size = 1
        continue
      }
    } else if (isBlind && queue.length > 0 && tries.some((t) => t.request.scheme !== 'none')) {
      const window = row?.windowSeconds ?? DEFAULT_WINDOW_S
      if (window > LONGEST_PACE_S) value.complete = false
      else waited = await wait(window + 1)
    }
    value.batches.push({ tries, control, waited })
    if (size !== 1) size = most
  }
  if (!works) await repeatOdd(value, account.user, send, compare)
  else if (elsewhere && value.stopped === null)
    value.elsewhere = await tryElsewhere(bench, place, elsewhere, {
      ...{ isGood, size: most, wait: () => wait(lockSeconds + 2) },
      banned: value.batches.some((b) => !isGood(b.control)),
    })
  return { answered: true, value, controls: [], artifacts: [] }
}

/** What is declared of another log-in at the same service. */
const rowBeside = ({ bruteForce, logins }: Statement, { service }: LoginPlace['login']): BruteForce | undefined =>
  bruteForce.find((row) => logins.some((l) => l.id === row.login && l.service === service))

/** Without a known good answer, a try that was answered otherwise than the known bad one is made again, between random passwords. */
async function repeatOdd(value: CredentialTries, user: string, send: Send, compare: typeof alike): Promise<void> {
  const bad = answerOf(value.knownBad)
  const odd = value.batches
    .flatMap((b) => b.tries)
    .filter((t) => looksGranted(answerOf(t)) && compare(answerOf(t), answerOf(t), bad) === 'granted')
  for (const { request } of odd.slice(0, 3)) {
    if (!request.credential) continue
    const again = await send({
      user: request.credential.user,
      password: request.credential.secret,
      secret: request.credential.secret,
      published: true,
    })
    value.repeats.push({ again, bad: await send(wrongPassword(user)) })
  }
}

/**
 * What is listed for the declared user over the other family, in the same small batches; where these set off a ban before,
 * only as many as the declared number bears. Users without a log-in here are left out: one family has told of them.
 */
async function tryElsewhere(
  bench: Bench,
  place: LoginPlace,
  { family, send }: Elsewhere,
  before: { banned: boolean; size: number; isGood: (exchange: Exchange) => boolean; wait: () => Promise<number> },
): Promise<NonNullable<CredentialTries['elsewhere']>> {
  const { isGood, banned } = before
  const right = bench.credential(place.account.id)
  const row = bench.statement.bruteForce.find((r) => r.login === place.login.id)
  const all = pairsFor(bench, place).filter(({ user }) => user === place.account.user)
  const queue = banned ? all.slice(0, Math.max(1, (row?.failures ?? BATCH + 1) - 2)) : all
  const knownBad = await send(wrongPassword(place.account.user))
  const batches: NonNullable<CredentialTries['elsewhere']>['batches'] = [{ tries: [], control: await send(right) }]
  let [size, waits] = [before.size, banned ? 1 : 2]
  const holds = (): boolean => isGood(batches.at(-1)?.control ?? knownBad)
  for (;;) {
    if (!holds()) {
      if (waits-- <= 0 || bench.signal.aborted) break
      await before.wait()
      batches.push({ tries: [], control: await send(right) })
      size = 1
      continue
    }
    if (queue.length === 0 || bench.signal.aborted) break
    const batch = queue.splice(0, size)
    const tries: Exchange[] = []
    for (const credential of batch) tries.push(await send(credential))
    batches.push({ tries, control: await send(right) })
    if (!holds()) queue.unshift(...batch)
  }
  return { family, knownBad, batches, complete: queue.length === 0 && holds() }
}
