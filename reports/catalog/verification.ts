import type { Message } from '../../suites/observation.ts'
import type { Regulation } from '../../suites/regulation.ts'
import type { Statement } from '../../suites/statement.ts'
import type { Report } from '../report.ts'

/** The three questions about a sealed report, answered apart, and what it holds where it could be read. */
export interface Verification {
  /** Are these the bytes that were signed? */
  seal: { ok: boolean; faults: Message[] }
  /** Was the signer trusted by the store, within its scope, at the time of signing? */
  signer: { ok: boolean; name: string | null; why: Message | null }
  /** Do the verdicts follow from the evidence? `not-attempted` where that suite is not installed or evidence is withheld. */
  verdicts: { state: 'equal' | 'different' | 'not-attempted'; why: Message | null }
  /** Null where the seal does not let it be read. */
  report: Report | null
  /** The regulation files in the bundle, whole. */
  regulations: Regulation[]
  statement: Statement | null
  /** SHA-256 of the signed manifest: the same for every copy under one signature. Null where there is none to read. */
  manifest: string | null
  /** Names of the members withheld from this copy (rule 13). */
  withheld: string[]
}

/** Verifies a bundle against a trust store. Never throws on the contents of a bundle. */
export type Verify = (bundle: string) => Promise<Verification>
