import { evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf, passwordRound } from '../facts/answer.ts'
import { alike, looksGranted } from '../facts/likeness.ts'
import { isAnswered, isHeard, lastRight, lockLasted, type IsGranted } from '../facts/lock.ts'
import type { Exchange } from '../observations/exchange.ts'
import type { Lockout } from '../observations/lockout.ts'
import { int, obj, opt, type Static } from '../schema.ts'
import { declaredOf } from '../subject.ts'
import { guessFindings, perDay } from './guesses.ts'

/** Numbers mean *at least as strict*. */
export const lockoutParameters = obj({
  /** Wrong passwords after which the right one must fail; 10 where nothing is said. */
  failures: opt(int(1, 1000)),
  /** The wrong ones must have come within this time. */
  windowSeconds: opt(int(1, 86400)),
  /** Shortest lock; the declared one where nothing is said. */
  lockSeconds: opt(int(1, 86400)),
  /** A lock shorter by this much meets the limit as well: the accuracy of measurement. Where nothing is said 0, and 2000 beside a declared limit but never more than half of it. */
  resolutionMilliseconds: opt(int(0, 60_000)),
  /** Passwords a day that one guesser may get to try, computed from what was measured; where nothing is said, of delays 100000, and of locks not looked at. */
  guessesPerDay: opt(int(1, 100_000_000)),
})
type Context = JudgeContext<Static<typeof lockoutParameters>>

/** What wrong passwords in a row establish of one log-in; the same for HTTP and RTSP (EN 303 645 provision 5.1-5). */
export function lockoutFindings(value: Lockout, context: Context): Finding[] {
  const good = answerOf(value.before.spare)
  const bad = answerOf(value.stages[0]?.wrong[0] ?? null)
  const { cite } = context
  if (!looksGranted(good)) return [gap('right-password-fails', { account: value.spare }, [cite('/before/spare')])]
  if (bad === null) return [gap('tries-without-answer', { count: 1 }, [cite('/stages')])]
  if (alike(good, good, bad) !== 'granted')
    return [gap('not-protected', { target: value.target }, [cite('/before/spare'), cite('/stages/0')])]
  const isGranted: IsGranted = (exchange) => alike(answerOf(exchange), good, bad) === 'granted'
  const locked = value.stages.findIndex((s) => !isGranted(lastRight(s)))
  if (locked === -1) return withoutLock(value, context)
  if (!isSeenTwice(value, locked, isGranted) || !isHeard(value, isGranted))
    return [gap('right-without-answer', {}, [cite(`/stages/${locked}/right`), cite('/during'), cite('/polls')])]
  return [
    ...countFindings(value, locked, context),
    ...ownerFindings(value, context),
    ...durationFindings(value, locked, isGranted, context),
  ]
}

const most = ({ parameters: p }: Context): number => p.failures ?? 10
const rowOf = ({ statement, subject }: Context) => statement.bruteForce.find((r) => r.login === declaredOf(subject).id)
const shortest = (context: Context): number => context.parameters.lockSeconds ?? rowOf(context)?.lockSeconds ?? 1
/** Where no number is given, a delay must at least keep guesses to about one a second. */
const USUAL_GUESSES = 100_000
const seconds = (micros: number): string =>
  `${Math.floor(micros / 1_000_000)}.${String(Math.floor((micros % 1_000_000) / 100_000))}`

/** Silence to one right password may be an accident of the network; a refusal in words, or a second silence, is none. */
const isSeenTwice = ({ stages, during, polls }: Lockout, locked: number, isGranted: IsGranted): boolean =>
  (stages[locked] && isAnswered(lastRight(stages[locked]))) ||
  !isGranted(during?.forged ?? null) ||
  polls.some((p) => !isGranted(p))

/** A gap where never so many wrong passwords as are allowed came within the window: a lock need not count them together. */
function slowerThanWindow(stages: Lockout['stages'], context: Context, count = most(context)): Finding | null {
  const window = context.parameters.windowSeconds ?? rowOf(context)?.windowSeconds
  const spans = stages.flatMap(({ wrong }) =>
    wrong.slice(count - 1).map((last, i) => last.at + last.elapsed - (wrong[i]?.at ?? last.at)),
  )
  const span = Math.min(...spans)
  return window === undefined || spans.length === 0 || span <= window * 1_000_000
    ? null
    : gap('slower-than-window', { span: seconds(span), window }, [context.cite('/stages')])
}

/** How long the answer to the password took. */
const tookOf = (exchange: Exchange): number => passwordRound(exchange)?.elapsed ?? 0

