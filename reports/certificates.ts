import { X509Certificate, createHash, type KeyObject } from 'node:crypto'
import { TAG, context, elements, only, timeOf, type Der } from './der.ts'

/** Keys that may sign: RSA from 3072 bits, P-256, P-384. */
export type KeyName = 'rsa' | 'ecdsa-p256' | 'ecdsa-p384'

/** What this code needs of an X.509 certificate (RFC 5280 section 4.1), beside the parsed form of node:crypto. */
export interface Certificate {
  der: Uint8Array
  x509: X509Certificate
  /** Lower-case hexadecimal SHA-256 of the DER. */
  sha256: string
  /** DER of the issuer name and contents of the serial number. */
  issuer: Uint8Array
  serial: Uint8Array
  subjectKeyId: Uint8Array | undefined
  /** Microseconds since the epoch. */
  from: number
  until: number
  /** keyUsage bits by name; undefined when the extension is absent: any use. */
  usage: Set<'digitalSignature' | 'nonRepudiation' | 'keyCertSign'> | undefined
  pathLength: number | undefined
  /** OID contents, hexadecimal, of the algorithm it is signed with. */
  signedWith: string
}

const OID = { subjectKeyId: '551d0e', keyUsage: '551d0f', basicConstraints: '551d13' }

/** Reads one certificate; undefined when it is not X.509 in DER framing. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  const x509 = parsed(der)
  const [tbs, algorithm] = elements(only(der, TAG.sequence)?.content ?? new Uint8Array()) ?? []
  const fields = tbs && elements(tbs.content)
  if (!x509 || !fields || !algorithm) return undefined
  const at = fields[0]?.tag === context(0) ? 1 : 0
  const [serial, , issuer, validity] = fields.slice(at)
  const [from, until] = (validity && elements(validity.content)?.map(timeOf)) ?? []
  if (!serial || !issuer || from === undefined || until === undefined) return undefined
  const extensions = extensionsOf(fields)
  return {
    der,
    x509,
    sha256: createHash('sha256').update(der).digest('hex'),
    issuer: issuer.raw,
    serial: serial.content,
    subjectKeyId: only(extensions.get(OID.subjectKeyId) ?? new Uint8Array(), TAG.octets)?.content,
    from,
    until,
    usage: usageOf(extensions.get(OID.keyUsage)),
    pathLength: pathLengthOf(extensions.get(OID.basicConstraints)),
    signedWith: Buffer.from(elements(algorithm.content)?.[0]?.content ?? []).toString('hex'),
  }
}

function parsed(der: Uint8Array): X509Certificate | undefined {
  try {
    const x509 = new X509Certificate(der)
    return Buffer.compare(x509.raw, der) === 0 && x509.publicKey ? x509 : undefined
  } catch {
    return undefined
  }
}

/** Extension values by the hexadecimal contents of their OIDs. */
function extensionsOf(fields: readonly Der[]): Map<string, Uint8Array> {
  const holder = fields.find((field) => field.tag === context(3))
  const list = holder && only(holder.content, TAG.sequence)
  const found = (list && elements(list.content)) ?? []
  return new Map(
    found.map((extension) => {
      const parts = elements(extension.content) ?? []
      return [Buffer.from(parts[0]?.content ?? []).toString('hex'), parts.at(-1)?.content ?? new Uint8Array()]
    }),
  )
}

function usageOf(value: Uint8Array | undefined): Certificate['usage'] {
  if (!value) return undefined
  const bits = only(value, TAG.bits)?.content[1] ?? 0
  const names = [
    ['digitalSignature', 0x80],
    ['nonRepudiation', 0x40],
    ['keyCertSign', 0x04],
  ] as const
  return new Set(names.filter(([, bit]) => bits & bit).map(([name]) => name))
}

function pathLengthOf(value: Uint8Array | undefined): number | undefined {
  const sequence = value && only(value, TAG.sequence)
  const length = sequence && elements(sequence.content)?.find((field) => field.tag === TAG.integer)
  return length && length.content.length > 0 && length.content.length <= 4
    ? Buffer.from(length.content).readUIntBE(0, length.content.length)
    : undefined
}

/** The kind of a public or private key; undefined for one that may not sign here, small RSA included. */
export function keyNameOf(key: KeyObject): KeyName | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= 3072 ? 'rsa' : undefined
  if (key.asymmetricKeyType !== 'ec') return undefined
  return namedCurve === 'prime256v1' ? 'ecdsa-p256' : namedCurve === 'secp384r1' ? 'ecdsa-p384' : undefined
}

/** Signing documents is allowed by the certificate (RFC 5280 section 4.2.1.3). */
export const maySign = ({ usage }: Certificate): boolean =>
  usage === undefined || usage.has('digitalSignature') || usage.has('nonRepudiation')

/** `issuer` signed `certificate`; names and key both agree. */
export function issued(issuer: Certificate, certificate: Certificate): boolean {
  try {
    return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey)
  } catch {
    return false
  }
}

/** From a leaf upwards as far as `others` reach: each certificate with the one that issued it behind it. */
export function pathOf(leaf: Certificate, others: readonly Certificate[]): Certificate[] {
  const path = [leaf]
  for (let last = leaf; path.length <= others.length;) {
    const next = others.find((other) => !path.includes(other) && issued(other, last))
    if (!next) break
    path.push(next)
    last = next
  }
  return path
}

/** PEM or DER file contents to DER certificates; text around PEM blocks is ignored. */
export function certificatesIn(bytes: Uint8Array): Uint8Array[] {
  const text = Buffer.from(bytes).toString('latin1')
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)]
  if (blocks.length > 0) return blocks.map(([, body = '']) => Buffer.from(body, 'base64'))
  return bytes[0] === TAG.sequence ? [bytes] : []
}
