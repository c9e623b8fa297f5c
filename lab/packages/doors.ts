import { accountOf } from '../../suites/facts/update-steps.ts'
import type { UpdateRefusal } from '../../suites/observations/update-refusal.ts'
import type { Update } from '../../suites/statement.ts'
import { read } from '../actions.ts'
import type { Bench } from '../probe.ts'
import type { Offer, Uploader } from './offering.ts'
import { isGone } from './row.ts'
import type { Rope } from './rope.ts'

/** A wrong password may be presented twice; two more keep the owner on the right side of the declared lock. */
const LEAST_FAILURES = 4
const LATE_SECONDS = 5

const about = (key: string, values: Record<string, string | number> = {}) => ({ code: `update-refusal.${key}`, values })

/** The genuine package from somebody who did not log in, and with a wrong password; the right one must work again afterwards. */
export async function offerAtDoors(
  bench: Bench,
  update: Update,
  subject: string,
  genuine: Rope,
  value: UpdateRefusal,
  offer: Offer,
): Promise<void> {
  if (!update.upload) return
  const account = accountOf(update.upload)
  if (account === undefined) {
    value.missing.push({ id: 'no-login', why: 'no-account' }, { id: 'wrong-login', why: 'no-account' })
    return
  }
  const knock = async (id: 'no-login' | 'wrong-login', as: Uploader) => {
    bench.progress(about(`door-${id}`))
    const offered = await offer({ rope: genuine, of: update.packages.genuine }, as)
    value.doors.push({ id, ...offered })
  }
  if (isGone(value)) return void value.missing.push({ id: 'no-login', why: 'device-gone' })
  await knock('no-login', 'nobody')
  const installed = value.doors.some((d) => d.versionAfter.text !== d.versionBefore.text)
  const lock = lockOf(bench, account)
  if (isGone(value)) value.missing.push({ id: 'wrong-login', why: 'device-gone' })
  else if (installed) value.missing.push({ id: 'wrong-login', why: 'start-version-lost' })
  else if (lock.failures < LEAST_FAILURES) value.missing.push({ id: 'wrong-login', why: 'would-lock' })
  else {
    const wrong = await bench.freshSecret(`update-refusal/${subject}/wrong`)
    await knock('wrong-login', { ...wrong, user: bench.credential(account).user })
    await untilOpen(bench, update, lock.seconds + LATE_SECONDS)
  }
}

/** The strictest lock declared for the log-ins of an account. */
function lockOf({ statement }: Bench, account: string): { failures: number; seconds: number } {
  const locks = statement.bruteForce.filter(
    (b) => b.protection === 'lock' && (b.spare ?? '') !== account && logsIn(statement.logins, b.login, account),
  )
  return {
    failures: Math.min(...locks.map((b) => b.failures ?? Infinity)),
    seconds: Math.max(0, ...locks.map((b) => b.lockSeconds ?? 0)),
  }
}

const logsIn = (logins: Bench['statement']['logins'], id: string, account: string): boolean =>
  logins.find((l) => l.id === id)?.account === account

/** A wrong password may have closed the door for a while. */
async function untilOpen(bench: Bench, update: Update, seconds: number): Promise<void> {
  const end = bench.now() + seconds * 1e6
  while ((await read(bench, update.version)).text === null && bench.now() < end)
    if (!(await bench.wait(1_000, about('waiting-door', { seconds })))) return
}
