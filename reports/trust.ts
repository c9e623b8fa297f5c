import { WEAK } from './cades-syntax.ts'
import type { SignatureFacts } from './cades-verify.ts'
import { issued, readCertificate, type Certificate } from './certificates.ts'
import { isDemo } from './demo-key.ts'
import type { Trust, TrustedSigner } from './trust-store.ts'

export { loadTrust, type Trust, type TrustedSigner } from './trust-store.ts'

/** Why a signer is not trusted; texts are those of the fault codes. In the order in which they are told. */
export const SIGNER_REASONS = [
  'signer-demo',
  'signer-not-demo',
  'signer-unknown',
  'signer-chain-invalid',
  'signer-usage',
  'signer-certificate-not-now',
  'signer-before',
  'signer-after',
  'signer-out-of-scope',
] as const
export type SignerReason = (typeof SIGNER_REASONS)[number]

export type SignerJudgement =
  { trusted: true; name: string } | { trusted: false; why: SignerReason; name: string | null }

export interface Occasion {
  /** Microseconds since the epoch: the signing time. */
  at: number
  /** Ids of the regulations the report is about; a signer must be trusted for each. */
  regulations: readonly string[]
}

/**
 * The second question: is the signer trusted, for this, at that time? A leaf is trusted when it is listed itself or was
 * issued, directly or through CAs of the signature, by a listed CA (RFC 5280 section 6.1, without revocation: nothing
 * is ever fetched). A demonstration store trusts demonstration signers only, every other store refuses them.
 */
export function judgeSigner(facts: SignatureFacts, trust: Trust, occasion: Occasion): SignerJudgement {
  const leaf = readCertificate(facts.certificate)
  const chain = facts.chain.map(readCertificate).filter((one) => one !== undefined)
  if (!leaf) return { trusted: false, why: 'signer-unknown', name: null }
  const demo = isDemo(leaf.der)
  if (demo !== trust.demo || (!trust.demo && chain.some((one) => isDemo(one.der)))) {
    return { trusted: false, why: trust.demo ? 'signer-not-demo' : 'signer-demo', name: null }
  }
  let nearest: SignerJudgement = { trusted: false, why: 'signer-unknown', name: null }
  for (const entry of trust.signers) {
    const why = refusal(leaf, chain, entry, occasion)
    if (why === undefined) return { trusted: true, name: entry.name }
    if (SIGNER_REASONS.indexOf(why) > SIGNER_REASONS.indexOf(nearest.why))
      nearest = { trusted: false, why, name: entry.name }
  }
  return nearest
}

function refusal(
  leaf: Certificate,
  chain: readonly Certificate[],
  entry: TrustedSigner,
  { at, regulations }: Occasion,
): SignerReason | undefined {
  const path = pathTo(leaf, chain, entry.certificate)
  if (!path) return 'signer-unknown'
  if (
    !path.slice(1).every(isSoundCa) ||
    path.some((ca, i) => i > 0 && tooLong(ca, i)) ||
    path.slice(0, -1).some((one) => WEAK.has(one.signedWith))
  ) {
    return 'signer-chain-invalid'
  }
  if (leaf.usage && !leaf.usage.has('digitalSignature') && !leaf.usage.has('nonRepudiation')) return 'signer-usage'
  if (path.some((one) => at < one.from || at > one.until)) return 'signer-certificate-not-now'
  if (at < entry.from) return 'signer-before'
  if (at > entry.until) return 'signer-after'
  const allowed = entry.regulations
  return allowed && !regulations.every((id) => allowed.includes(id)) ? 'signer-out-of-scope' : undefined
}

/**
 * From the leaf to the listed certificate, each verified to have issued the one before; undefined when there is no way.
 */
function pathTo(leaf: Certificate, chain: readonly Certificate[], anchor: Certificate): Certificate[] | undefined {
  const path = [leaf]
  for (const next of [...chain, undefined]) {
    const last = path.at(-1)!
    if (last.sha256 === anchor.sha256) return path
    if (issued(anchor, last)) return [...path, anchor]
    if (!next || !issued(next, last)) return undefined
    path.push(next)
  }
  return undefined
}

/** A CA by basicConstraints whose key may sign certificates and is not small. */
function isSoundCa({ x509, usage }: Certificate): boolean {
  const bits = x509.publicKey.asymmetricKeyDetails?.modulusLength ?? 2048
  return x509.ca && (usage === undefined || usage.has('keyCertSign')) && bits >= 2048
}

/** `position` counts from the leaf: the CA above it is 1 and has no CA below (RFC 5280 section 4.2.1.9). */
const tooLong = ({ pathLength }: Certificate, position: number): boolean =>
  pathLength !== undefined && position - 1 > pathLength
