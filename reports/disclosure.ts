import { canonical } from '../suites/canonical.ts'
import { DISCLOSURES, type Disclosure } from '../suites/observation.ts'
import { mayBeWithheld } from './bundle.ts'
import { fault, printable, type SealFault } from './seal-fault.ts'

/**
 * Who may see a member, by its name: each class sees what those before it see; a member that is not listed is public.
 */
export type Classes = ReadonlyMap<string, Disclosure>

/** report.json as far as the seal is concerned: canonical, and not yet looked at by any other schema. */
export interface SealedReport {
  value: Record<string, unknown>
  disclosure: Classes
}

/** Bytes of report.json. */
export const REPORT_BYTES = 64 * 2 ** 20
const MAX_DEPTH = 64

/**
 * report.json is canonical JSON (RFC 8785; one final line feed is allowed) within limits, with the classes of its
 * members.
 */
export function readReport(bytes: Uint8Array): { report: SealedReport } | { faults: SealFault[] } {
  if (bytes.length > REPORT_BYTES)
    return { faults: [fault('report-too-big', { bytes: bytes.length, limit: REPORT_BYTES })] }
  if (deeper(bytes, MAX_DEPTH)) return { faults: [fault('report-too-deep', { limit: MAX_DEPTH })] }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { faults: [fault('report-not-utf8')] }
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { faults: [fault('report-not-json')] }
  }
  if (!isRecord(value)) return { faults: [fault('report-not-json')] }
  try {
    if (canonical(value) !== text.replace(/\n$/, '')) return { faults: [fault('report-not-canonical')] }
  } catch {
    return { faults: [fault('report-not-canonical')] }
  }
  const found = Object.hasOwn(value, 'disclosure') ? value['disclosure'] : {}
  if (!isRecord(found)) return { faults: [fault('disclosure-invalid', { name: '-' })] }
  const wrong = Object.entries(found).filter(([, level]) => !isClass(level))
  if (wrong.length > 0) return { faults: wrong.map(([name]) => fault('disclosure-invalid', { name: printable(name) })) }
  return { report: { value, disclosure: new Map(Object.entries(found) as [string, Disclosure][]) } }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isClass = (value: unknown): value is Disclosure => (DISCLOSURES as readonly unknown[]).includes(value)

/** Whether brackets nest deeper than the limit, told before anything recursive sees the text. */
function deeper(bytes: Uint8Array, limit: number): boolean {
  let depth = 0
  let quoted = false
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i]!
    if (quoted) {
      if (c === 0x5c) i++
      else if (c === 0x22) quoted = false
    } else if (c === 0x22) quoted = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > limit) return true
    } else if (c === 0x7d || c === 0x5d) depth--
  }
  return false
}

/** Every class is for a member that exists, and only what can be taken out is anything but public. */
export function disclosureFaults(disclosure: Classes, names: ReadonlySet<string>): SealFault[] {
  return [...disclosure].flatMap(([name, level]) => [
    ...(names.has(name) ? [] : [fault('disclosure-unknown-member', { name: printable(name) })]),
    ...(level === 'public' || mayBeWithheld(name)
      ? []
      : [fault('disclosure-not-withholdable', { name: printable(name), class: level })]),
  ])
}

/** A withheld member is legal only when its class is not public: a public one that is absent was taken away. */
export const withheldFaults = (withheld: readonly { name: string }[], disclosure: Classes): SealFault[] =>
  withheld
    .filter(({ name }) => !mayBeWithheld(name) || (disclosure.get(name) ?? 'public') === 'public')
    .map(({ name }) => fault('withheld-public', { name: printable(name) }))
