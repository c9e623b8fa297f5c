import { evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { answerOf, isCut } from '../facts/answer.ts'
import { bypassOf, isTelling } from '../facts/bypass.ts'
import type { HttpMessage } from '../facts/http-message.ts'
import { alike, looksGranted } from '../facts/likeness.ts'
import type { HttpAnonymous, HttpVisit } from '../observations/http-anonymous.ts'

/**
 * What is refused without a log-in stays refused whatever else is changed in the request (EN 303 645 provision 5.1-3; the
 * kind of CVE-2017-7921, CVE-2018-9995, CVE-2018-10661). Contrast proves it: the plain request is refused before and
 * after, the logged-in one works before and after, and the same change gets nothing at a path that does not exist.
 */
export function bypassFindings(value: HttpAnonymous, context: JudgeContext<unknown>): Finding[] {
  const nothing = [
    value.opening,
    ...value.visits.filter((v) => v.source === 'decoy').map((v) => v.anonymous),
    ...(value.decoyTries ?? []).map((d) => d.exchange),
  ].flatMap((exchange) => answerOf(exchange) ?? [])
  return value.visits.flatMap((visit, i) => visitFindings(visit, `/visits/${i}`, nothing, context))
}

function visitFindings(
  { target, holds, bypasses, ...visit }: HttpVisit,
  at: string,
  nothing: HttpMessage[],
  { cite }: JudgeContext<unknown>,
): Finding[] {
  const [genuine, anonymous] = [answerOf(visit.genuine), answerOf(visit.anonymous)]
  if (!bypasses || genuine === null || anonymous === null || !isTelling(genuine, anonymous)) return []
  const isGranted = (answer: HttpMessage | null) => alike(answer, genuine, anonymous) === 'granted'
  const values = { target, holds }
  const controls = [cite(`${at}/anonymous`), cite(`${at}/genuine`), cite(`${at}/bypasses/again`)]
  if (isGranted(anonymous)) return []
  if (isGranted(answerOf(bypasses.again))) return [suspicion('open-after-log-in', values, controls)]
  const findings = bypasses.tries.flatMap(({ how, exchange }, n): Finding[] => {
    const answer = answerOf(exchange)
    const cites = [cite(`${at}/bypasses/tries/${n}`), ...controls]
    const found = bypassOf(answer, { genuine, anonymous, nothing })
    if (found === 'given') return [violation('bypassed', { ...values, how }, cites)]
    const isUnheard = found === 'maybe' || (looksGranted(answer) && isCut(exchange))
    return isUnheard ? [gap('bypass-unclear', { ...values, how }, cites)] : []
  })
  if (findings.length > 0) return findings
  const cites = [cite(`${at}/bypasses/tries`), cite(`${at}/bypasses/after`), ...controls]
  const count = bypasses.tries.length
  return isGranted(answerOf(bypasses.after)) && count > 0
    ? [evidence('bypasses-refused', { ...values, count }, cites)]
    : [gap('bypasses-unproven', { ...values, count }, cites)]
}
