import { evidence, gap, suspicion, violation, type Cite, type Finding } from '../criterion.ts'
import { isHeard, lastRight, lockLasted, webReading, type IsGranted, type Moment } from '../facts/lock.ts'
import type { Lockout, Stage } from '../observations/lockout.ts'
import { declaredOf } from '../subject.ts'
import { guessFindings, perDay } from './guesses.ts'
import type { Case, Context } from './lockout-case.ts'
import { opensElsewhere, scopeFindings } from './lockout-scope.ts'

/** The same for HTTP and RTSP, whose log-ins are declared each. */
export const webLockoutFindings = (value: Lockout, context: Context): Finding[] =>
  lockoutFindings({
    value,
    target: value.target,
    reading: webReading,
    row: context.statement.bruteForce.find((r) => r.login === declaredOf(context.subject).id),
    context,
  })

/** What wrong passwords in a row establish of one log-in, whatever its protocol (EN 303 645 provision 5.1-5). */
export function lockoutFindings<T extends Moment>(given: Case<T>): Finding[] {
  const cite = (pointer: string): Cite => given.context.cite(`${given.within ?? ''}${pointer}`)
  return findingsOf({ ...given, context: { ...given.context, cite } })
}

function findingsOf<T extends Moment>(one: Case<T>): Finding[] {
  const { value, reading, target, context } = one
  const good = value.before.spare
  const bad = value.stages[0]?.wrong[0] ?? null
  const { cite } = context
  if (!reading.isGood(good)) return [gap('right-password-fails', { account: value.spare }, [cite('/before/spare')])]
  if (!reading.isAnswered(bad)) return [gap('tries-without-answer', { count: 1 }, [cite('/stages')])]
  if (!reading.isGranted(good, good, bad))
    return [gap('not-protected', { target }, [cite('/before/spare'), cite('/stages/0')])]
  const isGranted: IsGranted<T> = (tried) => reading.isGranted(tried, good, bad)
  const locked = value.stages.findIndex((s) => !isGranted(lastRight(s)))
  if (locked === -1) return withoutLock(one)
  if (!isSeenTwice(one, locked, isGranted) || !isHeard(value, reading, isGranted))
    return [gap('right-without-answer', {}, [cite(`/stages/${locked}/right`), cite('/during'), cite('/polls')])]
  return [
    ...countFindings(one, locked),
    ...ownerFindings(one),
    ...durationFindings(one, locked, isGranted),
    ...scopeFindings(one, isGranted),
  ]
}

const most = ({ context: { parameters: p } }: { context: Context }): number => p.failures ?? 10
const shortest = ({ context, row }: Pick<Case<unknown>, 'context' | 'row'>): number =>
  context.parameters.lockSeconds ?? row?.lockSeconds ?? 1
/** Where no number is given, a delay must at least keep guesses to about one a second. */
const USUAL_GUESSES = 100_000
const seconds = (micros: number): string =>
  `${Math.floor(micros / 1_000_000)}.${String(Math.floor((micros % 1_000_000) / 100_000))}`

/** Silence or a fault to one right password may be an accident; a refusal in words, or a second time, is none. */
const isSeenTwice = <T>(
  { value: { before, stages, during, polls }, reading }: Case<T>,
  locked: number,
  isGranted: IsGranted<T>,
): boolean =>
  (stages[locked] && reading.isRefused(lastRight(stages[locked]), before.spare, stages[0]?.wrong[0] ?? null)) ||
  (during?.forged !== undefined && !isGranted(during.forged)) ||
  polls.some((p) => !isGranted(p))

/** A gap where never so many wrong passwords as are allowed came within the window: a lock need not count them together. */
function slowerThanWindow<T extends Moment>(stages: Stage<T>[], one: Case<T>, count = most(one)): Finding | null {
  const window = one.context.parameters.windowSeconds ?? one.row?.windowSeconds
  const spans = stages.flatMap(({ wrong }) =>
    wrong.slice(count - 1).map((last, i) => last.at + last.elapsed - (wrong[i]?.at ?? last.at)),
  )
  const span = Math.min(...spans)
  return window === undefined || spans.length === 0 || span <= window * 1_000_000
    ? null
    : gap('slower-than-window', { span: seconds(span), window }, [one.context.cite('/stages')])
}

