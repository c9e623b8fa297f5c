import { defineCriterion, evidence, gap, violation, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { carriersOf, freshLogIns, liveCookies, outcomeIn, type Part } from '../facts/session.ts'
import type { SetCookie } from '../facts/set-cookie.ts'
import { kind, type Sessions } from '../observations/sessions.ts'
import { obj, oneOf, opt, type Static } from '../schema.ts'
import { appliesWhereSessions } from './session-declared.ts'
import { unknownSession } from './session.ts'

const parameters = obj({
  /** A cookie that scripts can read: `forbidden` where nothing is said. */
  scripts: opt(oneOf('forbidden', 'noted')),
  /** SameSite, which no rule that is known here asks for: `noted` where nothing is said. */
  sameSite: opt(oneOf('asked', 'noted')),
})
type Context = JudgeContext<Static<typeof parameters>>

/**
 * The cookie that names a session is sent over TLS only and not shown to scripts (RFC 6265 sections 4.1.2.5, 4.1.2.6 and
 * 8.3; EN 303 645 provision 5.1-3), and nowhere handed out in clear.
 */
export const criterion = defineCriterion({
  id: 'authentication/session-cookie-attributes',
  version: '1.0.0',
  area: 'authentication',
  over: kind,
  also: [],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: appliesWhereSessions,
  judge({ value }, context) {
    const { cite } = context
    const unknown = unknownSession(value, cite)
    if (unknown.length > 0) return unknown
    const carriers = carriersOf(value)
    const cookies = carriers.parts.filter((p) => p.is === 'cookie')
    if (cookies.length === 0) return [evidence('no-cookie', {}, [cite('/first/parts'), cite('/first/entry')])]
    const seen = cookies.map((part) => ({ part, lines: linesOf(value, part.name) }))
    const unseen = seen.filter(({ lines }) => lines.length === 0)
    if (unseen.length > 0)
      return unseen.map(({ part }) => gap('not-seen', { name: part.name }, [cite(part.at), cite('/first/entry')]))
    // Of several that are needed together, one that is kept and not the same for everybody keeps the session.
    const telling = seen.filter(({ part }) => !isConstant(value, part))
    const judged = carriers.how === 'needed' && telling.length > 0 ? telling : seen
    return [
      ...attributeFindings(value, judged, carriers.how, context),
      ...judged.flatMap((one) => sameSiteFindings(one, context)),
      ...clearFindings(value, cookies, cite),
    ]
  },
})

interface Line {
  at: string
  cookie: SetCookie
}
interface Seen {
  part: Part & { at: string }
  lines: Line[]
}

/** Every header that set the cookie in its last answer of a log-in, or renewed it afterwards. */
function linesOf(value: Sessions, name: string): Line[] {
  const of = (exchange: Parameters<typeof liveCookies>[0], at: string): Line[] =>
    liveCookies(exchange, name).map((cookie) => ({ at, cookie }))
  return freshLogIns(value).flatMap(({ entry, opened, at }) => {
    const answers = entry.rounds.map((round, i) => of(round, `${at}/entry/rounds/${i}`)).filter((l) => l.length > 0)
    return [...(answers.at(-1) ?? []), ...of(opened, `${at}/opened`)]
  })
}

const isConstant = ({ values }: Sessions, { is, name }: Part): boolean =>
  values.some((v) => v.is === is && v.name === name && v.places === 0)

const ATTRIBUTES = [
  { is: 'secure', missing: 'secure-missing', kept: 'secure' },
  { is: 'httpOnly', missing: 'script-readable', kept: 'http-only' },
] as const

/** Secure where the session is over TLS, and HttpOnly. */
function attributeFindings(value: Sessions, seen: Seen[], how: 'needed' | 'enough', context: Context): Finding[] {
  const { cite, parameters: asked } = context
  return ATTRIBUTES.flatMap(({ is, missing, kept }) => {
    if (is === 'secure' && !value.tls) return []
    const lacking = seen.filter(({ lines }) => lines.some(({ cookie }) => !cookie[is]))
    const isKept = how === 'needed' ? lacking.length < seen.length : lacking.length === 0
    const isNoted = is === 'httpOnly' && asked.scripts === 'noted'
    return (isKept ? seen.filter((s) => !lacking.includes(s)) : lacking).map(({ part, lines }) => {
      const cites = lines.filter(({ cookie }) => isKept || !cookie[is]).map(({ at }) => cite(at))
      const values = { name: part.name, count: lines.length }
      return isKept
        ? evidence(kept, values, [cite(part.at), ...cites])
        : (isNoted ? evidence : violation)(missing, values, [cite(part.at), ...cites])
    })
  })
}

function sameSiteFindings({ part, lines }: Seen, { cite, parameters: asked }: Context): Finding[] {
  const lacking = lines.filter(({ cookie }) => !['strict', 'lax'].includes(cookie.sameSite ?? ''))
  const cites = [cite(part.at), ...(lacking.length > 0 ? lacking : lines).map(({ at }) => cite(at))]
  if (lacking.length === 0) return [evidence('same-site', { name: part.name }, cites)]
  return [(asked.sameSite === 'asked' ? violation : evidence)('same-site-missing', { name: part.name }, cites)]
}

/** The cookie given to whoever logs in without TLS. */
function clearFindings(value: Sessions, cookies: Part[], cite: (at: string) => Cite): Finding[] {
  const outcome = outcomeIn(value)
  const names = cookies.map((c) => c.name).join(', ')
  const { family, port } = value
  const main = value.tls ? [] : [violation('given-in-clear', { name: names, family, port }, [cite('/first/entry')])]
  const unknown = value.undiscovered.map((f) => gap('undiscovered', { family: f }, [cite('/undiscovered')]))
  const others = value.clear.map((one, i) => {
    const cites = [cite(`/clear/${i}/entry`), cite(`/clear/${i}/opened`)]
    const values = { name: names, family: one.family, port: one.port }
    const isGiven = one.entry.rounds.some((round) => cookies.some((c) => liveCookies(round, c.name).length > 0))
    if (isGiven && outcome(one.opened) === 'granted') return violation('given-in-clear', values, cites)
    const isAnswered = one.entry.rounds.length > 0 && one.entry.rounds.every((round) => answerOf(round) !== null)
    return isAnswered && (!isGiven || outcome(one.opened) === 'refused')
      ? evidence('not-in-clear', values, cites)
      : gap('clear-unanswered', values, cites)
  })
  return [...main, ...unknown, ...others]
}
