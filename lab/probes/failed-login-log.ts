import { randomBytes } from 'node:crypto'
import { wereAccepted } from '../../suites/facts/login-outcome.ts'
import { remoteOutcome } from '../../suites/facts/remote-outcome.ts'
import { kind, type FailedLoginLog } from '../../suites/observations/failed-login-log.ts'
import type { Login, Statement } from '../../suites/statement.ts'
import { declaredOf } from '../../suites/subject.ts'
import { defineProbe, type Bench, type Credential } from '../probe.ts'
import { openChannels, quietTime, storable } from '../services/log-channels.ts'
import { anyDoorOf, type AnyDoor } from './login-door.ts'

const QUIET_MILLISECONDS = 2_000
/** Records may come a second or two late and out of step: events keep apart by this. */
const BETWEEN_MILLISECONDS = 1_000
/** Records that are later than this count as missing. */
const LATE_MILLISECONDS = 10_000
const MOST_WRONG = 2

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })

/** Successful and failed log-ins with the device's log channels pointed at the lab; what came in, and when. */
export const probe = defineProbe<FailedLoginLog>({
  id: ID,
  version: '1.1.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 5,
  failsLogins: true,
  states: ['in-service'],
  seconds: (statement) => (statement.logging.channels.length === 0 ? 1 : 25 * Math.max(1, statement.logins.length)),
  async run(bench, subject) {
    const login = bench.statement.logins.find((l) => l.id === declaredOf(subject).id)
    const unanswered = (
      cause: 'lab' | 'device' | 'operator',
      key: string,
      values: Record<string, string | number> = {},
    ) => ({ answered: false as const, cause, why: about(key, values), artifacts: [] })
    if (bench.statement.logging.channels.length === 0) {
      const value = { declared: false, channels: [], quiet: null, events: [], until: null, records: [], left: 0 }
      return { answered: true, value, controls: [], artifacts: [] }
    }
    const door = login ? await anyDoorOf(bench, login) : null
    if (!login || !door) return unanswered('lab', 'no-client', { login: declaredOf(subject).id })

    const channels = await openChannels(bench, `${ID}/${subject}`, door.endpoint.family)
    try {
      if (!channels.list.some((c) => c.receiving))
        return unanswered('lab', 'no-receiver', { detail: channels.faults.join('; ') })
      const quiet = await quietTime(bench, channels, QUIET_MILLISECONDS, about('quiet'))
      const { events, marker } = await logIns(bench, login, door, subject)
      await late(bench, () => channels.since(quiet.from).some((r) => Buffer.from(r.bytes).includes(marker)))
      const until = bench.now()
      await channels.restore()
      if (bench.signal.aborted) return unanswered('lab', 'cancelled')
      const { records, left } = storable(bench, channels.since(quiet.from))
      const controls = [{ id: 'log-in-works', ok: worked(events), about: about('control-log-in') }]
      const value = {
        declared: true,
        channels: channels.list,
        quiet,
        events,
        until,
        records,
        left,
      }
      return { answered: true, value, controls, artifacts: [] }
    } finally {
      await channels.close()
    }
  },
})

/** The right password was let in each time. */
function worked(events: FailedLoginLog['events']): boolean {
  const good = events.filter((e) => e.what === 'accepted')
  const remote = good.flatMap((e) => e.remote ?? [])
  return remote.length > 0
    ? remote.every((r) => remoteOutcome(r.protocol, r.attempt) === 'granted')
    : wereAccepted(good.flatMap((e) => e.exchange ?? []))
}

/** In order: right, unknown user, wrong password a few times, right again. */
async function logIns(
  bench: Bench,
  login: Login,
  door: AnyDoor,
  subject: string,
): Promise<{ events: FailedLoginLog['events']; marker: string }> {
  const events: FailedLoginLog['events'] = []
  const marker = `cs${randomBytes(6).toString('hex')}`
  const tries = async (what: FailedLoginLog['events'][number]['what'], credential: Credential) => {
    if (events.length > 0) await bench.wait(BETWEEN_MILLISECONDS, about('between'))
    if (bench.signal.aborted) return
    bench.progress(about(`doing-${what}`))
    const tried = await door.tryOnce(credential)
    const id = `${what}-${events.filter((e) => e.what === what).length + 1}`
    events.push({ id, what, user: credential.user, ...tried })
  }
  const right = bench.credential(login.account)
  const { victim, times } = wrongTries(bench.statement, login)
  await tries('accepted', right)
  await tries('unknown-user', { ...(await bench.freshSecret(`${ID}/${subject}/unknown-user`)), user: marker })
  for (let i = 1; i <= times; i++)
    await tries('wrong-password', {
      ...(await bench.freshSecret(`${ID}/${subject}/wrong-${i}`)),
      user: bench.credential(victim).user,
    })
  await tries('accepted', right)
  return { events, marker }
}

/**
 * Whose password is wrong, and how often: with the unknown user, a digest log-in that counts double and one to spare it
 * stays under the declared lock. Without a declared number once.
 */
function wrongTries(statement: Statement, login: Login): { victim: string; times: number } {
  const declared =
    statement.bruteForce.find((b) => b.login === login.id) ??
    statement.bruteForce.find((b) => statement.logins.find((l) => l.id === b.login)?.account === login.account)
  const spare = declared?.spare ?? login.account
  const times =
    declared?.failures === undefined
      ? 1
      : Math.max(0, Math.min(MOST_WRONG, Math.floor((declared.failures - 1) / 2) - 1))
  return { victim: spare, times }
}

/** Waits for late records; two quiet seconds after the wanted one are enough. */
async function late(bench: Bench, found: () => boolean): Promise<void> {
  const end = bench.now() + LATE_MILLISECONDS * 1000
  while (bench.now() < end && !found()) if (!(await bench.wait(500, about('late')))) return
  if (found()) await bench.wait(Math.min(2_000, Math.max(0, (end - bench.now()) / 1000)), about('late'))
}
