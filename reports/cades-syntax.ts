import { TAG, der, oid } from './der.ts'

/** Whole encodings, compared byte by byte: nothing of an algorithm identifier is left to interpretation. */
const identifier = (dotted: string, ...parameters: Uint8Array[]): Uint8Array =>
  der(TAG.sequence, oid(dotted), ...parameters)
const NULL = der(TAG.null)

export type Hash = 'sha256' | 'sha384' | 'sha512'
export const HASHES: readonly Hash[] = ['sha256', 'sha384', 'sha512']

const HASH_OID: Record<Hash, string> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}
const RSA = '1.2.840.113549.1.1.1'
const RSA_WITH: Record<Hash, string> = {
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
}
const ECDSA_WITH: Record<Hash, string> = {
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
}

/** SHA-2 identifiers, parameters absent (RFC 5754 section 2); verifiers also meet NULL. */
export const digestIdentifier = (hash: Hash): Uint8Array => identifier(HASH_OID[hash])
export const digestIdentifiers = (hash: Hash): Uint8Array[] => [
  digestIdentifier(hash),
  identifier(HASH_OID[hash], NULL),
]

/** RSA with NULL parameters, ECDSA without (RFC 5754 sections 3.2, 3.3). */
export const signatureIdentifier = (family: 'rsa' | 'ecdsa', hash: Hash): Uint8Array =>
  family === 'rsa' ? identifier(RSA, NULL) : identifier(ECDSA_WITH[hash])
export const signatureIdentifiers = (family: 'rsa' | 'ecdsa', hash: Hash): Uint8Array[] =>
  family === 'rsa' ? [identifier(RSA, NULL), identifier(RSA_WITH[hash], NULL)] : [identifier(ECDSA_WITH[hash])]

/** Digests that may not be relied on: MD5, SHA-1, and the signature algorithms with them. */
export const WEAK = new Set(
  [
    '1.2.840.113549.2.5',
    '1.3.14.3.2.26',
    '1.2.840.113549.1.1.4',
    '1.2.840.113549.1.1.5',
    '1.2.840.10045.4.1',
    '1.2.840.113549.2.2',
    '1.2.840.113549.1.1.2',
  ].map((dotted) => Buffer.from(oid(dotted).subarray(2)).toString('hex')),
)

export const CONTENT = {
  signedData: oid('1.2.840.113549.1.7.2'),
  data: oid('1.2.840.113549.1.7.1'),
}
export const ATTRIBUTE = {
  contentType: oid('1.2.840.113549.1.9.3'),
  messageDigest: oid('1.2.840.113549.1.9.4'),
  signingTime: oid('1.2.840.113549.1.9.5'),
  signingCertificateV2: oid('1.2.840.113549.1.9.16.2.47'),
}
export const VERSION_1 = der(TAG.integer, Uint8Array.of(1))
export const VERSION_3 = der(TAG.integer, Uint8Array.of(3))
/** EncapsulatedContentInfo without content: the signature is detached (RFC 5652 section 5.2). */
export const DETACHED = der(TAG.sequence, CONTENT.data)
