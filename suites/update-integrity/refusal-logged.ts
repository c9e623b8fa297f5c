import { defineCriterion, evidence, gap, suspicion, violation, type Finding, type JudgeContext } from '../criterion.ts'
import { saysUpdate, saysUpdateFailed } from '../facts/update-words.ts'
import type { UpdateRefusal } from '../observations/update-refusal.ts'
import { bool, obj } from '../schema.ts'
import { offeredAt, proofOf, unproven, wasRefused } from './attempts.ts'
import { ownRecords, shapeOf } from './records.ts'
import { overUpdates } from './upload-page.ts'

const parameters = obj({
  /** The text asks for a log that reaches another machine: a device that declares none does not conform. */
  required: bool(),
})
type Context = JudgeContext<{ required: boolean }>
type Log = NonNullable<UpdateRefusal['log']>

/**
 * A refused update leaves a record that reaches the log server (QCVN 11:2026/BCA asks for a system log; ETSI EN 303 645
 * provision 5.3-11 for news of updates). A missing record is a violation only where a package was shown to be refused and
 * a later record of this device came by every declared channel.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/refusal-logged',
  version: '1.1.0',
  ...overUpdates,
  parameters,
  judge({ value }, context) {
    const { log } = value
    if (log === null)
      return [(context.parameters.required ? violation : gap)('no-channel-declared', {}, [context.cite('/log')])]
    if (!log.channels.some((c) => c.receiving))
      return [gap('nothing-received-with', {}, [context.cite('/log/channels')])]
    const refused = value.variants.flatMap((v, i) =>
      wasRefused(v) ? [{ at: offeredAt(v), cite: context.cite(`/variants/${i}`) }] : [],
    )
    const [first] = refused
    if (!first) return [gap('nothing-refused', {}, [context.cite('/variants')])]
    if (proofOf(value, context) === null) return [gap('genuine-not-installed', {}, [unproven(value, context)])]
    return recorded(value, log, first, context)
  },
})

/** What came after the first refusal and before anything else was done to the device. */
function recorded(
  value: UpdateRefusal,
  log: Log,
  first: { at: number; cite: ReturnType<Context['cite']> },
  context: Context,
): Finding[] {
  const records = ownRecords(log, context)
  const next = [...value.doors, ...(value.genuine ? [value.genuine] : [])].map(offeredAt)
  const end = Math.min(log.until, ...next)
  const within = records.filter((r) => r.at >= first.at && r.at < end)
  const told = within.filter((r) => saysUpdateFailed(r.text))
  const cites = (found: typeof records) => [first.cite, ...found.slice(0, 3).map((r) => r.cite)]
  const before = new Set(records.filter((r) => r.at < first.at).map((r) => shapeOf(r.text)))
  const fresh = told.filter((r) => !before.has(shapeOf(r.text)))
  if (fresh.length > 0) return [evidence('recorded', { channel: fresh[0]?.channel ?? '' }, cites(fresh))]
  if (told.length > 0) return [suspicion('not-told-apart', {}, cites(told))]
  const halves = within.filter((r) => saysUpdate(r.text))
  if (halves.length > 0) return [suspicion('outcome-not-said', {}, cites(halves))]
  if (log.left > 0) return [gap('too-many-records', { left: log.left }, [context.cite('/log/left')])]
  const late = records.filter((r) => r.at >= end && saysUpdateFailed(r.text))
  if (late.length > 0) return [suspicion('not-told-apart', {}, cites(late))]
  const later = records.filter((r) => r.at >= first.at)
  const silent = log.channels.filter((c) => !later.some((r) => r.channel === c.id))
  return silent.length > 0
    ? [suspicion('channel-silent', { channel: silent.map((c) => c.id).join(', ') }, [context.cite('/log/channels')])]
    : [violation('not-recorded', {}, cites(later))]
}
