import { randomBytes } from 'node:crypto'
import { readLog } from '../../suites/facts/log-entries.ts'
import { wereAccepted } from '../../suites/facts/login-outcome.ts'
import { remoteOutcome } from '../../suites/facts/remote-outcome.ts'
import { kind, type FailedLoginLog } from '../../suites/observations/failed-login-log.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { declaresLog } from '../../suites/observations/log-actions.ts'
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
/** A log that no channel tells of is looked at after this, and at the end of the wait. */
const SOON_MILLISECONDS = 2_000

const ID = kind.id
const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `${ID}.${key}`, values })

/** Successful and failed log-ins with the device's log channels pointed at the lab and its own log read; what came in, and when. */
export const probe = defineProbe<FailedLoginLog>({
  id: ID,
  version: '1.2.0',
  kind,
  tier: 'W',
  grade: 'disruptive',
  order: 5,
  failsLogins: true,
  states: ['in-service'],
  seconds: (statement) => (declaresLog(statement) ? 25 * Math.max(1, statement.logins.length) : 1),
  async run(bench, subject) {
    const login = bench.statement.logins.find((l) => l.id === declaredOf(subject).id)
    const unanswered = (
      cause: 'lab' | 'device' | 'operator',
      key: string,
      values: Record<string, string | number> = {},
    ) => ({ answered: false as const, cause, why: about(key, values), artifacts: [] })
    if (!declaresLog(bench.statement)) {
      const value = { declared: false, channels: [], quiet: null, events: [], until: null, records: [], left: 0 }
      return { answered: true, value, controls: [], artifacts: [] }
    }
    const door = login ? await anyDoorOf(bench, login) : null
    if (!login || !door) return unanswered('lab', 'no-client', { login: declaredOf(subject).id })

    const { api } = bench.statement.logging
    const readOwn = async (): Promise<Exchange | null> => (api ? await bench.perform(api.read, {}) : null)
    const channels = await openChannels(bench, `${ID}/${subject}`, door.endpoint.family)
    try {
      const isReceiving = channels.list.some((c) => c.receiving)
      if (!api && !isReceiving) return unanswered('lab', 'no-receiver', { detail: channels.faults.join('; ') })
      const quiet = await quietTime(bench, channels, QUIET_MILLISECONDS, about('quiet'))
      const first = await readOwn()
      const { events, marker, before } = await logIns(bench, login, door, subject, readOwn)
      let after: Exchange | null = null
      if (isReceiving)
        await late(bench, () => channels.since(quiet.from).some((r) => Buffer.from(r.bytes).includes(marker)))
      else after = await lateEntry(bench, readOwn, marker)
      const until = bench.now()
      after ??= await readOwn()
      await channels.restore()
      if (bench.signal.aborted) return unanswered('lab', 'cancelled')
      const { records, left } = storable(bench, channels.since(quiet.from))
      const controls = [{ id: 'log-in-works', ok: worked(events), about: about('control-log-in') }]
      const value = {
        declared: true,
        channels: channels.list,
        quiet,
        events,
        ...(first && before && after ? { api: { first, before, after } } : {}),
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

/** In order: right, unknown user, wrong password a few times, right again. The own log is read after the first. */
async function logIns(
  bench: Bench,
  login: Login,
  door: AnyDoor,
  subject: string,
  readOwn: () => Promise<Exchange | null>,
): Promise<{ events: FailedLoginLog['events']; marker: string; before: Exchange | null }> {
  const events: FailedLoginLog['events'] = []
  const marker = `cs${randomBytes(6).toString('hex')}`
  const tries = async (what: FailedLoginLog['events'][number]['what'], credential: Credential) => {
    if (events.length > 1) await bench.wait(BETWEEN_MILLISECONDS, about('between'))
    if (bench.signal.aborted) return
    bench.progress(about(`doing-${what}`))
    const tried = await door.tryOnce(credential)
    const id = `${what}-${events.filter((e) => e.what === what).length + 1}`
    events.push({ id, what, user: credential.user, ...tried })
  }
  const right = bench.credential(login.account)
  const { victim, times } = wrongTries(bench.statement, login)
  await tries('accepted', right)
  await bench.wait(BETWEEN_MILLISECONDS, about('between'))
  const before = await readOwn()
  await tries('unknown-user', { ...(await bench.freshSecret(`${ID}/${subject}/unknown-user`)), user: marker })
  for (let i = 1; i <= times; i++)
    await tries('wrong-password', {
      ...(await bench.freshSecret(`${ID}/${subject}/wrong-${i}`)),
      user: bench.credential(victim).user,
    })
  await tries('accepted', right)
  return { events, marker, before }
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

/** The device's own log once it holds the marker, or at the end of the wait. */
async function lateEntry(
  bench: Bench,
  readOwn: () => Promise<Exchange | null>,
  marker: string,
): Promise<Exchange | null> {
  if (!(await bench.wait(SOON_MILLISECONDS, about('late')))) return null
  const soon = await readOwn()
  if (!soon || readLog(soon)?.body.includes(marker)) return soon
  await bench.wait(LATE_MILLISECONDS - SOON_MILLISECONDS, about('late'))
  return readOwn()
}
