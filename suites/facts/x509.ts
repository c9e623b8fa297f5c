import { bitsOf, firstElement, oidOf, timeOf, within, type Der } from './der.ts'
import { latin1 } from './bytes.ts'

export type KeyType = 'RSA' | 'EC' | 'DSA' | 'EdDSA' | 'unknown'

/** What a certificate says of itself (RFC 5280). Nothing here is verified: who signed it is not asked. */
export interface Certificate {
  /** Size of the modulus, of the curve or of the prime; null where it could not be read. */
  key: { type: KeyType; bits: number | null; oid: string; curve: string }
  /** Digest under the signature; empty where the algorithm has none of its own (EdDSA), `unknown` where it is not known. */
  signature: { oid: string; hash: string }
  subject: string
  issuer: string
  /** Subject and issuer are the same name: the certificate is self-signed, or says it is. */
  selfIssued: boolean
  /** Seconds since the epoch. */
  notBefore: number | null
  notAfter: number | null
  /** dNSName and iPAddress entries of subjectAltName. */
  names: string[]
}

const SEQUENCE = 0x30

/** RFC 3279, 4055, 5480 (with the curves of SEC 2), 5639, 8410; sizes in bits. */
const CURVES: Readonly<Record<string, readonly [name: string, bits: number]>> = {
  '1.2.840.10045.3.1.1': ['secp192r1', 192],
  '1.2.840.10045.3.1.7': ['secp256r1', 256],
  '1.3.132.0.1': ['sect163k1', 163],
  '1.3.132.0.2': ['sect163r1', 163],
  '1.3.132.0.6': ['secp112r1', 112],
  '1.3.132.0.7': ['secp112r2', 112],
  '1.3.132.0.8': ['secp160r1', 160],
  '1.3.132.0.9': ['secp160k1', 160],
  '1.3.132.0.10': ['secp256k1', 256],
  '1.3.132.0.15': ['sect163r2', 163],
  '1.3.132.0.16': ['sect283k1', 283],
  '1.3.132.0.17': ['sect283r1', 283],
  '1.3.132.0.26': ['sect233k1', 233],
  '1.3.132.0.27': ['sect233r1', 233],
  '1.3.132.0.28': ['secp128r1', 128],
  '1.3.132.0.29': ['secp128r2', 128],
  '1.3.132.0.30': ['secp160r2', 160],
  '1.3.132.0.31': ['secp192k1', 192],
  '1.3.132.0.32': ['secp224k1', 224],
  '1.3.132.0.33': ['secp224r1', 224],
  '1.3.132.0.34': ['secp384r1', 384],
  '1.3.132.0.35': ['secp521r1', 521],
  '1.3.132.0.36': ['sect409k1', 409],
  '1.3.132.0.37': ['sect409r1', 409],
  '1.3.36.3.3.2.8.1.1.7': ['brainpoolP256r1', 256],
  '1.3.36.3.3.2.8.1.1.11': ['brainpoolP384r1', 384],
  '1.3.36.3.3.2.8.1.1.13': ['brainpoolP512r1', 512],
  '1.2.156.10197.1.301': ['curveSM2', 256],
}

const EDDSA: Readonly<Record<string, readonly [name: string, bits: number]>> = {
  '1.3.101.112': ['Ed25519', 255],
  '1.3.101.113': ['Ed448', 448],
}

const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'MD2',
  '1.2.840.113549.1.1.3': 'MD4',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
  '1.3.14.3.2.29': 'SHA-1',
  '1.2.840.113549.1.1.11': 'SHA-256',
  '1.2.840.113549.1.1.12': 'SHA-384',
  '1.2.840.113549.1.1.13': 'SHA-512',
  '1.2.840.113549.1.1.14': 'SHA-224',
  '1.2.840.10040.4.3': 'SHA-1',
  '2.16.840.1.101.3.4.3.1': 'SHA-224',
  '2.16.840.1.101.3.4.3.2': 'SHA-256',
  '1.2.840.10045.4.1': 'SHA-1',
  '1.2.840.10045.4.3.1': 'SHA-224',
  '1.2.840.10045.4.3.2': 'SHA-256',
  '1.2.840.10045.4.3.3': 'SHA-384',
  '1.2.840.10045.4.3.4': 'SHA-512',
  '1.2.156.10197.1.501': 'SM3',
  '1.3.101.112': '',
  '1.3.101.113': '',
}
const PSS = '1.2.840.113549.1.1.10'
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'SHA-1',
  '1.2.840.113549.2.5': 'MD5',
  '2.16.840.1.101.3.4.2.4': 'SHA-224',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}

