import type { Command } from 'commander'
import { registerCatalog } from '../catalog/cli.ts'
import { loadTrust } from '../trust.ts'
import { verifyReport } from '../verify.ts'

/** The catalog's verbs, with the verification that admission rests on. */
export function registerCatalogVerb(program: Command, end: (code: number) => void): void {
  registerCatalog(program, end, async (bundle, trustDirectory) => {
    const loaded = await loadTrust(trustDirectory)
    return verifyReport(bundle, 'trust' in loaded ? loaded.trust : { demo: false, signers: [] })
  })
}
