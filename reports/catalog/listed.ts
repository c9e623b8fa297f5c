import type { Message } from '../../suites/observation.ts'
import type { Statement } from '../../suites/statement.ts'
import { dateOf } from './dates.ts'
import { folded } from './names.ts'
import { reason } from './reasons.ts'
import { statusOn, type Standing } from './state.ts'

/** Two entries are of the same thing when all of this is equal after folding; firmware and regulation exactly. */
const sameProduct = (a: { vendor: string; model: string; hardware: string }, b: typeof a): boolean =>
  folded(a.vendor) === folded(b.vendor) &&
  folded(a.model) === folded(b.model) &&
  folded(a.hardware) === folded(b.hardware)

/** Nothing is listed twice, and nothing withdrawn comes back by another report. */
export function standingReasons(
  dut: Statement['dut'],
  conclusion: { regulation: string; edition: string },
  { standings, digest, at }: { standings: readonly Standing[]; digest: string; at: number },
): Message[] {
  const today = dateOf(at)
  const product = { vendor: dut.maker.name, model: dut.model, hardware: dut.hardware }
  const reasons: Message[] = []
  for (const standing of standings) {
    const { entry } = standing
    const status = statusOn(standing, today)
    const sameFirmware = sameProduct(entry, product) && entry.firmware.version === dut.firmware.version
    const sameImage = entry.firmware.sha256 !== null && entry.firmware.sha256 === dut.firmware.sha256
    const sameRegulation =
      entry.regulation.id === conclusion.regulation && entry.regulation.edition === conclusion.edition
    if (status === 'withdrawn' && sameFirmware) reasons.push(reason('withdrawn-before', { entry: entry.id }))
    else if (status === 'withdrawn' && sameImage) reasons.push(reason('image-withdrawn', { entry: entry.id }))
    else if (standing.decided === 'suspended' && sameFirmware)
      reasons.push(reason('entry-suspended', { entry: entry.id }))
    else if (status === 'approved' && sameFirmware && sameRegulation)
      reasons.push(reason('already-admitted', { entry: entry.id }))
    else if (entry.report.digest === digest && sameRegulation) reasons.push(reason('same-report', { entry: entry.id }))
  }
  return reasons
}
