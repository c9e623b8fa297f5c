import { defineCriterion, evidence, gap, suspicion, violation, type Finding } from '../criterion.ts'
import { answerOf, passwordAnswer, passwordRound } from '../facts/answer.ts'
import { latin1 } from '../facts/bytes.ts'
import { challengesOf } from '../facts/challenge.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { alike, looksGranted, similarity } from '../facts/likeness.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind, type LoginAnswers } from '../observations/login-answers.ts'
import { obj } from '../schema.ts'

/** Thousandths: bodies that say the same. */
const SAME = 900
const LEAST_PAIRS = 2
/** A difference in time is none below this, and below four times the faster answers. */
const LATE_MICROS = 300_000
const TIMES = 4

/**
 * A log-in does not tell which users exist: a wrong password is answered alike for one that does and one that does not
 * (EN 303 645 provision 5.1-5; Decision 724: the answer says nothing useful for guessing). Time alone is a suspicion.
 */
export const criterion = defineCriterion({
  id: 'authentication/no-user-enumeration',
  version: '1.1.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters: obj({}),
  catalogues: [],
  applies: ({ logins }) =>
    logins.length > 0 ? { answer: 'yes' } : { answer: 'unknown', why: { code: 'no-log-in-declared', values: {} } },
  judge({ value }, { cite }) {
    const cites = value.pairs.flatMap((_, i) => [cite(`/pairs/${i}/known`), cite(`/pairs/${i}/unknown`)])
    const controls = [cite('/genuine'), cite('/after')]
    const good = answerOf(value.genuine)
    const known = value.pairs.flatMap((p) => saidIn(p.known))
    const unknown = value.pairs.flatMap((p) => saidIn(p.unknown))
    const [k, u] = [known[0], unknown[0]]
    if (!k || !u || known.length + unknown.length < 2 * value.pairs.length)
      return [gap('no-answer', { target: value.target }, [...cites, cite('/pairs')])]
    const bad = answerOf(value.pairs[0]?.known ?? null)
    const is = (e: Exchange): boolean => alike(answerOf(e), good, bad) === 'granted'
    if (!looksGranted(good) || !is(value.genuine)) return [gap('log-in-unproven', { target: value.target }, controls)]
    if (value.pairs.some((p) => looksGranted(answerOf(p.unknown)) && is(p.unknown)))
      return [gap('not-protected', { target: value.target }, cites)]
    if (known.some((o) => !isSame(o, k)) || unknown.some((o) => !isSame(o, u)))
      return [gap('answers-vary', { target: value.target }, cites)]
    // A door that has closed in between answers otherwise for that reason alone.
    if (!is(value.after)) return [gap('closed-in-between', { target: value.target }, [...cites, ...controls])]
    const values = { target: value.target, known: k.message.status, unknown: u.message.status }
    if (value.pairs.length < LEAST_PAIRS) return [gap('too-few', values, cites)]
    if (!isSame(k, u)) return [violation('tells-users', values, [...cites, ...controls])]
    return [evidence('answers-alike', values, [...cites, ...controls]), ...timing(value).map((f) => ({ ...f, cites }))]
  },
})

interface Said {
  message: HttpMessage
  body: Uint8Array
}

/** The answer to a password with the user name taken out of its body. */
function saidIn(exchange: Exchange): Said[] {
  const message = passwordAnswer(exchange)
  if (!message || message.status === 0) return []
  const user = exchange.request.credential?.user ?? ''
  const text = latin1(message.body)
  const bare = user === '' ? text : text.split(user).join('*')
  return [{ message, body: Uint8Array.from(bare, (c) => c.charCodeAt(0)) }]
}

const isSame = (a: Said, b: Said): boolean =>
  a.message.status === b.message.status &&
  challengeOf(a.message) === challengeOf(b.message) &&
  similarity(a.body, b.body) >= SAME

/** What is asked for, without what is new every time. */
const challengeOf = (message: HttpMessage): string =>
  JSON.stringify(
    challengesOf(message).map(({ scheme, parameters: p }) => [
      scheme,
      ...[p['realm'], p['algorithm'], p['qop'], p['stale']].map((v) => v ?? null),
    ]),
  )

/** Every answer for one of them came much later than every answer for the other. */
function timing({ pairs }: LoginAnswers): Finding[] {
  const last = (e: Exchange): number => passwordRound(e)?.elapsed ?? 0
  const [known, unknown] = [pairs.map((p) => last(p.known)), pairs.map((p) => last(p.unknown))]
  const isLater = (slow: number[], fast: number[]): boolean =>
    Math.min(...slow) - Math.max(...fast) > LATE_MICROS && Math.min(...slow) > TIMES * Math.max(...fast)
  if (!isLater(known, unknown) && !isLater(unknown, known)) return []
  const milliseconds = (all: number[]): number => Math.floor(Math.min(...all) / 1000)
  return [suspicion('time-differs', { known: milliseconds(known), unknown: milliseconds(unknown) }, [])]
}
