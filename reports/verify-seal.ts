import { createHash } from 'node:crypto'
import { openBundle, type Bundle } from './bundle.ts'
import { verifyCades, type SignatureFacts } from './cades-verify.ts'
import { REPORT_BYTES, disclosureFaults, readReport, withheldFaults, type SealedReport } from './disclosure.ts'
import { errorCode, fault, type SealFault } from './seal-fault.ts'
import type { Limits } from './zip-directory.ts'

export interface SealFacts {
  signature: SignatureFacts
  /** SHA-256 of the manifest: the same for every copy under one signature, whatever it withholds. */
  manifestSha256: string
  members: { name: string; bytes: number; sha256: string }[]
  /** Names that the manifest lists and this copy does not hold. */
  withheld: string[]
}

export type SealResult =
  | { seal: 'intact'; faults: []; facts: SealFacts; bundle: Bundle; report: SealedReport }
  | { seal: 'broken'; faults: SealFault[]; facts: null }

/**
 * The first of three questions: is this file what somebody signed? Container, digests, signature, and the legality of
 * what is withheld. Who signed (`judgeSigner`) and whether the verdicts follow are asked apart. Never throws, fetches
 * nothing, writes nothing; an intact bundle stays open and is closed by the caller.
 */
export async function verifySeal(path: string, limits: Partial<Limits> = {}): Promise<SealResult> {
  const broken = (faults: SealFault[]): SealResult => ({ seal: 'broken', faults, facts: null })
  const opened = await openBundle(path, limits)
  if ('faults' in opened) return broken(opened.faults)
  const { bundle } = opened
  try {
    const signature = verifyCades(bundle.manifest, bundle.signature)
    const read = await reportOf(bundle)
    const faults = 'faults' in signature ? [...signature.faults] : []
    if ('faults' in read) faults.push(...read.faults)
    else {
      const names = new Set([...bundle.members.keys(), ...bundle.withheld.map(({ name }) => name)])
      faults.push(
        ...disclosureFaults(read.report.disclosure, names),
        ...withheldFaults(bundle.withheld, read.report.disclosure),
      )
    }
    if ('faults' in signature || 'faults' in read || faults.length > 0) {
      await bundle.close()
      return broken(faults)
    }
    return { seal: 'intact', faults: [], facts: factsOf(bundle, signature.facts), bundle, report: read.report }
  } catch (error) {
    await bundle.close().catch(() => undefined)
    return broken([fault('file-unreadable', { path, error: errorCode(error) })])
  }
}

/** For a writer: the faults of a file that was just sealed, before anybody relies on it. */
export async function sealFaults(path: string): Promise<SealFault[]> {
  const verified = await verifySeal(path)
  if (verified.seal === 'intact') await verified.bundle.close()
  return verified.faults
}

async function reportOf(bundle: Bundle): Promise<{ report: SealedReport } | { faults: SealFault[] }> {
  const member = bundle.members.get('report.json')
  if (!member) return { faults: [fault('missing-member', { name: 'report.json' })] }
  if (member.bytes > REPORT_BYTES)
    return { faults: [fault('report-too-big', { bytes: member.bytes, limit: REPORT_BYTES })] }
  return readReport(await member.read(REPORT_BYTES))
}

const factsOf = (bundle: Bundle, signature: SignatureFacts): SealFacts => ({
  signature,
  manifestSha256: createHash('sha256').update(bundle.manifest).digest('hex'),
  members: [...bundle.members].map(([name, { bytes, sha256 }]) => ({ name, bytes, sha256 })),
  withheld: bundle.withheld.map(({ name }) => name),
})
