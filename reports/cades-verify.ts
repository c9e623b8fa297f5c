import { createHash, verify } from 'node:crypto'
import {
  ATTRIBUTE,
  CONTENT,
  DETACHED,
  HASHES,
  VERSION_1,
  VERSION_3,
  WEAK,
  digestIdentifiers,
  signatureIdentifiers,
  type Hash,
} from './cades-syntax.ts'
import { keyNameOf, maySign, pathOf, readCertificate, type Certificate, type KeyName } from './certificates.ts'
import { TAG, context, der, elements, only, sameBytes, timeOf, type Der } from './der.ts'
import { fault, type SealFault } from './seal-fault.ts'

/** What a sound signature says. Whether its maker is to be trusted is asked elsewhere. */
export interface SignatureFacts {
  /** DER of the signing certificate. */
  certificate: Uint8Array
  /** DER of the issuers that came along, from the leaf upwards. */
  chain: Uint8Array[]
  /** Microseconds since the epoch, as the signer claims. */
  signingTime: number
  algorithm: `${KeyName}-${Hash}`
}

export type SignatureResult = { facts: SignatureFacts } | { faults: SealFault[] }

interface Parts {
  digest: Der
  certificates: Der[]
  sid: Der
  attributes: Der
  algorithm: Der
  signature: Der
}

/** Looking for the path costs the square of this. */
const MAX_CERTIFICATES = 16

const refuse = (...faults: SealFault[]): { faults: SealFault[] } => ({ faults })

/**
 * Verifies a detached CAdES-BES over `content`: one signer, a SHA-2 digest, an RSA key from 3072 bits or P-256 or
 * P-384, the digest recomputed, the signing certificate bound by its hash. Every octet is either compared with the only
 * encoding allowed or covered by the signature; issuer certificates are bound by having issued the leaf.
 */
export function verifyCades(content: Uint8Array, signature: Uint8Array): SignatureResult {
  const parts = partsOf(signature)
  if ('faults' in parts) return parts
  const hash = HASHES.find((name) => digestIdentifiers(name).some((one) => sameBytes(one, parts.digest.raw)))
  if (!hash) return refuse(algorithmFault(parts.digest))

  const certificates = parts.certificates.map((one) => readCertificate(one.raw))
  if (!certificates.every((one) => one !== undefined))
    return refuse(fault('signature-malformed', { part: 'certificates' }))
  const leaf = certificates.find((one) => identifies(parts.sid, one))
  if (!leaf) return refuse(fault('signature-certificate-missing'))
  const path = pathOf(
    leaf,
    certificates.filter((one) => one !== leaf),
  )
  const key = keyNameOf(leaf.x509.publicKey)
  if (!key) return refuse(fault('signature-weak-key', { key: describeKey(leaf) }))

  const faults: SealFault[] = []
  if (path.length < certificates.length)
    faults.push(fault('signature-certificate-unrelated', { count: certificates.length - path.length }))
  if (!maySign(leaf)) faults.push(fault('certificate-usage'))
  const family = key === 'rsa' ? 'rsa' : 'ecdsa'
  if (!signatureIdentifiers(family, hash).some((one) => sameBytes(one, parts.algorithm.raw)))
    faults.push(algorithmFault(parts.algorithm))
  const attributes = attributesOf(parts.attributes)
  if ('faults' in attributes) return refuse(...faults, ...attributes.faults)
  const { type, digest, time, binding } = attributes
  if (!sameBytes(type, CONTENT.data)) faults.push(fault('signature-attribute', { attribute: 'contentType' }))
  if (!sameBytes(digest, der(TAG.octets, createHash(hash).update(content).digest())))
    faults.push(fault('signature-digest-mismatch'))
  if (!binds(binding, leaf.der)) faults.push(fault('signature-certificate-other'))
  if (faults.length > 0) return refuse(...faults)

  const signed = Buffer.from(parts.attributes.raw)
  signed[0] = TAG.set
  if (!verifies(hash, signed, leaf, parts.signature.content)) return refuse(fault('signature-wrong'))
  return {
    facts: {
      certificate: leaf.der,
      chain: path.slice(1).map((one) => one.der),
      signingTime: time,
      algorithm: `${key}-${hash}`,
    },
  }
}

