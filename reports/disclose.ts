import { DISCLOSURES } from '../suites/observation.ts'
import { addMimetype, finishWith } from './asic.ts'
import { fault, type SealFault } from './seal-fault.ts'
import { sealFaults, verifySeal } from './verify-seal.ts'
import { guarded } from './zip-writer.ts'

export type DiscloseResult = { digest: string; withheld: string[] } | { faults: SealFault[]; broken?: true }

/**
 * A copy of a sealed report for a reader who may see members up to a class, under the same manifest and signature: what
 * is of a higher class is left out, what is left out already stays so. The original must be intact; `withheld` names
 * all that is absent.
 */
export async function discloseCopy(
  bundlePath: string,
  out: string,
  upTo: 'public' | 'regulator',
): Promise<DiscloseResult> {
  const verified = await verifySeal(bundlePath)
  if (verified.seal === 'broken') return { faults: verified.faults, broken: true }
  const { bundle, report, facts } = verified
  const allowed = DISCLOSURES.indexOf(upTo)
  const keep = [...bundle.members].filter(
    ([name]) => DISCLOSURES.indexOf(report.disclosure.get(name) ?? 'public') <= allowed,
  )
  const kept = new Set(keep.map(([name]) => name))
  const dropped = [...bundle.members.keys()].filter((name) => !kept.has(name))
  try {
    if (dropped.length === 0) return { faults: [fault('nothing-withheld', { class: upTo })] }
    return await guarded<DiscloseResult>(out, async (zip) => {
      await addMimetype(zip)
      for (const [name, member] of keep) {
        const written = await zip.add(name, { stream: member.stream })
        if ('code' in written) return { faults: [written] }
      }
      const finished = await finishWith(zip, bundle.manifest, bundle.signature, sealFaults)
      return 'faults' in finished ? finished : { ...finished, withheld: [...facts.withheld, ...dropped] }
    })
  } finally {
    await bundle.close()
  }
}
