import {
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Cite,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { saysUpdate, saysUpdateFailed } from '../facts/update-words.ts'
import { countsOwn } from '../logging/own-log.ts'
import type { UpdateRefusal } from '../observations/update-refusal.ts'
import { offeredAt, proofOf, unproven, wasRefusedWhole } from './attempts.ts'
import {
  gained,
  ownLogLack,
  ownRecords,
  recordParameters,
  shapeOf,
  unheard,
  type Asked,
  type Spoken,
} from './records.ts'
import { overUpdates } from './upload-page.ts'

type Context = JudgeContext<Asked>
type Log = NonNullable<UpdateRefusal['log']>

/**
 * A refused update leaves a record, at a log server unless the text accepts the device's own log (QCVN 11:2026/BCA asks for a system log; ETSI EN 303 645
 * provision 5.3-11 for news of updates). A missing record is a violation only where a package was shown to be refused and
 * every log that counts told of something else afterwards.
 */
export const criterion = defineCriterion({
  id: 'update-integrity/refusal-logged',
  version: '1.2.0',
  ...overUpdates,
  parameters: recordParameters,
  judge({ value }, context) {
    const silence = unheard(value, context)
    const { log } = value
    if (silence || !log) return silence ? [silence] : []
    const refused = value.variants.flatMap((v, i) =>
      wasRefusedWhole(v) ? [{ at: offeredAt(v), cite: context.cite(`/variants/${i}`) }] : [],
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
  const before = new Set(records.filter((r) => r.at < first.at).map((r) => shapeOf(r.text)))
  const isOwnCounted = countsOwn(context.statement, context.parameters.where)
  const within: Spoken[] = [
    ...records
      .filter((r) => r.at >= first.at && r.at < end)
      .map((r) => ({ ...r, fresh: !before.has(shapeOf(r.text)) })),
    ...(isOwnCounted ? gained(log, 'begin', 'refused', context) : []),
  ]
  const told = within.filter((r) => saysUpdateFailed(r.text))
  const cites = (found: readonly { cite: Cite }[]) => [first.cite, ...found.slice(0, 3).map((r) => r.cite)]
  const fresh = told.filter((r) => r.fresh)
  if (fresh.length > 0) return [evidence('recorded', { channel: fresh[0]?.channel ?? '' }, cites(fresh))]
  if (told.length > 0) return [suspicion('not-told-apart', {}, cites(told))]
  const halves = within.filter((r) => saysUpdate(r.text))
  if (halves.length > 0) return [suspicion('outcome-not-said', {}, cites(halves))]
  if (log.left > 0) return [gap('too-many-records', { left: log.left }, [context.cite('/log/left')])]
  const after = isOwnCounted ? gained(log, 'refused', 'installed', context) : []
  const late = [...records.filter((r) => r.at >= end), ...after].filter((r) => saysUpdateFailed(r.text))
  if (late.length > 0) return [suspicion('not-told-apart', {}, cites(late))]
  const later = records.filter((r) => r.at >= first.at)
  const silent = log.channels.filter((c) => !later.some((r) => r.channel === c.id))
  if (silent.length > 0)
    return [
      suspicion('channel-silent', { channel: silent.map((c) => c.id).join(', ') }, [context.cite('/log/channels')]),
    ]
  // The log was read before any package was refused whole.
  if (isOwnCounted && first.at > (log.api?.refused?.at ?? first.at))
    return [gap('event-log.log-not-read', {}, [context.cite('/log/api')])]
  const lack = ownLogLack(log, 'begin', 'refused', context)
  return [lack ?? violation('not-recorded', {}, cites([...later, ...within.filter((r) => r.channel === 'log')]))]
}
