import {
  always,
  defineCriterion,
  evidence,
  gap,
  suspicion,
  violation,
  type Cite,
  type Finding,
  type JudgeContext,
} from '../criterion.ts'
import { answerOf } from '../facts/answer.ts'
import { networkInterfaces, WIRELESS } from '../facts/onvif-interfaces.ts'
import { responseTo } from '../facts/onvif.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { kind as tcpPorts } from '../observations/tcp-ports.ts'
import { kind as unitReadings } from '../observations/unit-readings.ts'
import { list, obj, oneOf, opt, type Static } from '../schema.ts'
import { INTERFACE_TYPES, type Interface } from '../statement.ts'

const parameters = obj({
  /** Types for which the maker's note is enough; none where nothing is said. */
  byNote: opt(list(oneOf(...INTERFACE_TYPES))),
})
type Context = JudgeContext<Static<typeof parameters>>

/**
 * Every interface of the unit is declared, and what was found holds for all of them (EN 303 645 provision 5.6-1: all network
 * and logical interfaces). The lab reaches the unit by its network cable: what goes by another interface is not examined and
 * does not pass by silence.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/interfaces-examined',
  version: '1.0.0',
  area: 'exposed-ports',
  over: unitReadings,
  also: [tcpPorts, onvifOperations],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge(_seen, context) {
    const { interfaces } = context.statement
    if (interfaces.length === 0) return [gap('none-declared', {}, []), ...undeclared(context)]
    const byNote = interfaces.filter((i) => isByNote(i, context) && i.note !== undefined)
    return [
      ...interfaces.filter((i) => i.type !== 'ethernet' && !byNote.includes(i)).map((i) => unexamined(i, context)),
      ...examined(byNote, context),
      ...undeclared(context),
    ]
  },
})

const isByNote = ({ type }: Interface, { parameters: given }: Context): boolean => given.byNote?.includes(type) ?? false

const unexamined = (one: Interface, context: Context): Finding =>
  isByNote(one, context)
    ? gap('note-missing', { id: one.id, type: one.type }, [])
    : gap('not-examined', { id: one.id, type: one.type }, [])

/** The cable that all addresses of the sample are reached by. */
function examined(byNote: readonly Interface[], { statement, subject, others }: Context): Finding[] {
  const cables = statement.interfaces.filter((i) => i.type === 'ethernet')
  const sweeps = others(tcpPorts).filter((o) => o.subject.startsWith(`${subject}/`))
  const missing = sweeps.filter((o) => !o.seen.answered).map((o) => gap('not-swept', { subject: o.subject }, []))
  const open = sweeps.flatMap((o): Cite[] =>
    o.seen.answered && o.seen.value.sweeps.some((s) => s.open.length > 0) ? [o.cite('/sweeps')] : [],
  )
  const [cable, ...more] = cables
  if (!cable) return [...missing, gap('no-cable', {}, open)]
  if (open.length === 0) return [...missing, gap('nothing-open', { id: cable.id }, [])]
  if (more.length > 0) return [...missing, gap('several-cables', { ids: cables.map((c) => c.id).join(', ') }, open)]
  const rest = byNote.map((i) => `${i.id} (${i.type}): ${i.note ?? ''}`).join('; ')
  return [
    ...missing,
    rest === ''
      ? evidence('examined', { id: cable.id }, open)
      : evidence('examined-beside', { id: cable.id, rest: rest.slice(0, 400) }, open),
  ]
}

/**
 * A wireless interface that the unit itself lists as in use (ONVIF Core, GetNetworkInterfaces) and nobody declares. A name is
 * no proof, and one that is off may be there for other models of the same firmware.
 */
function undeclared({ statement, subject, others }: Context): Finding[] {
  if (statement.interfaces.some((i) => i.type === 'wifi' || i.type === 'soft-ap')) return []
  const found = new Map<string, Finding>()
  for (const o of others(onvifOperations)) {
    if (!o.seen.answered || !o.subject.startsWith(`${subject}/`)) continue
    o.seen.value.asked.forEach(({ operation, service, genuine }, i) => {
      const response = operation === 'GetNetworkInterfaces' ? responseTo(operation, service, answerOf(genuine)) : null
      for (const { name, type, isEnabled } of response ? networkInterfaces(response) : []) {
        const isWireless = type === WIRELESS
        if (found.has(name) || !(isWireless || (isEnabled && /^(wlan|wifi|wl|ra|ath|ap)[0-9]/i.test(name)))) continue
        const cites = [o.cite(`/asked/${i}/genuine`)]
        const isSure = isWireless && isEnabled
        found.set(name, (isSure ? violation : suspicion)(isEnabled ? 'undeclared' : 'undeclared-off', { name }, cites))
      }
    })
  }
  return [...found.values()]
}