/** Reads a certificate (RFC 5280 section 4.1); null where it is none. Any bytes are allowed; never throws. */
export function certificateOf(bytes: Uint8Array): Certificate | null {
  const outer = within(firstElement(bytes) ?? undefined, SEQUENCE)
  const tbs = within(outer?.[0], SEQUENCE)
  if (!outer || !tbs || outer.length !== 3) return null
  const [, , issuer, validity, subject, keyInfo, ...rest] = tbs[0]?.tag === 0xa0 ? tbs.slice(1) : tbs
  const times = within(validity, SEQUENCE)
  if (!issuer || !subject || !keyInfo || times?.length !== 2) return null
  return {
    key: keyOf(keyInfo),
    signature: signatureOf(outer[1]),
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    selfIssued: issuer.raw.length === subject.raw.length && issuer.raw.every((b, i) => b === subject.raw[i]),
    notBefore: timeOf(times[0]),
    notAfter: timeOf(times[1]),
    names: alternativeNames(rest.find((e) => e.tag === 0xa3)),
  }
}

function keyOf(keyInfo: Der): Certificate['key'] {
  const [algorithm, value] = within(keyInfo, SEQUENCE) ?? []
  const [name, parameters] = within(algorithm, SEQUENCE) ?? []
  const oid = oidOf(name)
  const key = (type: KeyType, bits: number | null, curve = '') => ({ type, bits, oid, curve })
  if (oid === '1.2.840.113549.1.1.1' || oid === PSS) {
    const inner = value?.tag === 3 ? firstElement(value.content.subarray(1)) : null
    return key('RSA', bitsOf(within(inner ?? undefined, SEQUENCE)?.[0]))
  }
  if (oid === '1.2.840.10045.2.1') {
    const [curve, bits] = CURVES[oidOf(parameters)] ?? [oidOf(parameters), null]
    return key('EC', bits, curve)
  }
  if (oid === '1.2.840.10040.4.1') return key('DSA', bitsOf(within(parameters, SEQUENCE)?.[0]))
  const [curve, bits] = EDDSA[oid] ?? ['', null]
  return key(bits === null ? 'unknown' : 'EdDSA', bits, curve)
}

/** RSASSA-PSS names its digest in its parameters, SHA-1 where it names none (RFC 4055 section 3.1). */
function signatureOf(algorithm: Der | undefined): Certificate['signature'] {
  const [name, parameters] = within(algorithm, SEQUENCE) ?? []
  const oid = oidOf(name)
  if (oid !== PSS) return { oid, hash: SIGNATURES[oid] ?? 'unknown' }
  const fields = within(parameters, SEQUENCE)
  if (!fields) return { oid, hash: 'unknown' }
  const explicit = fields.find((f) => f.tag === 0xa0)
  if (!explicit) return { oid, hash: 'SHA-1' }
  const hash = oidOf(within(firstElement(explicit.content) ?? undefined, SEQUENCE)?.[0])
  return { oid, hash: HASHES[hash] ?? 'unknown' }
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
}
const MOST_TEXT = 200

/** A distinguished name for display, shortened; bytes that are not printable ASCII become dots. */
function nameOf(name: Der): string {
  const parts = (within(name, SEQUENCE) ?? []).flatMap((set) =>
    (within(set, 0x31) ?? []).map((pair) => {
      const [type, value] = within(pair, SEQUENCE) ?? []
      const oid = oidOf(type)
      return `${ATTRIBUTES[oid] ?? oid}=${value ? printable(value.content) : ''}`
    }),
  )
  return parts.join(', ').slice(0, MOST_TEXT)
}

const printable = (bytes: Uint8Array): string => latin1(bytes.subarray(0, MOST_TEXT)).replace(/[^\x20-\x7e]/g, '.')

function alternativeNames(explicit: Der | undefined): string[] {
  const extensions = within(explicit && (firstElement(explicit.content) ?? undefined), SEQUENCE) ?? []
  for (const extension of extensions) {
    const fields = within(extension, SEQUENCE) ?? []
    if (oidOf(fields[0]) !== '2.5.29.17') continue
    const value = fields.at(-1)
    const names = value?.tag === 4 ? within(firstElement(value.content) ?? undefined, SEQUENCE) : null
    return (names ?? []).slice(0, 100).flatMap(({ tag, content }) => {
      if (tag === 0x82) return [printable(content)]
      if (tag === 0x87 && content.length === 4) return [content.join('.')]
      return tag === 0x87 ? [Array.from(content, (b) => b.toString(16).padStart(2, '0')).join('')] : []
    })
  }
  return []
}
