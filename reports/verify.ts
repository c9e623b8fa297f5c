import { X509Certificate } from 'node:crypto'
import type { Message } from '../suites/observation.ts'
import { registry } from '../suites/registry.generated.ts'
import { isDemo } from './demo-key.ts'
import type { Verification } from './catalog/verification.ts'
import type { Bundle } from './bundle.ts'
import { evidenceOf, readRecorded, type Members, type Recorded } from './evidence.ts'
import { differences, judgeApart, type Difference } from './rejudge.ts'
import { installedSuite } from './suite.ts'
import { judgeSigner, type Trust } from './trust.ts'
import { verifySeal } from './verify-seal.ts'

/** The three answers, with what a reader of them may want to know besides. */
export interface Verified extends Verification {
  differences: Difference[]
  demo: boolean
  recorded: Recorded | null
  judgements: number
}

/** Most that a member needed for judging may have; larger artifacts are never read whole. */
const MEMBER_BYTES = 64 * 2 ** 20

/** The members of an open bundle. */
export const bundleMembers = (bundle: Bundle): Members => ({
  async read(name) {
    const member = bundle.members.get(name)
    if (member) return member.bytes <= MEMBER_BYTES ? member.read(MEMBER_BYTES) : null
    return bundle.withheld.some((w) => w.name === name) ? 'withheld' : null
  },
  names: () => Promise.resolve([...bundle.members.keys()]),
})

/**
 * Verifies a sealed report: is the seal intact, is the signer trusted (null: not asked), do the verdicts follow from the
 * evidence. Nothing of the camera, the bench or the network is needed. Never throws for what a bundle holds.
 */
export async function verifyReport(path: string, trust: Trust | null): Promise<Verified> {
  const sealed = await verifySeal(path)
  if (sealed.seal === 'broken') return brokenSeal(sealed.faults)
  const { bundle, facts } = sealed
  try {
    const read = await readRecorded(bundleMembers(bundle), registry, true)
    const name = nameOf(new X509Certificate(facts.signature.certificate).subject)
    const shared = {
      seal: { ok: true, faults: [] },
      manifest: facts.manifestSha256,
      withheld: facts.withheld,
      demo: isDemo(facts.signature.certificate),
    }
    if (!read.ok) {
      const faults = read.faults.map((f): Message => ({
        code: f.code,
        values: { ...f.values, file: f.file ?? '', line: f.line ?? 0 },
      }))
      return { ...brokenSeal(faults), ...shared, seal: { ok: false, faults } }
    }
    const recorded = read.value
    const regulations = recorded.regulations.map((r) => r.id)
    const judged = trust ? judgeSigner(facts.signature, trust, { at: facts.signature.signingTime, regulations }) : null
    const signer =
      judged === null
        ? { ok: false, name, why: { code: 'signer-not-asked', values: {} } }
        : judged.trusted
          ? { ok: true, name: judged.name, why: null }
          : { ok: false, name, why: { code: judged.why, values: { name: judged.name ?? name } } }
    const verdicts = await judgedAgain(recorded)
    return {
      ...shared,
      signer,
      ...verdicts,
      recorded,
      report: recorded.report,
      regulations: recorded.regulations,
      statement: recorded.statement,
      judgements: recorded.report?.verdicts.judgements.length ?? 0,
    }
  } finally {
    await bundle.close()
  }
}

async function judgedAgain(recorded: Recorded): Promise<Pick<Verified, 'verdicts' | 'differences'>> {
  const not = (code: string, values: Message['values']) => ({
    verdicts: { state: 'not-attempted' as const, why: { code, values } },
    differences: [],
  })
  const { report } = recorded
  if (!report) return not('broken', {})
  const suite = installedSuite()
  if (suite.digest !== report.tool.suiteDigest)
    return not('needs-suite', { suite: report.tool.suiteDigest.slice(0, 16) })
  if (recorded.withheld.length > 0) return not('withheld', { count: recorded.withheld.length })
  const again = await judgeApart(evidenceOf(recorded, report.run.selection.deselected, report.run.mode))
  if (!again.done) return not(`judging-${again.why}`, { detail: again.detail })
  const found = differences(report, again.verdicts)
  return { verdicts: { state: found.length === 0 ? 'equal' : 'different', why: null }, differences: found }
}

const brokenSeal = (faults: Message[]): Verified => ({
  seal: { ok: false, faults },
  signer: { ok: false, name: null, why: null },
  verdicts: { state: 'not-attempted', why: { code: 'seal-broken', values: {} } },
  report: null,
  regulations: [],
  statement: null,
  manifest: null,
  withheld: [],
  differences: [],
  demo: false,
  recorded: null,
  judgements: 0,
})

/** The common name of a subject, for people. */
const nameOf = (subject: string): string => /CN=([^,\n]+)/.exec(subject)?.[1] ?? subject

/** Judges a report's evidence with the suite of this installation, whatever suite made it. No legal effect. */
export async function wouldNow(
  path: string,
): Promise<
  | { ok: true; recorded: Recorded; differences: Difference[]; same: boolean; suite: string }
  | { ok: false; faults: Message[] }
> {
  const sealed = await verifySeal(path)
  if (sealed.seal === 'broken') return { ok: false, faults: sealed.faults }
  try {
    const read = await readRecorded(bundleMembers(sealed.bundle), registry, true)
    if (!read.ok || !read.value.report) return { ok: false, faults: read.ok ? [] : read.faults }
    const { report } = read.value
    const again = await judgeApart(evidenceOf(read.value, report.run.selection.deselected, report.run.mode))
    if (!again.done) return { ok: false, faults: [{ code: `judging-${again.why}`, values: { detail: again.detail } }] }
    const found = differences(report, again.verdicts)
    return {
      ok: true,
      recorded: read.value,
      differences: found,
      same: found.length === 0,
      suite: installedSuite().digest,
    }
  } finally {
    await sealed.bundle.close()
  }
}
