import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readYaml } from '../profiles/yaml-file.ts'
import type { Fault } from '../suites/fault.ts'
import { Type } from '@sinclair/typebox'
import { bool, list, obj, oneOf, opt, str, text, type Static } from '../suites/schema.ts'
import { certificatesIn, readCertificate, type Certificate } from './certificates.ts'
import { WEAK } from './cades-syntax.ts'
import { fault, type SealFault } from './seal-fault.ts'

export interface TrustedSigner {
  name: string
  /** A signing certificate, or a CA whose signers are trusted. */
  certificate: Certificate
  /** Microseconds since the epoch, both included. */
  from: number
  until: number
  /** Regulation ids; null is all. */
  regulations: string[] | null
  note: string
}

/** Demonstration stores trust demonstration signers only, all others refuse them. */
export interface Trust {
  demo: boolean
  signers: TrustedSigner[]
}

const day = () => Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' })
const signer = obj({
  name: text(),
  certificate: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    description: 'PEM file beside trust.yaml: a leaf or a CA',
  }),
  from: day(),
  until: day(),
  regulations: opt(Type.Array(text(), { minItems: 1 })),
  note: opt(str()),
})
const schema = obj({ camseal: oneOf('trust/1'), demo: bool(), signers: list(signer) }, 'Camseal trust store')

const FILE = 'trust.yaml'
const DAY = 86_400_000_000

/**
 * Reads a trust store: `trust.yaml` and the certificates beside it. Every fault at once, with line, field and what was
 * expected.
 */
export async function loadTrust(directory: string): Promise<{ trust: Trust } | { faults: Fault[] }> {
  const path = join(directory, FILE)
  const read = readYaml(path, schema)
  const isAbsent = !read.ok && read.faults.some((f) => f.code === 'unreadable')
  if (isAbsent) return { faults: [fault('trust-missing', { path: directory })] }
  if (!read.ok) return { faults: read.faults }
  const { value, lineOf } = read.value
  const faults: SealFault[] = []
  const signers: TrustedSigner[] = []
  for (const [i, item] of value.signers.entries()) {
    const found = await signerOf(directory, item)
    if (!('faults' in found)) signers.push(found)
    else {
      faults.push(
        ...found.faults.map((one): SealFault => {
          const field = `/signers/${i}/${one.field ?? ''}`
          const line = lineOf(field)
          return { ...one, file: path, field, ...(line === undefined ? {} : { line }) }
        }),
      )
    }
  }
  return faults.length > 0 ? { faults } : { trust: { demo: value.demo, signers } }
}

async function signerOf(
  directory: string,
  item: Static<typeof signer>,
): Promise<TrustedSigner | { faults: SealFault[] }> {
  const from = dayOf(item.from)
  const until = dayOf(item.until)
  const faults: SealFault[] = []
  if (from === undefined) faults.push({ ...fault('trust-date', { found: item.from }), field: 'from' })
  if (until === undefined) faults.push({ ...fault('trust-date', { found: item.until }), field: 'until' })
  if (from !== undefined && until !== undefined && until < from) {
    faults.push({ ...fault('trust-period', { from: item.from, until: item.until }), field: 'until' })
  }
  const bytes = await readFile(join(directory, item.certificate)).catch(() => undefined)
  const found = bytes ? certificatesIn(bytes) : []
  const certificate = found.length === 1 ? readCertificate(found[0]!) : undefined
  if (!certificate)
    faults.push({
      ...fault('trust-certificate', { path: item.certificate, count: found.length }),
      field: 'certificate',
    })
  else if (WEAK.has(certificate.signedWith) && !certificate.x509.checkIssued(certificate.x509)) {
    faults.push({ ...fault('trust-certificate-weak', { path: item.certificate }), field: 'certificate' })
  }
  if (faults.length > 0 || from === undefined || until === undefined || !certificate) return { faults }
  return {
    name: item.name,
    certificate,
    from,
    until: until + DAY - 1,
    regulations: item.regulations ?? null,
    note: item.note ?? '',
  }
}

/** Start of a UTC day in microseconds; undefined unless the date is in the calendar. */
function dayOf(date: string): number | undefined {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? undefined : ms * 1000
}
