import { createPrivateKey, sign, verify, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  certificatesIn,
  issued,
  keyNameOf,
  maySign,
  pathOf,
  readCertificate,
  type Certificate,
  type KeyName,
} from './certificates.ts'
import { isDemo } from './demo-key.ts'
import { passphraseFrom, type PassphraseSource } from './passphrase.ts'
import { openPkcs12 } from './pkcs12.ts'
import { errorCode, fault, type SealFault } from './seal-fault.ts'

export type SignerAlgorithm = 'rsa-sha256' | 'ecdsa-p256-sha256' | 'ecdsa-p384-sha384'

/** Whatever can sign: a key file here, a token elsewhere. */
export interface Signer {
  /** DER, leaf first, then its issuers as far as they are known. */
  certificates: Uint8Array[]
  algorithm: SignerAlgorithm
  /** Over the hash named by the algorithm: DER for ECDSA, PKCS#1 v1.5 for RSA. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
  /** Made for demonstration, trusted by demonstration stores only. */
  demo: boolean
}

export interface SignerOptions {
  /** PEM PKCS#8, plain or encrypted, or PKCS#12. */
  key: string
  /** PEM, any order; when left out the certificates are looked for in the key file. */
  certificate?: string
  passphrase?: PassphraseSource
}

export type SignerResult = { signer: Signer } | { faults: SealFault[] }

const ALGORITHMS: Record<KeyName, { name: SignerAlgorithm; hash: string }> = {
  rsa: { name: 'rsa-sha256', hash: 'sha256' },
  'ecdsa-p256': { name: 'ecdsa-p256-sha256', hash: 'sha256' },
  'ecdsa-p384': { name: 'ecdsa-p384-sha384', hash: 'sha384' },
}

/** Loads a signing key and its certificates from files; every fault names what to mend, none names the passphrase. */
export async function loadSigner(options: SignerOptions): Promise<SignerResult> {
  const file = await contentsOf(options.key, 'key-unreadable')
  const extra =
    options.certificate === undefined ? undefined : await contentsOf(options.certificate, 'certificate-unreadable')
  const unread = [file, extra].flatMap((one) => (one && 'faults' in one ? one.faults : []))
  if (!('bytes' in file) || (extra && 'faults' in extra)) return { faults: unread }

  const given = await passphraseFrom(options.passphrase ?? {})
  if ('faults' in given) return given
  const opened = file.bytes.includes('-----BEGIN')
    ? openPem(file.bytes, given.passphrase)
    : openPkcs12Key(file.bytes, given.passphrase)
  if ('faults' in opened) return opened
  const certificates = extra ? certificatesIn(extra.bytes) : opened.certificates
  return signerOf(opened.key, certificates)
}

async function contentsOf(path: string, code: 'key-unreadable' | 'certificate-unreadable') {
  try {
    return { bytes: await readFile(path) }
  } catch (error) {
    return { faults: [fault(code, { path, error: errorCode(error) })] }
  }
}

type Opened = { key: KeyObject; certificates: Uint8Array[] } | { faults: SealFault[] }

function openPem(bytes: Buffer, passphrase: string | null): Opened {
  const text = bytes.toString('latin1')
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return { faults: [fault('key-missing', { count: 0 })] }
  const locked = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)
  if (locked && passphrase === null) return { faults: [fault('passphrase-needed')] }
  try {
    return {
      key: createPrivateKey({ key: bytes, ...(locked ? { passphrase: passphrase ?? '' } : {}) }),
      certificates: certificatesIn(bytes),
    }
  } catch {
    return { faults: [fault(locked ? 'passphrase-wrong' : 'key-format')] }
  }
}

function openPkcs12Key(bytes: Buffer, passphrase: string | null): Opened {
  const opened = openPkcs12(bytes, passphrase)
  if ('faults' in opened) return opened
  try {
    const key = createPrivateKey({ key: Buffer.from(opened.key), format: 'der', type: 'pkcs8' })
    return { key, certificates: opened.certificates }
  } catch {
    return { faults: [fault('key-format')] }
  }
}

/** A signer over a key in memory; the certificate of the key is looked for among those given, its issuers follow it. */
export function signerOf(key: KeyObject, certificates: readonly Uint8Array[]): SignerResult {
  const name = keyNameOf(key)
  const read = certificates.map(readCertificate)
  const faults: SealFault[] = []
  if (!name) faults.push(keyFault(key))
  if (certificates.length === 0) faults.push(fault('certificate-missing'))
  else if (!read.every((one) => one !== undefined))
    faults.push(fault('certificate-unreadable', { path: '-', error: 'X.509' }))
  const readable = read.filter((one) => one !== undefined)
  const leaf = readable.find((one) => one.x509.checkPrivateKey(key))
  if (readable.length > 0 && !leaf)
    faults.push(fault('key-mismatch', { subject: readable[0]!.x509.subject.replaceAll('\n', ', ') }))
  if (leaf) faults.push(...leafFaults(leaf))
  if (!name || !leaf || faults.length > 0) return { faults }

  const { name: algorithm, hash } = ALGORITHMS[name]
  if (!signsFor(key, leaf, hash)) return { faults: [fault('key-damaged')] }
  const path = pathOf(
    leaf,
    readable.filter((one) => one !== leaf && !issued(one, one)),
  )
  return {
    signer: {
      certificates: path.map((one) => one.der),
      algorithm,
      demo: isDemo(leaf.der),
      sign: (bytes) =>
        new Promise((resolve, reject) => {
          sign(hash, bytes, key, (error, signature) => (error ? reject(error) : resolve(signature)))
        }),
    },
  }
}

/**
 * A trial signature verifies. A damaged key file can still repeat the right public key beside a wrong private one, and
 * nothing but using it would show that.
 */
function signsFor(key: KeyObject, leaf: Certificate, hash: string): boolean {
  const trial = Buffer.from('trial')
  try {
    return verify(hash, trial, leaf.x509.publicKey, sign(hash, trial, key))
  } catch {
    return false
  }
}

function keyFault(key: KeyObject): SealFault {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') return fault('key-weak', { bits: modulusLength ?? 0 })
  return fault('key-unsupported', { type: [key.asymmetricKeyType, namedCurve].filter(Boolean).join(' ') })
}

function leafFaults(leaf: Certificate): SealFault[] {
  const now = Date.now() * 1000
  const faults: SealFault[] = []
  if (now < leaf.from || now > leaf.until)
    faults.push(fault('certificate-not-now', { from: day(leaf.from), until: day(leaf.until) }))
  if (!maySign(leaf)) faults.push(fault('certificate-usage'))
  return faults
}

const day = (micros: number): string => new Date(micros / 1000).toISOString().slice(0, 10)
