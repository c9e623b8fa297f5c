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
import { responseTo } from '../facts/onvif.ts'
import { macOf, serialLikeness, versionLikeness, type Likeness } from '../facts/unit-marks.ts'
import { descendantsOf } from '../facts/xml.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { kind, type UnitReadings } from '../observations/unit-readings.ts'
import { obj, type Static } from '../schema.ts'

const parameters = obj({})
type Context = JudgeContext<Static<typeof parameters>>

/** Something that the unit told of itself. */
interface Mark {
  from: string
  text: string
  cite: Cite
  /** declared: by a reading that says what it reads. updates: by one of several parts that may have versions of their own. */
  by: 'declared' | 'updates' | 'unsaid' | 'onvif'
}

/**
 * The unit on the bench is the declared one and runs the declared firmware: a report of another one would be about nothing
 * that anybody sells. The running version can be read (EN 303 645 provision 5.3-16; the IXIT names model and version).
 */
export const criterion = defineCriterion({
  id: 'update-integrity/unit-as-declared',
  version: '1.0.0',
  area: 'update-integrity',
  over: kind,
  also: [onvifOperations],
  states: ['in-service'],
  parameters,
  catalogues: [],
  applies: always,
  judge({ value }, context) {
    const { statement, subject, cite } = context
    const sample = statement.samples.find((s) => s.id === subject)
    if (!sample) return []
    const { version } = statement.dut.firmware
    const serials = [...marksOf(value, 'serial', context), ...onvifMarks('SerialNumber', context)]
    const versions = [...marksOf(value, 'firmware', context), ...onvifMarks('FirmwareVersion', context)]
    const unsaid = marksOf(value, 'unsaid', context)
    const isMac = ({ text }: Mark) => sample.macs.some((mac) => macOf(mac) !== null && macOf(mac) === macOf(text))
    const known = (m: Mark) =>
      isMac(m) || serialLikeness(m.text, sample.serial) === 'same' || versionLikeness(m.text, version) === 'same'
    const macs = macFindings(value, sample.macs, context)
    const serial = compared('serial', serials, unsaid, sample.serial, serialLikeness, cite('/readings'))
    const isKnownByMac = [...macs, ...serial].some((f) => f.is === 'evidence')
    return [
      ...serial.filter((f) => !(isKnownByMac && f.message.code === 'serial-not-read')),
      ...compared('version', versions, unsaid, version, versionLikeness, cite('/readings')),
      ...macs,
      ...unsaid
        .filter((m) => !known(m))
        .map((m) => gap('unsaid', { from: m.from, text: m.text.slice(0, 100) }, [m.cite])),
      ...unread(value, context),
    ]
  },
})

const isTold = (text: string | null): text is string => text !== null && text !== '' && !text.includes('{secret:')

const marksOf = (value: UnitReadings, what: 'serial' | 'firmware' | 'mac' | 'unsaid', { cite }: Context): Mark[] =>
  value.readings.flatMap((r, i) =>
    r.what === what && isTold(r.text)
      ? [
          {
            from: r.from,
            text: r.text,
            cite: cite(`/readings/${i}`),
            by: what === 'unsaid' ? what : r.from.startsWith('updates/') ? 'updates' : 'declared',
          },
        ]
      : [],
  )

/** What the unit told over ONVIF to the declared account, each text once. */
function onvifTold(operation: string, name: string, { others, subject }: Context): Mark[] {
  const told = others(onvifOperations).flatMap((o): Mark[] => {
    if (!o.seen.answered || !o.subject.startsWith(`${subject}/`)) return []
    return o.seen.value.asked.flatMap((asked, i) => {
      const response =
        asked.operation === operation ? responseTo(operation, asked.service, answerOf(asked.genuine)) : null
      const texts = response ? descendantsOf(response, name).map((e) => e.text.trim()) : []
      return texts.filter(isTold).map((text): Mark => ({
        from: `ONVIF ${operation}`,
        text: text.slice(0, 200),
        cite: o.cite(`/asked/${i}/genuine`),
        by: 'onvif',
      }))
    })
  })
  return told.filter((m, i) => told.findIndex((other) => other.text === m.text) === i)
}
const onvifMarks = (name: string, context: Context): Mark[] => onvifTold('GetDeviceInformation', name, context)

