import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'

export const MODEL = 'RC-1'
/** Runs when the unit is new; `older` and `genuine` packages stand on either side of it. */
export const FACTORY_VERSION = '1.4.0'

const MAGIC = 'CSFW'
const FORMAT = 1
/** Magic, format number (1 byte), header length (4 bytes, big endian). */
const PREAMBLE = 9
/** r and s, 32 bytes each (IEEE P1363). */
export const SIGNATURE_BYTES = 64
const MOST_HEADER = 4096

interface Header {
  model: string
  version: string
  sha256: string
  /** Length of the payload. */
  bytes: number
  /** Public key of who signed it (SPKI, base64). A word of the package about itself, good for messages only. */
  signer?: string
}

export interface Package extends Header {
  payload: Buffer
  isPayloadIntact: boolean
  isTruncated: boolean
  signature: 'valid' | 'invalid' | 'missing'
}

export type Reading = { readable: true; package: Package } | { readable: false; reason: string }

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

export const makeVendorKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A stand-in for a firmware image: 32 KiB that follow from the version alone. */
export function payloadOf(version: string): Buffer {
  return Buffer.concat(
    Array.from({ length: 1024 }, (_, i) => createHash('sha256').update(`${MODEL} ${version} ${i}`).digest()),
  )
}

export interface PackageOrder {
  model: string
  version: string
  key: string | null
}

/** Preamble, header, payload, and a signature over all of it: ECDSA, P-256, SHA-256; zeros without a key. */
export function buildPackage({ model, version, key }: PackageOrder): Buffer {
  const payload = payloadOf(version)
  const about: Header = { model, version, sha256: digestOf(payload), bytes: payload.length }
  const header = Buffer.from(JSON.stringify(key === null ? about : { ...about, signer: publicHalf(key) }))
  const preamble = Buffer.alloc(PREAMBLE)
  preamble.write(MAGIC, 'latin1')
  preamble.writeUInt8(FORMAT, 4)
  preamble.writeUInt32BE(header.length, 5)
  const content = Buffer.concat([preamble, header, payload])
  const signature =
    key === null
      ? Buffer.alloc(SIGNATURE_BYTES)
      : sign('sha256', content, { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' })
  return Buffer.concat([content, signature])
}

const publicHalf = (key: string): string =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64')

/** The byte ranges of a package; offsets as the statement gives them. */
export function layoutOf(bytes: Buffer): { part: 'header' | 'payload' | 'signature'; offset: number; bytes: number }[] {
  const payload = PREAMBLE + bytes.readUInt32BE(5)
  return [
    { part: 'header', offset: 0, bytes: payload },
    { part: 'payload', offset: payload, bytes: bytes.length - SIGNATURE_BYTES - payload },
    { part: 'signature', offset: -SIGNATURE_BYTES, bytes: SIGNATURE_BYTES },
  ]
}

/**
 * Takes a package apart and says what holds of it; what to make of that is the updater's business.
 * `vendorKey` is the vendor's private key, of which only the public half is used; `trustsSigner` takes the key of the
 * package instead.
 */
export function readPackage(bytes: Buffer, vendorKey: string, trustsSigner = false): Reading {
  const unreadable = (reason: string): Reading => ({ readable: false, reason })
  if (bytes.length < PREAMBLE || bytes.toString('latin1', 0, 4) !== MAGIC) return unreadable('not a firmware package')
  if (bytes[4] !== FORMAT) return unreadable('unknown package format')
  const headerBytes = bytes.readUInt32BE(5)
  const start = PREAMBLE + headerBytes
  if (headerBytes > MOST_HEADER || start > bytes.length) return unreadable('package cut short')
  const header = headerOf(bytes.subarray(PREAMBLE, start))
  if (header === null) return unreadable('package header not readable')

  const isWithoutSignature = digestOf(bytes.subarray(start)) === header.sha256
  const end = isWithoutSignature ? bytes.length : Math.max(start, bytes.length - SIGNATURE_BYTES)
  const payload = Buffer.from(bytes.subarray(start, end))
  const signature = bytes.subarray(end)
  return {
    readable: true,
    package: {
      ...header,
      payload,
      isPayloadIntact: digestOf(payload) === header.sha256,
      isTruncated: bytes.length < start + header.bytes,
      signature: signature.every((byte) => byte === 0)
        ? 'missing'
        : isSigned(bytes.subarray(0, end), signature, keyOf(trustsSigner ? header.signer : undefined, vendorKey))
          ? 'valid'
          : 'invalid',
    },
  }
}

const isSigned = (content: Buffer, signature: Buffer, key: KeyObject | null): boolean =>
  key !== null &&
  signature.length === SIGNATURE_BYTES &&
  verify('sha256', content, { key, dsaEncoding: 'ieee-p1363' }, signature)

/** The key to verify with; null for a signer that is none. */
function keyOf(signer: string | undefined, vendorKey: string): KeyObject | null {
  try {
    return signer === undefined
      ? createPublicKey(vendorKey)
      : createPublicKey({ key: Buffer.from(signer, 'base64'), type: 'spki', format: 'der' })
  } catch {
    return null
  }
}

const VERSION = /^\d{1,5}\.\d{1,5}\.\d{1,5}$/

function headerOf(bytes: Buffer): Header | null {
  try {
    const header = JSON.parse(bytes.toString('latin1')) as Partial<Record<keyof Header, unknown>> | null
    const { model, version, sha256, bytes: length, signer } = header ?? {}
    if (typeof model !== 'string' || typeof version !== 'string' || typeof sha256 !== 'string') return null
    if (typeof length !== 'number' || !VERSION.test(version)) return null
    return { model, version, sha256, bytes: length, ...(typeof signer === 'string' ? { signer } : {}) }
  } catch {
    return null
  }
}

/** Orders versions number by number: 1.10.0 comes after 1.9.0. */
export function compareVersions(a: string, b: string): number {
  const right = b.split('.').map(Number)
  return (
    a
      .split('.')
      .map(Number)
      .map((part, i) => part - (right[i] ?? 0))
      .find((difference) => difference !== 0) ?? 0
  )
}
