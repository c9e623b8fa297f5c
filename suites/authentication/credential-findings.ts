import { evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { alike, looksGranted, type Likeness } from '../facts/likeness.ts'
import type { CredentialTries } from '../observations/credential-tries.ts'
import type { Exchange } from '../observations/exchange.ts'
import type { Static } from '../schema.ts'
import type { credentialParameters } from './credential-parameters.ts'

type Parameters = Static<typeof credentialParameters>

type Context = JudgeContext<Parameters>

/** Judges an answer beside a known good and a known bad one. */
type Compare = (answer: HttpMessage | null, good: HttpMessage | null, bad: HttpMessage | null) => Likeness

/** What the tries at one log-in establish; the same for HTTP and RTSP, and for ONVIF with a comparison of its own. */
export function credentialFindings(value: CredentialTries, context: Context, compare: Compare = alike): Finding[] {
  const [good, bad, anonymous] = [answerOf(value.knownGood), answerOf(value.knownBad), answerOf(value.anonymous)]
  const { cite } = context
  if (bad === null) return [gap('no-answer', { target: value.target }, [cite('/knownBad')])]
  const works = looksGranted(good)
  if (works && (compare(anonymous, good, null) === 'granted' || compare(good, good, bad) !== 'granted'))
    return [gap('not-protected', { target: value.target }, [cite('/anonymous'), cite('/knownBad')])]
  const findings = works ? besideGood(value, context, compare) : withoutGood(value, context, compare)
  if (value.stopped !== null) findings.push(gap('stopped', { why: value.stopped }, [cite('/batches')]))
  return findings
}

const isAllowed = ({ state, parameters }: Context): boolean =>
  state === 'factory-fresh' && parameters.inFactoryState === 'allowed'

/** A listed credential that opens the door, or the permission for it. */
function opened(exchange: Exchange, at: string, context: Context): Finding {
  const values = { user: exchange.request.credential?.user ?? '', password: exchange.request.credential?.secret ?? '' }
  return (isAllowed(context) ? evidence : violation)(
    isAllowed(context) ? 'default-before-first-use' : 'default-accepted',
    values,
    [context.cite(at)],
  )
}

/** Tries beside the declared credential: refused ones count only between controls that were granted. */
function besideGood(value: CredentialTries, context: Context, compare: Compare): Finding[] {
  const { cite } = context
  const [good, bad] = [answerOf(value.knownGood), answerOf(value.knownBad)]
  const findings: Finding[] = []
  const refused = new Set<string>()
  const open = new Set<string>()
  const asked = new Set<string>()
  for (const [b, { tries, control }] of value.batches.entries()) {
    const held = compare(answerOf(control), good, bad) === 'granted'
    for (const [t, exchange] of tries.entries()) {
      const at = `/batches/${b}/tries/${t}`
      const key = nameOf(exchange)
      asked.add(key)
      const likeness = compare(answerOf(exchange), good, bad)
      if (likeness === 'granted' && exchange.request.scheme === 'none') continue
      if (likeness === 'granted') {
        if (!open.has(key)) findings.push(opened(exchange, at, context))
        open.add(key)
      } else if (likeness === 'refused' && held) refused.add(key)
      else if (likeness === 'unclear' && held && looksGranted(answerOf(exchange)))
        findings.push(suspicion('default-unclear', credentialOf(exchange), [cite(at)]))
    }
  }
  if (value.declaredIsListed && open.size === 0 && !isAllowed(context))
    findings.push(
      violation('declared-is-listed', { user: value.user }, [cite('/declaredIsListed'), cite('/knownGood')]),
    )
  else if (isPublished(value) && open.size === 0 && !isAllowed(context))
    findings.push(violation('declared-is-published', { user: value.user }, [cite('/knownGood')]))
  const left = [...asked].filter((key) => !refused.has(key) && !open.has(key)).length
  if (left > 0 || !value.complete) findings.push(gap('tries-undecided', { count: left }, [cite('/batches')]))
  findings.push(...overOtherFamily(value, context, compare, open))
  if (refused.size > 0)
    findings.push(
      evidence('defaults-refused', { count: refused.size }, [cite('/knownGood'), cite('/knownBad'), cite('/batches')]),
    )
  return findings
}

/** The same over the other address family: a device may keep its accounts by listener. */
function overOtherFamily(
  { elsewhere, knownGood, knownBad }: CredentialTries,
  context: Context,
  compare: Compare,
  open: ReadonlySet<string>,
): Finding[] {
  if (!elsewhere) return []
  const { cite } = context
  const { family, batches } = elsewhere
  const judged = (exchange: Exchange): Likeness => compare(answerOf(exchange), answerOf(knownGood), answerOf(knownBad))
  const tries = batches.flatMap(({ tries: made, control }, b) =>
    made.map((exchange, t) => ({
      exchange,
      at: `/elsewhere/batches/${b}/tries/${t}`,
      held: judged(control) === 'granted',
    })),
  )
  const isOpen = judged(elsewhere.knownBad) === 'granted'
  const accepted = tries.filter(({ exchange }) => exchange.request.scheme !== 'none' && judged(exchange) === 'granted')
  const refused = new Set(
    tries.flatMap(({ exchange, held }) => (held && judged(exchange) === 'refused' ? nameOf(exchange) : [])),
  )
  const decided = new Set([...refused, ...accepted.map(({ exchange }) => nameOf(exchange))])
  const isWhole = elsewhere.complete && tries.length > 0 && tries.every(({ exchange }) => decided.has(nameOf(exchange)))
  const findings: Finding[] = isOpen
    ? []
    : accepted
        .filter(({ exchange }) => !open.has(nameOf(exchange)))
        .map(({ exchange, at }) =>
          isAllowed(context)
            ? opened(exchange, at, context)
            : violation('default-accepted-elsewhere', { ...credentialOf(exchange), family }, [cite(at)]),
        )
  if (isOpen || !isWhole) findings.push(gap('elsewhere-undecided', { family }, [cite('/elsewhere')]))
  return refused.size > 0
    ? [...findings, evidence('elsewhere-refused', { count: refused.size, family }, [cite('/elsewhere/batches')])]
    : findings
}

/** Before the first set-up no credential need exist: refusals then speak only where nobody could be locked out. */
function withoutGood(value: CredentialTries, context: Context, compare: Compare): Finding[] {
  const { cite, state, statement } = context
  const bad = answerOf(value.knownBad)
  const tries = value.batches.flatMap((b) => b.tries)
  const findings: Finding[] = []
  for (const [i, { again, bad: then }] of value.repeats.entries()) {
    const differs = looksGranted(answerOf(again)) && compare(answerOf(again), answerOf(again), bad) === 'granted'
    if (differs && compare(answerOf(then), null, bad) === 'refused')
      findings.push(opened(again, `/repeats/${i}/again`, context))
    else findings.push(suspicion('default-unclear', credentialOf(again), [cite(`/repeats/${i}/again`)]))
  }
  if (findings.length > 0) return findings
  const same = tries.length > 0 && tries.every((t) => compare(answerOf(t), null, bad) === 'refused')
  if (state === 'factory-fresh' && statement.actions.initialise !== undefined && same && value.complete)
    return [evidence('no-log-in-before-set-up', { count: tries.length }, [cite('/knownBad'), cite('/batches')])]
  return [gap('declared-does-not-work', { user: value.user, target: value.target }, [cite('/knownGood')])]
}

/** The maker prints the password that works in its manual: every unit has it. */
const isPublished = ({ knownGood }: CredentialTries): boolean => knownGood.request.credential?.published === true

const nameOf = (exchange: Exchange): string => JSON.stringify(credentialOf(exchange))
const credentialOf = ({ request }: Exchange): { user: string; password: string } => ({
  user: request.credential?.user ?? '',
  password: request.credential?.secret ?? '',
})