/** The right password still works after every wrong one that was tried: only slowness could stop guessing. */
function withoutLock({ stages, pair }: Lockout, context: Context): Finding[] {
  const { cite } = context
  const wrong = stages.flatMap((s) => s.wrong)
  const largest = Math.max(0, ...stages.map((s) => s.wrong.length))
  const silent = wrong.filter((w) => !isAnswered(w)).length
  if (silent > 0) return [gap('tries-without-answer', { count: silent }, [cite('/stages')])]
  if (largest < most(context))
    return [gap('too-few-tries', { count: largest, limit: most(context) }, [cite('/stages')])]
  const last = wrong.at(-1)
  const delay = last ? tookOf(last) : 0
  const limit = context.parameters.guessesPerDay ?? USUAL_GUESSES
  const declared = notAsDeclared(stages, stages.length, context)
  const enough = Math.floor((shortest(context) * 1_000_000) / most(context))
  const values = { count: wrong.length, delay: seconds(delay) }
  // A device that is as slow with the right password does not delay failures: it only computes.
  const added = delay - Math.min(...stages.flatMap((s) => [s.right, ...s.late]).map(tookOf))
  if (delay < enough || added < enough || added * 4 < delay)
    return [slowerThanWindow(stages, context) ?? violation('never-locked', values, [cite('/stages')])]
  const together =
    pair &&
    Math.max(pair.first.at + pair.first.elapsed, pair.second.at + pair.second.elapsed) -
      Math.min(pair.first.at, pair.second.at)
  const cites = [cite('/stages'), cite('/pair')]
  const guesses = perDay(1, delay)
  if (guesses > limit) return [violation('too-many-guesses', { guesses, limit }, cites), ...declared]
  if (!pair || together === null || together * 2 < delay * 3)
    return [gap('slowed-per-connection', values, cites), ...declared]
  const both = perDay(2, together)
  if (both > limit) return [gap('guesses-undecided', { fewest: guesses, limit }, cites), ...declared]
  return [evidence('slowed', values, cites), evidence('guesses-limited', { guesses: both, limit }, cites), ...declared]
}

/**
 * The statement declares a lock after so many wrong passwords, and the right one still worked after them (EN 303 645
 * provision 5.1-5: the behaviour is what is declared). A ban that is made from a log may only have been late: where the
 * next wrong ones met silence before they were as many, it is a suspicion.
 */
function notAsDeclared(stages: Lockout['stages'], locked: number, context: Context): Finding[] {
  const { failures, protection } = rowOf(context) ?? {}
  const before = stages[locked - 1]
  if (protection !== 'lock' || failures === undefined || !before || before.wrong.length < failures) return []
  if (!before.wrong.every(isAnswered) || slowerThanWindow(stages.slice(0, locked), context, failures)) return []
  const silent = stages[locked]?.wrong.findIndex((w) => !isAnswered(w)) ?? -1
  return [
    (silent !== -1 && silent < failures ? suspicion : violation)(
      'not-as-declared',
      { count: before.wrong.length, declared: failures },
      [context.cite(`/stages/${locked - 1}`)],
    ),
  ]
}

/** How many wrong passwords it took. The right one in between may have started the count anew, so stages are not added up. */
function countFindings({ stages }: Lockout, locked: number, context: Context): Finding[] {
  const { cite, parameters: p } = context
  const before = stages[locked - 1]
  const took = stages[locked]?.wrong ?? []
  const limit = most(context)
  if (before && before.wrong.length >= limit) {
    const silent = before.wrong.filter((w) => !isAnswered(w)).length
    if (silent > 0) return [gap('tries-without-answer', { count: silent }, [cite(`/stages/${locked - 1}`)])]
    const slow = slowerThanWindow(stages.slice(0, locked), context)
    const late = { count: before.wrong.length, limit }
    return [
      slow ?? violation('locks-too-late', late, [cite(`/stages/${locked - 1}`)]),
      ...notAsDeclared(stages, locked, context),
    ]
  }
  const declared = notAsDeclared(stages, locked, context)
  if (declared.length > 0) return declared
  if (took.length > limit) return [gap('count-unclear', { count: took.length, limit }, [cite(`/stages/${locked}`)])]
  const [first, last] = [took[0], took.at(-1)]
  const span = first && last ? last.at + last.elapsed - first.at : 0
  if (p.windowSeconds !== undefined && span > p.windowSeconds * 1_000_000)
    return [gap('slower-than-window', { span: seconds(span), window: p.windowSeconds }, [cite(`/stages/${locked}`)])]
  return [evidence('locks', { count: took.length, limit }, [cite(`/stages/${locked}`)])]
}

