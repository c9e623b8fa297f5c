import { createHash } from 'node:crypto'
import {
  ATTRIBUTE,
  CONTENT,
  DETACHED,
  VERSION_1,
  digestIdentifier,
  signatureIdentifier,
  type Hash,
} from './cades-syntax.ts'
import { readCertificate } from './certificates.ts'
import { TAG, context, der, derSet, derTime } from './der.ts'
import type { Signer } from './keys.ts'

export { verifyCades, type SignatureFacts, type SignatureResult } from './cades-verify.ts'

const hash = (algorithm: Hash, bytes: Uint8Array): Uint8Array => createHash(algorithm).update(bytes).digest()

/**
 * Detached CAdES-BES over `content` (ETSI EN 319 122-1 clause 5, RFC 5652): content type, message digest, signing time
 * and signing certificate v2 are signed, as a sorted SET under tag 0x31. `at` is microseconds since the epoch.
 */
export async function signCades(
  content: Uint8Array,
  signer: Signer,
  options: { at?: number } = {},
): Promise<Uint8Array> {
  const at = options.at ?? Date.now() * 1000
  const digest: Hash = signer.algorithm === 'ecdsa-p384-sha384' ? 'sha384' : 'sha256'
  const [leaf] = signer.certificates
  const certificate = leaf && readCertificate(leaf)
  if (!certificate) throw new TypeError('a signer has a certificate')

  const attribute = (type: Uint8Array, value: Uint8Array): Uint8Array => der(TAG.sequence, type, der(TAG.set, value))
  const attributes = [
    attribute(ATTRIBUTE.contentType, CONTENT.data),
    attribute(ATTRIBUTE.signingTime, derTime(at)),
    attribute(ATTRIBUTE.messageDigest, der(TAG.octets, hash(digest, content))),
    attribute(ATTRIBUTE.signingCertificateV2, signingCertificate(leaf)),
  ]
  const signature = await signer.sign(derSet(TAG.set, attributes))
  const signerInfo = der(
    TAG.sequence,
    VERSION_1,
    der(TAG.sequence, certificate.issuer, der(TAG.integer, certificate.serial)),
    digestIdentifier(digest),
    derSet(context(0), attributes),
    signatureIdentifier(signer.algorithm === 'rsa-sha256' ? 'rsa' : 'ecdsa', digest),
    der(TAG.octets, signature),
  )
  const signedData = der(
    TAG.sequence,
    VERSION_1,
    der(TAG.set, digestIdentifier(digest)),
    DETACHED,
    derSet(context(0), [...signer.certificates]),
    der(TAG.set, signerInfo),
  )
  return der(TAG.sequence, CONTENT.signedData, der(context(0), signedData))
}

/**
 * SigningCertificateV2 with the leaf only; SHA-256 is the default of ESSCertIDv2 and therefore left out (RFC 5035
 * section 4).
 */
const signingCertificate = (leaf: Uint8Array): Uint8Array =>
  der(TAG.sequence, der(TAG.sequence, der(TAG.sequence, der(TAG.octets, hash('sha256', leaf)))))
