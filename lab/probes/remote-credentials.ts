import { isListed } from '../../suites/facts/catalogue.ts'
import { remoteOutcome, type RemoteOutcome } from '../../suites/facts/remote-outcome.ts'
import type { Seen } from '../../suites/observation.ts'
import { kind, type RemoteAttempt, type RemoteCredentials } from '../../suites/observations/remote-credentials.ts'
import { remoteEndpoints, remoteProtocolOf, type RemoteEndpoint } from '../../suites/observations/remote-endpoints.ts'
import { endpointOf } from '../../suites/subject.ts'
import { defineProbe, type Bench, type Credential } from '../probe.ts'
import { unanswered, wrongPassword } from './log-in-place.ts'
import { listedCredentials, openDoor, type RemoteDoor } from './remote-door.ts'
import { strangersBeside } from './strangers.ts'

const BATCH = 3
/** What waiting for a closed door may cost in all, in seconds, or three times the lock where that is longer. */
const MOST_WAITED_S = 180
/** Where no lock is declared: a ban may be short, and a lock may be prolonged by every try. */
const LOOKS_S = [15, 47]
const LONGEST_WAIT_S = 900
const DEFAULT_LOCK_S = 60
const LET_IN: readonly RemoteOutcome[] = ['granted', 'open', 'prompt']

/** Tries to get in by SSH, Telnet, FTP, MQTT or a console: without a log-in, and with published credentials. */
export const probe = defineProbe<RemoteCredentials>({
  id: 'remote-credentials',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 25,
  failsLogins: true,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) => 30 * statement.services.filter((s) => remoteProtocolOf(s) !== null).length,
  async run(bench, subject): Promise<Seen<RemoteCredentials>> {
    const { family, port } = endpointOf(subject)
    const endpoint = remoteEndpoints(bench).find((e) => e.subject === subject)
    const to = endpoint && bench.endpoint(family, port, endpoint.tls)
    if (!to) return unanswered('lab', 'remote-credentials.no-address', { subject })
    let door = await openDoor(bench, endpoint, to)
    // An earlier step may have had the lab's address banned.
    if (NO_WAY_IN.has(door.start.anonymous.failure?.code ?? '')) {
      await waitFor(bench, lockSecondsOf(door) + 2)
      door = await openDoor(bench, endpoint, to)
    }
    const value = await startOf(bench, endpoint, door)
    if (bench.signal.aborted) return unanswered('lab', 'remote-credentials.cancelled', { subject })
    const { code = '' } = value.knownBad.failure ?? {}
    if (value.knownBad.steps.length === 0 && value.anonymous.steps.length === 0)
      return unanswered(code === 'lab' ? 'lab' : 'device', 'remote-credentials.not-reached', { subject, failure: code })
    await tryListed(bench, door, value)
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

const NO_WAY_IN = new Set(['refused', 'timeout', 'unreachable'])

const lockSecondsOf = ({ rule }: RemoteDoor): number => Math.min(rule?.lockSeconds ?? DEFAULT_LOCK_S, LONGEST_WAIT_S)

const waitFor = (bench: Bench, seconds: number): Promise<boolean> =>
  bench.wait(seconds * 1000, { code: 'remote-credentials.waiting', values: { seconds } })

/** The declared credential, if any, and a random password: what a try is compared with. */
async function startOf(bench: Bench, endpoint: RemoteEndpoint, door: RemoteDoor): Promise<RemoteCredentials> {
  const right = door.account && bench.credential(door.account.id)
  return {
    family: door.to.family,
    port: door.to.port,
    protocol: endpoint.protocol,
    tls: endpoint.tls,
    ...door.start,
    knownGood: right && (await door.knock(right)),
    knownBad: await door.knock(wrongPassword(right?.user ?? 'admin')),
    batches: [],
    declaredIsListed: right !== null && isListed(right, bench.catalogue('default-passwords')),
    complete: true,
    stopped: null,
  }
}

/**
 * Small batches, each followed by the declared credential or else a random password: a door that answers that otherwise
 * than before has closed, is waited for, and the batch is made again one by one.
 */
async function tryListed(bench: Bench, door: RemoteDoor, value: RemoteCredentials): Promise<void> {
  const outcome = (attempt: RemoteAttempt) => remoteOutcome(value.protocol, attempt)
  const bad = outcome(value.knownBad)
  // Anybody gets in, or nothing can be told from a refusal: no try would say more.
  if (bad !== 'refused' && bad !== 'no-password') return
  const right = door.account && bench.credential(door.account.id)
  const works = value.knownGood !== null && LET_IN.includes(outcome(value.knownGood))
  const control = works && right ? right : wrongPassword(right?.user ?? 'admin')
  const held = (attempt: RemoteAttempt) => (works ? LET_IN.includes(outcome(attempt)) : outcome(attempt) === bad)
  const most = Math.max(1, Math.min(BATCH, (door.rule?.failures ?? BATCH + 1) - 1))
  const queue = bad === 'no-password' ? onePerUser(listedCredentials(bench)) : listedCredentials(bench)
  const stop = (why: NonNullable<RemoteCredentials['stopped']>): void => {
    value.complete = false
    value.stopped = why
  }
  const strangers = strangersBeside(right?.user ?? '', door.rule)
  let size = most
  let left = Math.max(MOST_WAITED_S, 3 * (lockSecondsOf(door) + 2))
  while (queue.length > 0 && value.stopped === null) {
    const batch = strangers.take(queue, size)
    if (batch.length === 0) {
      if (left < strangers.restSeconds) stop('locked')
      left -= strangers.restSeconds
      if (value.stopped === null && !(await waitFor(bench, strangers.restSeconds))) stop('cancelled')
      strangers.rested()
      continue
    }
    bench.progress({ code: 'remote-credentials.trying', values: { protocol: value.protocol, left: queue.length } })
    const tries = await Promise.all(batch.map((credential) => door.knock(credential)))
    const after = await door.knock(control)
    value.batches.push({ tries, control: after, waited: 0 })
    if (bench.signal.aborted) stop('cancelled')
    else if (!held(after)) {
      const from = bench.now()
      const again = await reopened(bench, door, control, held, left)
      left -= Math.ceil((bench.now() - from) / 1_000_000)
      if (again === null) stop(after.failure ? 'unreachable' : 'locked')
      else {
        value.batches.push({ tries: [], control: again, waited: bench.now() - from })
        if (!held(again)) stop(again.failure ? 'unreachable' : 'locked')
        queue.unshift(...batch)
        strangers.rested()
        size = 1
      }
    }
  }
}

/** Waits until the door answers as before; twice the declared lock, since a ban made from a late log begins anew. Null without time. */
async function reopened(
  bench: Bench,
  door: RemoteDoor,
  control: Credential,
  held: (attempt: RemoteAttempt) => boolean,
  left: number,
): Promise<RemoteAttempt | null> {
  const lock = lockSecondsOf(door) + 2
  const looks = door.rule?.lockSeconds === undefined ? LOOKS_S : [lock, lock]
  let last: RemoteAttempt | null = null
  for (const seconds of looks) {
    if (seconds > left) break
    left -= seconds
    if (!(await waitFor(bench, seconds))) break
    last = await door.knock(control)
    if (held(last)) break
  }
  return last
}

/** Where no password is asked for, only the user can make a difference. */
const onePerUser = (credentials: Credential[]): Credential[] => [
  ...new Map(credentials.map((c) => [c.user, c])).values(),
]