/** Whoever did not guess must still get in. */
function ownerFindings({ before, during, owner, stages, polls }: Lockout, context: Context): Finding[] {
  const { cite } = context
  if (during === null) return [gap('lock-not-looked-at', {}, [cite('/during')])]
  const findings: Finding[] = []
  const bad = answerOf(stages[0]?.wrong[0] ?? null)
  const good = answerOf(before.owner)
  if (owner === null || !looksGranted(good)) return [...findings, gap('owner-unknown', {}, [cite('/before/owner')])]
  const gets = (exchange: Exchange | null): boolean => alike(answerOf(exchange), good, bad) === 'granted'
  // Where the lock speaks, silence is not the lock.
  const isOtherSilence =
    !isAnswered(during.ownerElsewhere) &&
    [...stages.map(lastRight), during.forged, ...polls].some((e) => isAnswered(e) && !gets(e))
  if (gets(during.owner)) findings.push(evidence('owner-gets-in', { owner }, [cite('/during/owner')]))
  else if (gets(during.ownerElsewhere))
    findings.push(evidence('owner-gets-in-elsewhere', { owner }, [cite('/during/ownerElsewhere')]))
  else if (during.ownerElsewhere !== null)
    findings.push(
      isOtherSilence
        ? gap('owner-without-answer', { owner }, [cite('/during'), cite('/polls')])
        : violation('owner-locked-out', { owner }, [cite('/during/owner'), cite('/during/ownerElsewhere')]),
    )
  else if (rowOf(context)?.scope === 'address')
    findings.push(gap('owner-needs-second-address', { owner }, [cite('/during/owner')]))
  else findings.push(suspicion('owner-locked-out-here', { owner }, [cite('/during/owner')]))
  const scope = rowOf(context)?.scope
  const [here, elsewhere] = [gets(during.owner), gets(during.ownerElsewhere)]
  // The lock must have held after the owner's tries, too.
  if (polls.length > 1 && ((scope === 'address' && here) || (scope === 'account' && !here && elsewhere)))
    findings.push(suspicion('scope-not-as-declared', { owner, scope }, [cite('/during'), cite('/polls')]))
  if (looksGranted(answerOf(before.other)))
    findings.push(
      evidence(looksGranted(answerOf(during.other)) ? 'other-stays-open' : 'other-closes-too', {}, [
        cite('/before/other'),
        cite('/during/other'),
      ]),
    )
  return findings
}

/** The lock lasts long enough and ends by itself; a limit inside the measured interval is undecided. */
function durationFindings(value: Lockout, locked: number, isGranted: IsGranted, context: Context): Finding[] {
  const { cite, parameters: p } = context
  const stage = value.stages[locked]
  if (!stage) return []
  const refusal = lastRight(stage)
  // A lock that came late began after the right password had last been granted and before it was refused.
  const after = stage.late.length > 0 ? (stage.late.at(-2) ?? stage.right) : stage.wrong[0]
  const by = stage.late.at(-1) ?? stage.wrong.at(-1)
  if (!after || !by) return [gap('lock-not-looked-at', {}, [cite('/stages')])]
  const all = [refusal, ...value.polls.filter((e) => !isGranted(e))]
  // Where the lock speaks, silence is not the lock.
  const refused = all.some(isAnswered) ? all.filter(isAnswered) : all
  const accepted = value.polls.find((e) => isGranted(e)) ?? null
  const { least, most: longest } = lockLasted(after, by, refused, accepted)
  const limit = shortest(context) * 1_000_000
  const cites = [cite(`/stages/${locked}`), cite('/polls')]
  const values = { least: seconds(least), most: longest === null ? '∞' : seconds(longest), limit: shortest(context) }
  const findings: Finding[] = []
  if (accepted === null && !isAnswered(value.polls.at(-1) ?? null)) return [gap('does-not-answer-again', values, cites)]
  if (accepted === null || longest === null)
    return [(rowOf(context)?.lockSeconds === undefined ? gap : violation)('does-not-come-back', values, cites)]
  const usual = p.lockSeconds === undefined ? Math.min(2000, shortest(context) * 500) : 0
  const accuracy = (p.resolutionMilliseconds ?? usual) * 1000
  if (longest + accuracy < limit) findings.push(violation('lock-too-short', values, cites))
  else if (least >= limit) findings.push(evidence('lock-lasts', values, cites))
  else if (least + accuracy >= limit) findings.push(evidence('lock-lasts-about', values, cites))
  else findings.push(gap('lock-near-limit', values, cites))
  const promised = p.lockSeconds === undefined ? undefined : rowOf(context)?.lockSeconds
  if (promised !== undefined && longest + Math.min(2_000_000, promised * 500_000) < promised * 1_000_000)
    findings.push(violation('shorter-than-declared', { ...values, declared: promised }, cites))
  if (p.guessesPerDay !== undefined) {
    const lock = { lasted: { least, most: longest }, guesses: guessesOf(value.stages, locked, context) }
    const each = Math.max(0, ...stage.wrong.map((w) => w.elapsed))
    const about = (p.resolutionMilliseconds ?? 500) * 1000
    findings.push(...guessFindings({ ...lock, each, accuracy: about }, rowOf(context), p.guessesPerDay, cites))
  }
  return [...findings, evidence('comes-back', values, [cite('/polls')])]
}

/** What one lock costs: all that were tried at most; at least the declared number, or one more than did not lock before. */
function guessesOf(stages: Lockout['stages'], locked: number, context: Context): { least: number; most: number } {
  const most = stages[locked]?.wrong.length ?? 1
  const before = stages[locked - 1]?.wrong.length ?? 0
  return { least: Math.min(most, Math.max(rowOf(context)?.failures ?? 1, before + 1)), most }
}
