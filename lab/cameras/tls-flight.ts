import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import type { Identity } from './certificate.ts'

/** What a first flight before TLS 1.3 says (RFC 5246 section 7.4, RFC 6101 section 5.6). */
export interface Flight {
  /** Number on the wire. */
  version: number
  suite: number
  compression: number
  /** Answers the signal of RFC 5746. */
  renegotiation: boolean
  identity: Identity
  clientRandom: Uint8Array
  /** The suite agrees on a key over P-256 and signs with ECDSA and SHA-256; else the key is transported. */
  ephemeral: boolean
}

const P256 = 23
const ECDSA_SHA256 = 0x0403
const RENEGOTIATION_INFO = 0xff01
/** RFC 8446 section 4.1.3: this camera can do TLS 1.3. */
const mark = (version: number): number[] => [...Buffer.from('DOWNGRD', 'ascii'), version === 0x0303 ? 1 : 0]

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
/** Uncompressed point at the end of SubjectPublicKeyInfo (RFC 5480 section 2.2). */
const POINT = [...publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)]

/** ServerHello, Certificate, ServerKeyExchange where the suite needs it, ServerHelloDone: one record. */
export function flightOf(flight: Flight): Uint8Array {
  const { version, suite, compression, renegotiation, identity, clientRandom, ephemeral } = flight
  const random = [...randomBytes(24), ...mark(version)]
  const extensions = renegotiation ? [...u16(RENEGOTIATION_INFO), ...sized(2, [0])] : []
  const hello = [
    ...u16(version),
    ...random,
    0,
    ...u16(suite),
    compression,
    ...(extensions.length > 0 ? sized(2, extensions) : []),
  ]
  const certificate = sized(3, sized(3, [...new X509Certificate(identity.certificate).raw]))
  const parameters = [3, ...u16(P256), ...sized(1, POINT)]
  const signed = Uint8Array.from([...clientRandom, ...random, ...parameters])
  const exchange = ephemeral
    ? message(12, [...parameters, ...u16(ECDSA_SHA256), ...sized(2, [...sign('sha256', signed, identity.key)])])
    : []
  return record(22, version, [...message(2, hello), ...message(11, certificate), ...exchange, ...message(14, [])])
}

/** A fatal alert (RFC 5246 section 7.2). */
export const alertOf = (version: number, description: number): Uint8Array => record(21, version, [2, description])

const u16 = (n: number): number[] => [n >> 8, n & 0xff]
const sized = (width: 1 | 2 | 3, bytes: number[]): number[] =>
  [bytes.length >> 16, (bytes.length >> 8) & 0xff, bytes.length & 0xff].slice(3 - width).concat(bytes)
const message = (type: number, body: number[]): number[] => [type, ...sized(3, body)]
const record = (type: number, version: number, content: number[]): Uint8Array =>
  Uint8Array.from([type, ...u16(version), ...sized(2, content)])
