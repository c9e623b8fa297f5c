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
import { informationIn, LEAST_SERIAL, type InformationKind, type UnitInformation } from '../facts/unit-information.ts'
import { macOf } from '../facts/unit-marks.ts'
import { kind as httpAnonymous } from '../observations/http-anonymous.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { kind as rtspAnonymous } from '../observations/rtsp-anonymous.ts'
import { kind as services } from '../observations/services.ts'
import { kind as tlsHandshakes } from '../observations/tls-handshakes.ts'
import { kind as udpServices } from '../observations/udp-services.ts'
import { list, obj, oneOf, opt, type Static } from '../schema.ts'
import { missing, sayingsOf, type Saying } from './sayings.ts'

const parameters = obj({
  /** What is looked for; everything where nothing is said. */
  kinds: opt(list(oneOf('serial', 'firmware', 'user', 'mac'))),
})
type Context = JudgeContext<Static<typeof parameters>>

/**
 * Nothing tells anybody the serial number or firmware version of the unit, or the names of its users, before a log-in
 * (EN 303 645 provision 5.6-2): neither banners nor pages, certificates, discovery and what ONVIF leaves open. That something
 * answered is no fault by itself. A network address is noted only: whoever is on the link has it by ARP.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/no-information-before-login',
  version: '1.1.0',
  area: 'exposed-ports',
  over: services,
  also: [udpServices, httpAnonymous, rtspAnonymous, tlsHandshakes, onvifOperations],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const kinds = context.parameters.kinds ?? ['serial', 'firmware', 'user', 'mac']
    const about = sought(context, kinds)
    const sayings = sayingsOf(value, context).filter((s) => s.text !== '')
    return [
      ...leaks(sayings, about).filter((f) => kinds.includes('mac') || f.message.code !== 'mac-noted'),
      ...missing(context),
      ...unsearchable(about, context),
      ...(sayings.length > 0
        ? [evidence('looked', { count: sayings.length, kinds: kinds.join(', ') }, cited(sayings))]
        : [gap('nothing-said', {}, [context.cite('/services')])]),
    ]
  },
})

function sought({ statement, subject }: Context, kinds: readonly InformationKind[]): UnitInformation {
  const sample = statement.samples.find((s) => s.id === subject.split('/')[0])
  return {
    serials: kinds.includes('serial') && sample ? [sample.serial] : [],
    versions: kinds.includes('firmware') ? [statement.dut.firmware.version] : [],
    users: kinds.includes('user') ? [...new Set(statement.accounts.map((a) => a.user))] : [],
    models: [statement.dut.model],
    macs: sample?.macs ?? [],
  }
}

/** One finding for each piece of information, with the first places where it was said. */
function leaks(sayings: readonly Saying[], about: UnitInformation): Finding[] {
  const found = new Map<string, { kind: InformationKind; value: string; certain: boolean; at: Saying[] }>()
  for (const saying of sayings)
    for (const one of informationIn(saying.text, saying.isName ? { ...about, users: [] } : about)) {
      const { kind, value } = one
      const certain = one.certain && !saying.isAttribute && !isAddress(one, about)
      const key = `${kind} ${value} ${certain}`
      const known = found.get(key) ?? { kind, value, certain, at: [] }
      if (known.at.length < MOST_PLACES) known.at.push(saying)
      found.set(key, known)
    }
  return [...found.values()].flatMap(({ kind, value, certain, at }): Finding[] => {
    const values = { value, where: at.map((s) => s.where).join('; ') }
    const cites = at.map((s) => s.cite)
    if (kind === 'mac') return [evidence('mac-noted', values, cites)]
    if (certain) return [violation(TOLD[kind], values, cites)]
    return found.has(`${kind} ${value} true`) ? [] : [suspicion(PERHAPS[kind], values, cites)]
  })
}

/** A serial number that is also the network address: everybody on the link has it anyway, others do not. */
const isAddress = (
  { kind, value }: { kind: InformationKind; value: string },
  { serials, macs = [] }: UnitInformation,
) => kind === 'serial' && serials.includes(value) && macs.some((m) => macOf(m) !== null && macOf(m) === macOf(value))

const TOLD = { serial: 'serial-told', firmware: 'firmware-told', user: 'user-told' } as const
const PERHAPS = { serial: 'serial-perhaps', firmware: 'firmware-perhaps', user: 'user-perhaps' } as const
const MOST_PLACES = 4
const cited = (sayings: readonly Saying[]): Cite[] => sayings.slice(0, MOST_PLACES).map((s) => s.cite)

/** A marker too short to be searched, and kinds of which the statement names nothing to search for. */
function unsearchable({ serials }: UnitInformation, { cite }: Context): Finding[] {
  const short = serials.filter((s) => s.length < LEAST_SERIAL)
  return short.map((serial) => gap('serial-too-short', { serial }, [cite('/services')]))
}