/** ContentInfo and SignedData with one SignerInfo (RFC 5652 sections 3, 5.1, 5.3), each part in its only form. */
function partsOf(signature: Uint8Array): Parts | { faults: SealFault[] } {
  const malformed = (part: string) => refuse(fault('signature-malformed', { part }))
  const [type, wrapped, ...after] = elements(only(signature, TAG.sequence)?.content ?? new Uint8Array()) ?? []
  if (!type || !wrapped || after.length > 0 || !sameBytes(type.raw, CONTENT.signedData) || wrapped.tag !== context(0)) {
    return malformed('ContentInfo')
  }
  const data = elements(only(wrapped.content, TAG.sequence)?.content ?? new Uint8Array()) ?? []
  const [version, digests, content, ...optional] = data
  const infos = optional.pop()
  if (!version || !digests || !content || infos?.tag !== TAG.set || digests.tag !== TAG.set)
    return malformed('SignedData')
  if (!sameBytes(content.raw, DETACHED)) return refuse(fault('signature-not-detached'))
  const certificates = optional[0]?.tag === context(0) ? optional.shift() : undefined
  if (optional.length > 0) return refuse(fault('signature-extra', { part: 'crls' }))
  const bag = certificates && elements(certificates.content)
  if (!bag || bag.length === 0) return refuse(fault('signature-certificate-missing'))
  if (bag.length > MAX_CERTIFICATES) return refuse(fault('signature-extra', { part: 'certificates' }))

  const signers = elements(infos.content) ?? []
  if (signers.length !== 1 || signers[0]!.tag !== TAG.sequence) return malformed('SignerInfos')
  const [infoVersion, sid, digest, attributes, algorithm, value, ...unsigned] = elements(signers[0]!.content) ?? []
  if (!infoVersion || !sid || !digest || attributes?.tag !== context(0) || !algorithm || value?.tag !== TAG.octets) {
    return malformed('SignerInfo')
  }
  if (unsigned.length > 0) return refuse(fault('signature-extra', { part: 'unsignedAttrs' }))
  const expected = sid.tag === TAG.sequence ? VERSION_1 : VERSION_3
  if (!sameBytes(version.raw, expected) || !sameBytes(infoVersion.raw, expected)) return malformed('version')
  if (!sameBytes(digests.content, digest.raw)) return malformed('digestAlgorithms')
  return { digest, certificates: bag, sid, attributes, algorithm, signature: value }
}

const algorithmFault = (identifier: Der): SealFault => {
  const name = Buffer.from(elements(identifier.content)?.[0]?.content ?? []).toString('hex')
  return fault(WEAK.has(name) ? 'signature-weak-digest' : 'signature-algorithm', { oid: name })
}

/** The certificate is the one named by issuer and serial number or by its subject key identifier. */
function identifies(sid: Der, certificate: Certificate): boolean {
  if (sid.tag === TAG.sequence)
    return sameBytes(sid.content, Buffer.concat([certificate.issuer, der(TAG.integer, certificate.serial)]))
  return sid.tag === 0x80 && certificate.subjectKeyId !== undefined && sameBytes(sid.content, certificate.subjectKeyId)
}

/** The four signed attributes, each once and with one value; further signed attributes are let be. */
function attributesOf(
  set: Der,
): { type: Uint8Array; digest: Uint8Array; time: number; binding: Uint8Array } | { faults: SealFault[] } {
  const found = (elements(set.content) ?? []).map((one) => elements(one.content) ?? [])
  const wrong: SealFault[] = []
  const valueOf = (attribute: keyof typeof ATTRIBUTE): Der | undefined => {
    const named = found.filter(([type]) => type && sameBytes(type.raw, ATTRIBUTE[attribute]))
    const values = named[0]?.[1]?.tag === TAG.set ? elements(named[0][1].content) : undefined
    if (named.length === 1 && named[0]!.length === 2 && values?.length === 1) return values[0]
    wrong.push(fault('signature-attribute', { attribute }))
    return undefined
  }
  const [type, digest, timed, binding] = (
    ['contentType', 'messageDigest', 'signingTime', 'signingCertificateV2'] as const
  ).map(valueOf)
  const time = timed && timeOf(timed)
  if (timed && time === undefined) wrong.push(fault('signature-attribute', { attribute: 'signingTime' }))
  if (!type || !digest || time === undefined || !binding) return { faults: wrong }
  return { type: type.raw, digest: digest.raw, time, binding: binding.raw }
}

/** The first ESSCertIDv2 holds the hash of this certificate (RFC 5035 section 4). */
function binds(attribute: Uint8Array, leaf: Uint8Array): boolean {
  const list = elements(only(attribute, TAG.sequence)?.content ?? new Uint8Array())?.[0]
  const first = list && elements(list.content)?.[0]
  const fields = first && elements(first.content)
  if (!fields?.[0]) return false
  const explicit = fields[0].tag === TAG.sequence
  const hash = explicit
    ? HASHES.find((name) => digestIdentifiers(name).some((one) => sameBytes(one, fields[0]!.raw)))
    : 'sha256'
  const value = fields[explicit ? 1 : 0]
  return (
    hash !== undefined && value?.tag === TAG.octets && sameBytes(value.content, createHash(hash).update(leaf).digest())
  )
}

function verifies(hash: Hash, signed: Uint8Array, leaf: Certificate, value: Uint8Array): boolean {
  try {
    return verify(hash, signed, leaf.x509.publicKey, value)
  } catch {
    return false
  }
}

/** A key in words that need no translation, such as "rsa 2048" or "ec secp521r1". */
function describeKey({ x509 }: Certificate): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = x509.publicKey
  return [asymmetricKeyType, asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve]
    .filter(Boolean)
    .join(' ')
}
