import { answerOf } from '../../suites/facts/answer.ts'
import { webReading } from '../../suites/facts/lock.ts'
import type { Seen } from '../../suites/observation.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Spoken } from '../../suites/observations/endpoints.ts'
import type { Lockout } from '../../suites/observations/lockout.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import type { Account, Statement } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import { clientAt, endpointOfService, placeOf, type LoginPlace } from './log-in-place.ts'
import { attackLogin, forgedSender, PATIENCE_MS, USUAL_LOCK_S, type LockDoor } from './lockout-attack.ts'
import { onceUnlocked } from './once-unlocked.ts'

const METHODS = { http: 'GET', rtsp: 'DESCRIBE' } as const

/** Guesses at one log-in over HTTP or RTSP. */
export async function attackWeb(bench: Bench, subject: string, protocol: Spoken): Promise<Seen<Lockout>> {
  const id = `${protocol}-lockout`
  const place = placeOf(bench, subject, protocol, id)
  if (!('to' in place)) return place
  const attacked = await attackLogin(bench, doorOf(bench, place, protocol))
  if ('answered' in attacked) return attacked
  const { family, port, tls } = place.to
  const target = targetOf(bench, place, protocol, attacked.spare)
  return { answered: true, value: { protocol, family, port, tls, target, ...attacked }, controls: [], artifacts: [] }
}

/** Time for the rows of one protocol, and for a log-in of which nothing is declared. */
export function lockoutSeconds(statement: Statement, protocol: Spoken): number {
  const ids = new Set(loginsOver(statement, protocol).map((l) => l.login.id))
  return statement.bruteForce
    .filter((r) => ids.has(r.login))
    .reduce((sum, r) => sum + 30 + (r.lockSeconds ?? USUAL_LOCK_S), ids.size > 0 ? 30 : 0)
}

/** What an account asks for at the service of a log-in. */
const targetOf = (bench: Bench, { service, login }: LoginPlace, protocol: Spoken, account: string): string =>
  loginsOver(bench.statement, protocol).find((l) => l.service.id === service.id && l.account.id === account)?.login
    .target ?? login.target

function doorOf(bench: Bench, place: LoginPlace, protocol: Spoken): LockDoor<Exchange> {
  const { login, service, account, to } = place
  const ask = (target: string) => ({ method: METHODS[protocol], target })
  return {
    id: `${protocol}-lockout`,
    login: login.id,
    to,
    families: service.families,
    account,
    rule: bench.statement.bruteForce.find((r) => r.login === login.id),
    reading: webReading,
    open(at, { milliseconds = PATIENCE_MS, source, forged }) {
      const headers = forged ? [forgedSender(at)] : []
      // In a session it is the log-in that is counted, not the request after it.
      const client = clientAt(bench, at, protocol, { milliseconds, always: headers, ...(source ? { source } : {}) })
      return {
        send: (credential, { id }) =>
          client.send({ ...ask(targetOf(bench, place, protocol, id)), headers, credential }),
        close: () => client.close(),
      }
    },
    async first(right, spare) {
      const anonymous = async (): Promise<Exchange> => {
        const client = clientAt(bench, to, protocol, { milliseconds: PATIENCE_MS })
        const exchange = await client.send(ask(targetOf(bench, place, protocol, spare.id)))
        client.close()
        return exchange
      }
      return await onceUnlocked(bench, spare.id, right, anonymous)
    },
    said: (tried) => answerOf(tried)?.status ?? 0,
    forges: true,
    other: (spare, milliseconds) => askElsewhere(bench, spare, protocol === 'http' ? 'rtsp' : 'http', milliseconds),
  }
}

/** The account's right password at its first log-in over a protocol; null where it has none. */
export async function askElsewhere(
  bench: Bench,
  account: Account,
  protocol: Spoken,
  milliseconds: number,
): Promise<Exchange | null> {
  const there = loginsOver(bench.statement, protocol).find((l) => l.account.id === account.id)
  const to = there && endpointOfService(bench, there.service)
  if (!there || !to) return null
  const client = clientAt(bench, to, protocol, { milliseconds })
  const { target } = there.login
  const exchange = await client.send({ method: METHODS[protocol], target, credential: bench.credential(account.id) })
  client.close()
  return exchange
}