/** The right password still works after every wrong one that was tried: only slowness could stop guessing. */
function withoutLock<T extends Moment>(one: Case<T>): Finding[] {
  const { stages, pair } = one.value
  const { isAnswered, tookOf } = one.reading
  const { cite, parameters: p } = one.context
  const wrong = stages.flatMap((s) => s.wrong)
  const largest = Math.max(0, ...stages.map((s) => s.wrong.length))
  const silent = wrong.filter((w) => !isAnswered(w)).length
  if (silent > 0) return [gap('tries-without-answer', { count: silent }, [cite('/stages')])]
  if (largest < most(one)) return [gap('too-few-tries', { count: largest, limit: most(one) }, [cite('/stages')])]
  const last = wrong.at(-1)
  const delay = last ? tookOf(last) : 0
  const limit = p.guessesPerDay ?? USUAL_GUESSES
  const declared = notAsDeclared(one, stages.length)
  const enough = Math.floor((shortest(one) * 1_000_000) / most(one))
  const values = { count: wrong.length, delay: seconds(delay) }
  // A device that is as slow with the right password does not delay failures: it only computes.
  const added = delay - Math.min(...stages.flatMap((s) => [s.right, ...s.late]).map(tookOf))
  if (delay < enough || added < enough || added * 4 < delay)
    return [slowerThanWindow(stages, one) ?? violation('never-locked', values, [cite('/stages')])]
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
function notAsDeclared<T extends Moment>(one: Case<T>, locked: number): Finding[] {
  const { stages } = one.value
  const { isAnswered } = one.reading
  const { failures, protection } = one.row ?? {}
  const before = stages[locked - 1]
  if (protection !== 'lock' || failures === undefined || !before || before.wrong.length < failures) return []
  if (!before.wrong.every(isAnswered) || slowerThanWindow(stages.slice(0, locked), one, failures)) return []
  const silent = stages[locked]?.wrong.findIndex((w) => !isAnswered(w)) ?? -1
  return [
    (silent !== -1 && silent < failures ? suspicion : violation)(
      'not-as-declared',
      { count: before.wrong.length, declared: failures },
      [one.context.cite(`/stages/${locked - 1}`)],
    ),
  ]
}

/** How many wrong passwords it took. The right one in between may have started the count anew, so stages are not added up. */
function countFindings<T extends Moment>(one: Case<T>, locked: number): Finding[] {
  const { stages } = one.value
  const { cite, parameters: p } = one.context
  const before = stages[locked - 1]
  const took = stages[locked]?.wrong ?? []
  const limit = most(one)
  if (before && before.wrong.length >= limit) {
    const silent = before.wrong.filter((w) => !one.reading.isAnswered(w)).length
    if (silent > 0) return [gap('tries-without-answer', { count: silent }, [cite(`/stages/${locked - 1}`)])]
    const slow = slowerThanWindow(stages.slice(0, locked), one)
    const late = { count: before.wrong.length, limit }
    return [slow ?? violation('locks-too-late', late, [cite(`/stages/${locked - 1}`)]), ...notAsDeclared(one, locked)]
  }
  const declared = notAsDeclared(one, locked)
  if (declared.length > 0) return declared
  if (took.length > limit) return [gap('count-unclear', { count: took.length, limit }, [cite(`/stages/${locked}`)])]
  const [first, last] = [took[0], took.at(-1)]
  const span = first && last ? last.at + last.elapsed - first.at : 0
  if (p.windowSeconds !== undefined && span > p.windowSeconds * 1_000_000)
    return [gap('slower-than-window', { span: seconds(span), window: p.windowSeconds }, [cite(`/stages/${locked}`)])]
  return [evidence('locks', { count: took.length, limit }, [cite(`/stages/${locked}`)])]
}

/** Whoever did not guess must still get in. */
function ownerFindings<T extends Moment>({ value, reading, row, context }: Case<T>): Finding[] {
  const { before, during, owner, stages, polls } = value
  const { isAnswered } = reading
  const { cite } = context
  if (during === null) return [gap('lock-not-looked-at', {}, [cite('/during')])]
  const findings: Finding[] = []
  const bad = stages[0]?.wrong[0] ?? null
  if (owner === null || !reading.isGood(before.owner))
    return [...findings, gap('owner-unknown', {}, [cite('/before/owner')])]
  const gets = (tried: T | null): boolean => reading.isGranted(tried, before.owner, bad)
  // Where the lock speaks, silence is not the lock.
  const isOtherSilence =
    !isAnswered(during.ownerElsewhere) &&
    [...stages.map(lastRight), during.forged ?? null, ...polls].some((e) => isAnswered(e) && !gets(e))
  if (gets(during.owner)) findings.push(evidence('owner-gets-in', { owner }, [cite('/during/owner')]))
  else if (gets(during.ownerElsewhere))
    findings.push(evidence('owner-gets-in-elsewhere', { owner }, [cite('/during/ownerElsewhere')]))
  else if (during.ownerElsewhere !== null)
    findings.push(
      isOtherSilence
        ? gap('owner-without-answer', { owner }, [cite('/during'), cite('/polls')])
        : violation('owner-locked-out', { owner }, [cite('/during/owner'), cite('/during/ownerElsewhere')]),
    )
  else if (row?.scope === 'address')
    findings.push(gap('owner-needs-second-address', { owner }, [cite('/during/owner')]))
  else findings.push(suspicion('owner-locked-out-here', { owner }, [cite('/during/owner')]))
  const scope = row?.scope
  const [here, elsewhere] = [gets(during.owner), gets(during.ownerElsewhere)]
  // The lock must have held after the owner's tries, too.
  if (polls.length > 1 && ((scope === 'address' && here) || (scope === 'account' && !here && elsewhere)))
    findings.push(suspicion('scope-not-as-declared', { owner, scope }, [cite('/during'), cite('/polls')]))
  if (webReading.isGood(before.other))
    findings.push(
      evidence(webReading.isGood(during.other) ? 'other-stays-open' : 'other-closes-too', {}, [
        cite('/before/other'),
        cite('/during/other'),
      ]),
    )
  return findings
}

/** The lock lasts long enough and ends by itself; a limit inside the measured interval is undecided. */
function durationFindings<T extends Moment>(one: Case<T>, locked: number, isGranted: IsGranted<T>): Finding[] {
  const { value, row } = one
  const { isAnswered } = one.reading
  const { cite, parameters: p } = one.context
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
  const limit = shortest(one) * 1_000_000
  const cites = [cite(`/stages/${locked}`), cite('/polls')]
  const values = { least: seconds(least), most: longest === null ? '∞' : seconds(longest), limit: shortest(one) }
  const findings: Finding[] = []
  if (accepted === null && !isAnswered(value.polls.at(-1) ?? null)) return [gap('does-not-answer-again', values, cites)]
  if (accepted === null || longest === null)
    return [(row?.lockSeconds === undefined ? gap : violation)('does-not-come-back', values, cites)]
  const usual = p.lockSeconds === undefined ? Math.min(2000, shortest(one) * 500) : 0
  const accuracy = (p.resolutionMilliseconds ?? usual) * 1000
  // Somebody who logged in elsewhere may have ended it.
  const short = opensElsewhere(value, isGranted).length > 0 ? gap : violation
  if (longest + accuracy < limit) findings.push(short('lock-too-short', values, cites))
  else if (least >= limit) findings.push(evidence('lock-lasts', values, cites))
  else if (least + accuracy >= limit) findings.push(evidence('lock-lasts-about', values, cites))
  else findings.push(gap('lock-near-limit', values, cites))
  const promised = p.lockSeconds === undefined ? undefined : row?.lockSeconds
  if (promised !== undefined && longest + Math.min(2_000_000, promised * 500_000) < promised * 1_000_000)
    findings.push(short('shorter-than-declared', { ...values, declared: promised }, cites))
  if (p.guessesPerDay !== undefined) {
    const lock = { lasted: { least, most: longest }, guesses: guessesOf(one, locked) }
    const each = Math.max(0, ...stage.wrong.map((w) => w.elapsed))
    const about = (p.resolutionMilliseconds ?? 500) * 1000
    findings.push(...guessFindings({ ...lock, each, accuracy: about }, row, p.guessesPerDay, cites))
  }
  return [...findings, evidence('comes-back', values, [cite('/polls')])]
}

/** What one lock costs: all that were tried at most; at least the declared number, or one more than did not lock before. */
function guessesOf<T>({ value: { stages }, row }: Case<T>, locked: number): { least: number; most: number } {
  const most = stages[locked]?.wrong.length ?? 1
  const before = stages[locked - 1]?.wrong.length ?? 0
  return { least: Math.min(most, Math.max(row?.failures ?? 1, before + 1)), most }
}
