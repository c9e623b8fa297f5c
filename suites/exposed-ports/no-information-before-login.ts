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
import { fromBase64, latin1 } from '../facts/bytes.ts'
import { informationIn, LEAST_SERIAL, type InformationKind, type UnitInformation } from '../facts/unit-information.ts'
import type { ObservationKind } from '../observation.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind as httpAnonymous } from '../observations/http-anonymous.ts'
import { kind as rtspAnonymous } from '../observations/rtsp-anonymous.ts'
import { kind as services, type Services } from '../observations/services.ts'
import { kind as udpServices } from '../observations/udp-services.ts'
import { list, obj, oneOf, opt, type Static } from '../schema.ts'

const parameters = obj({
  /** What counts; serial numbers, firmware versions and user names where nothing is said. */
  kinds: opt(list(oneOf('serial', 'firmware', 'user'))),
})
type Context = JudgeContext<Static<typeof parameters>>

/** Something that was said to somebody who did not log in. */
interface Saying {
  text: string
  cite: Cite
  /** What was asked, for the reader. */
  where: string
}

/**
 * Nothing tells anybody the serial number or firmware version of the unit, or the names of its users, before a log-in
 * (EN 303 645 provision 5.6-2): neither banners nor pages nor discovery. That something answered is no fault by itself.
 */
export const criterion = defineCriterion({
  id: 'exposed-ports/no-information-before-login',
  version: '1.0.0',
  area: 'exposed-ports',
  over: services,
  also: [udpServices, httpAnonymous, rtspAnonymous],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const kinds = context.parameters.kinds ?? ['serial', 'firmware', 'user']
    const about = sought(context, kinds)
    const sayings = sayingsOf(value, context).filter((s) => s.text !== '')
    return [
      ...leaks(sayings, about),
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
  }
}

/** One finding for each piece of information, with the first places where it was said. */
function leaks(sayings: readonly Saying[], about: UnitInformation): Finding[] {
  const found = new Map<string, { kind: InformationKind; value: string; certain: boolean; at: Saying[] }>()
  for (const saying of sayings)
    for (const { kind, value, certain } of informationIn(saying.text, about)) {
      const key = `${kind} ${value} ${certain}`
      const known = found.get(key) ?? { kind, value, certain, at: [] }
      if (known.at.length < MOST_PLACES) known.at.push(saying)
      found.set(key, known)
    }
  return [...found.values()].flatMap(({ kind, value, certain, at }): Finding[] => {
    const values = { value, where: at.map((s) => s.where).join('; ') }
    const cites = at.map((s) => s.cite)
    if (certain || kind === 'serial') return [violation(TOLD[kind], values, cites)]
    return found.has(`${kind} ${value} true`) ? [] : [suspicion(PERHAPS[kind], values, cites)]
  })
}

const TOLD = { serial: 'serial-told', firmware: 'firmware-told', user: 'user-told' } as const
const PERHAPS = { firmware: 'firmware-perhaps', user: 'user-perhaps' } as const
const MOST_PLACES = 4
const cited = (sayings: readonly Saying[]): Cite[] => sayings.slice(0, MOST_PLACES).map((s) => s.cite)

/** A marker too short to be searched, and kinds of which the statement names nothing to search for. */
function unsearchable({ serials }: UnitInformation, { cite }: Context): Finding[] {
  const short = serials.filter((s) => s.length < LEAST_SERIAL)
  return short.map((serial) => gap('serial-too-short', { serial }, [cite('/services')]))
}

/** What belongs to this address and was not observed: it may have told something. */
function missing({ others, subject }: Context): Finding[] {
  const kinds: readonly ObservationKind[] = [udpServices, httpAnonymous, rtspAnonymous]
  return kinds.flatMap((kind) =>
    others(kind)
      .filter((o) => isHere(o.subject, subject) && !o.seen.answered)
      .map((o) => gap('not-observed', { kind: kind.id, subject: o.subject }, [])),
  )
}

const isHere = (other: string, subject: string): boolean => other === subject || other.startsWith(`${subject}/`)

function sayingsOf(value: Services, { others, cite, subject }: Context): Saying[] {
  const here = <T>(kind: ObservationKind<T>) =>
    others(kind).flatMap((o) =>
      isHere(o.subject, subject) && o.seen.answered ? [{ value: o.seen.value, cite: o.cite }] : [],
    )
  return [
    ...value.services.flatMap((row, i) =>
      (['greeting', 'httpAnswer', 'rtspAnswer', 'mqttAnswer'] as const).map((member): Saying => ({
        text: textOf(row[member]),
        cite: cite(`/services/${i}/${member}`),
        where: `TCP ${row.port}`,
      })),
    ),
    ...here(udpServices).flatMap((o) =>
      o.value.rows.flatMap((row, i) => {
        const text = row.asks.flatMap((a) => a.replies.map((r) => textOf(r.bytes))).join('\n')
        return o.value.baseline?.ports.includes(row.port) === true
          ? []
          : [{ text, cite: o.cite(`/rows/${i}/asks`), where: `UDP ${row.port} ${row.id}` }]
      }),
    ),
    ...here(httpAnonymous).flatMap((o) => [
      said(o.value.opening, o.cite('/opening'), o.value.port),
      ...o.value.visits.map((v, i) => said(v.anonymous, o.cite(`/visits/${i}/anonymous`), o.value.port)),
    ]),
    ...here(rtspAnonymous).flatMap((o) => [
      said(o.value.opening, o.cite('/opening'), o.value.port),
      ...o.value.visits.map((v, i) =>
        said(v.anonymous.describe, o.cite(`/visits/${i}/anonymous/describe`), o.value.port),
      ),
    ]),
  ]
}

const textOf = (base64: string): string => latin1(fromBase64(base64))

/** All that was answered. What was asked for is taken out: a page that repeats the address tells nothing. */
function said({ request, rounds }: Exchange, cite: Cite, port: number): Saying {
  const text = rounds.map((r) => textOf(r.answer.raw)).join('\n')
  const asked = request.target.length >= LEAST_SERIAL ? text.split(request.target).join(' / ') : text
  return { text: asked, cite, where: `TCP ${port} ${request.target}` }
}