const CODES = {
  serial: ['serial-same', 'serial-other', 'serial-part', 'serial-not-read'],
  version: ['version-same', 'version-other', 'version-part', 'version-not-read'],
} as const

/**
 * One mark against its declaration. Where a declared reading agrees, what ONVIF tells in a form of its own says nothing
 * more, and another part's version is that of another part; where only ONVIF speaks, a difference may be one of form.
 */
function compared(
  what: keyof typeof CODES,
  marks: readonly Mark[],
  unsaid: readonly Mark[],
  declared: string,
  likeness: (told: string, declared: string) => Likeness,
  readings: Cite,
): Finding[] {
  const [same, other, part, notRead] = CODES[what]
  const agreeing = [...marks, ...unsaid].filter((m) => likeness(m.text, declared) === 'same')
  const hasDeclared = marks.some((m) => m.by === 'declared' || m.by === 'updates')
  const findings = marks.flatMap((m): Finding[] => {
    const values = { from: m.from, told: m.text.slice(0, 100), declared }
    const alike = likeness(m.text, declared)
    if (alike === 'same' || (m.by === 'onvif' && (hasDeclared || agreeing.length > 0))) return []
    if (m.by === 'updates' && agreeing.length > 0) return []
    if (alike === 'part') return [gap(part, values, [m.cite])]
    return [m.by === 'onvif' ? suspicion(other, values, [m.cite]) : violation(other, values, [m.cite])]
  })
  if (agreeing.length > 0)
    return [
      evidence(
        same,
        { declared, from: agreeing.map((m) => m.from).join(', ') },
        agreeing.map((m) => m.cite),
      ),
      ...findings,
    ]
  return findings.length > 0 ? findings : [gap(notRead, { declared }, [readings])]
}

/**
 * Addresses of interfaces against the declared ones, where any are. What the lab's link shows may be a router's, and what
 * ONVIF lists may lack the interface in use: only a declared reading is the unit's plain word.
 */
function macFindings(value: UnitReadings, macs: readonly string[], context: Context): Finding[] {
  const declared = macs.flatMap((m) => macOf(m) ?? [])
  if (declared.length === 0) return []
  const list = macs.join(', ')
  const onLink: Mark[] =
    value.mac === null ? [] : [{ from: 'link', text: value.mac, cite: context.cite('/mac'), by: 'unsaid' }]
  const readings = marksOf(value, 'mac', context)
  const over = onvifTold('GetNetworkInterfaces', 'HwAddress', context)
  const agreeing = [...onLink, ...readings, ...over].filter((m) => declared.includes(macOf(m.text) ?? ''))
  const differing = [...onLink, ...readings].filter((m) => !agreeing.includes(m))
  return [
    ...(agreeing.length > 0
      ? [
          evidence(
            'mac-same',
            { declared: list, from: agreeing.map((m) => m.from).join(', ') },
            agreeing.map((m) => m.cite),
          ),
        ]
      : over.slice(0, 1).map((m) => suspicion('mac-other', { from: m.from, told: m.text, declared: list }, [m.cite]))),
    ...differing.map((m) =>
      (m.by === 'declared' ? violation : suspicion)(
        'mac-other',
        { from: m.from, told: m.text.slice(0, 100), declared: list },
        [m.cite],
      ),
    ),
  ]
}

/** A declared reading of a mark that told nothing. */
const unread = ({ readings }: UnitReadings, { cite }: Context): Finding[] =>
  readings.flatMap((r, i) =>
    isTold(r.text) || r.what === 'other' ? [] : [gap('not-read', { from: r.from }, [cite(`/readings/${i}`)])],
  )
