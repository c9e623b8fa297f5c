import { randomBytes } from 'node:crypto'
import type { Exchange } from '../../suites/observations/exchange.ts'
import { kind, type LoginAnswers } from '../../suites/observations/login-answers.ts'
import { loginsOver } from '../../suites/observations/log-ins.ts'
import type { Statement } from '../../suites/statement.ts'
import { declaredOf } from '../../suites/subject.ts'
import { defineProbe, type Credential } from '../probe.ts'
import { clientAt, placeOf, unanswered, wrongPassword } from './log-in-place.ts'

const MOST_PAIRS = 2
const USUAL_FAILURES = 5
/** Failed log-ins may be answered seconds late on purpose. */
const PATIENCE_MS = 30_000

/** Sends wrong passwords for a user that exists and for one that does not, fewer than any declared lock counts. */
export const probe = defineProbe<LoginAnswers>({
  id: 'login-answers',
  version: '1.0.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 18,
  failsLogins: 4,
  states: ['in-service'],
  seconds: () => 10,
  async run(bench, subject) {
    const { id } = declaredOf(subject)
    const protocol = loginsOver(bench.statement, 'rtsp').some((l) => l.login.id === id) ? 'rtsp' : 'http'
    const place = placeOf(bench, subject, protocol, 'login-answers')
    if (!('to' in place)) return place
    const { to, login, account } = place
    const method = login.method ?? (protocol === 'rtsp' ? 'DESCRIBE' : 'GET')
    const ask = async (credential: Credential): Promise<Exchange> => {
      const client = clientAt(bench, to, protocol, { milliseconds: PATIENCE_MS })
      const exchange = await client.send({ method, target: login.target, credential })
      client.close()
      return exchange
    }
    const right = bench.credential(account.id)
    const genuine = await ask(right)
    const pairs: LoginAnswers['pairs'] = []
    // Of the same length as the user that exists, so that no length tells them apart.
    const nobody = randomBytes(32).toString('hex').replace(/[0-9]/g, 'u').slice(0, Math.max(6, account.user.length))
    while (pairs.length < pairsFor(bench.statement) && !bench.signal.aborted)
      pairs.push({ known: await ask(wrongPassword(account.user)), unknown: await ask(wrongPassword(nobody)) })
    const after = await ask(right)
    if (bench.signal.aborted) return unanswered('lab', 'login-answers.cancelled', { login: id })
    const { family, port, tls } = to
    const value = { protocol, family, port, tls, target: login.target, genuine, pairs, after } as const
    return { answered: true, value: { ...value, pairs }, controls: [], artifacts: [] }
  },
})

/** Both of a pair may be counted together, by address. */
function pairsFor({ bruteForce }: Statement): number {
  const least = Math.min(USUAL_FAILURES, ...bruteForce.flatMap((r) => r.failures ?? []))
  return Math.max(1, Math.min(MOST_PAIRS, Math.floor((least - 1) / 2)))
}
