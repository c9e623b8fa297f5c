import { always, defineCriterion, evidence, gap, suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { challengesOf } from '../facts/challenge.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { asksForPassword } from '../facts/http-text.ts'
import { alike, looksGranted, saysNo, similarity } from '../facts/likeness.ts'
import { kind as httpCredentials } from '../observations/http-credentials.ts'
import { kind as plainLogins, type PlainLogins } from '../observations/plain-logins.ts'
import { obj } from '../schema.ts'

/**
 * A web log-in works over TLS only (EN 303 645 provision 5.5-1): the declared credential opens the door there, and
 * is of no use wherever the device speaks HTTP without TLS.
 */
export const criterion = defineCriterion({
  id: 'encryption/login-encrypted',
  version: '1.0.0',
  area: 'encryption',
  over: httpCredentials,
  also: [plainLogins],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: always,
  judge({ value }, { subject, cite, others }) {
    const [good, bad] = [answerOf(value.knownGood), answerOf(value.knownBad)]
    const controls = [cite('/knownGood'), cite('/knownBad')]
    if (!looksGranted(good) || alike(good, good, bad) !== 'granted')
      return [gap('login-unproven', { target: value.target }, controls)]
    const own = value.tls
      ? evidence('login-over-tls', { port: value.port }, controls)
      : violation('login-in-clear', { port: value.port, family: value.family }, controls)
    const plain = others(plainLogins).find((o) => o.subject === subject)
    if (!plain?.seen.answered) return [own, gap('plain-unknown', {}, [])]
    const { tries, undiscovered } = plain.seen.value
    const unknown = undiscovered.map((family) => gap('plain-undiscovered', { family }, [plain.cite('/undiscovered')]))
    if (tries.length === 0) return [own, ...unknown, evidence('no-plain-http', {}, [plain.cite('/tries')])]
    return [
      own,
      ...unknown,
      ...tries.map((t, i) =>
        plainFinding(t, good, bad, [plain.cite(`/tries/${i}/login`), plain.cite(`/tries/${i}/anonymous`)]),
      ),
    ]
  },
})

/** Thousandths of likeness. */
const SAME = 900
const UNLIKE = 300

/** What one HTTP endpoint without TLS made of the credential. */
function plainFinding(
  one: PlainLogins['tries'][number],
  good: HttpMessage,
  bad: HttpMessage | null,
  cites: Cite[],
): Finding {
  const values = { port: one.port, family: one.family }
  const [login, anonymous] = [answerOf(one.login), answerOf(one.anonymous)]
  if (login === null || login.status === 0) return gap('plain-unanswered', values, cites)
  if (alike(login, good, bad) === 'granted')
    return alike(anonymous, good, bad) === 'granted'
      ? suspicion('open-in-clear', values, cites)
      : violation('login-also-in-clear', values, cites)
  if (challengesOf(login).length > 0 || (anonymous !== null && challengesOf(anonymous).length > 0))
    return suspicion('asks-in-clear', values, cites)
  const away = login.status >= 300 && login.status < 400
  // The credential makes no difference: what is given there is given to anybody, and is something else.
  const isSame = anonymous?.status === login.status && similarity(anonymous.body, login.body) >= SAME
  const isOther = good !== null && similarity(login.body, good.body) < UNLIKE && !asksForPassword(login.body)
  return away || saysNo(login) || alike(login, good, bad) === 'refused' || (isSame && isOther)
    ? evidence('plain-refused', { ...values, status: login.status }, cites)
    : gap('plain-unclear', { ...values, status: login.status }, cites)
}
