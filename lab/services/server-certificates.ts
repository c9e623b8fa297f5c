import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import type * as x509 from '@peculiar/x509'
import { loadX509 } from '../x509.ts'
import { IMPOSTORS, STRIPPERS, type Impostor, type Stripper } from '../../suites/observations/tls-clients.ts'

/** Who signs certificates of servers. */
export interface Authority {
  certificate: x509.X509Certificate
  key: webcrypto.CryptoKey
  signing: { name: string; hash: string }
}

/** What a server of the lab shows: its own certificate first; PEM. One that keeps TLS from beginning has none. */
export interface ServerIdentity {
  shows: 'genuine' | Impostor | Stripper
  key: string
  certificates: x509.X509Certificate[]
}

const DAY = 86_400_000
const YEAR = 365 * DAY
const P256 = { name: 'ECDSA', namedCurve: 'P-256' }
const ECDSA = { name: 'ECDSA', hash: 'SHA-256' }
/** Names and addresses that nobody has (RFC 6761, RFC 5737, RFC 3849). */
const OTHER = ['other.invalid', '192.0.2.77', '2001:db8::77']

const makeKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
const serialNumber = (): string => `01${randomBytes(15).toString('hex')}`
const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY)

/** An authority made now, of this name; its validity leaves room for certificates of other times. */
export async function makeAuthority(name: string): Promise<Authority> {
  const x509 = await loadX509()
  const keys = await makeKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name,
      keys,
      notBefore: new Date(Date.now() - 10 * YEAR),
      notAfter: new Date(Date.now() + 10 * YEAR),
      signingAlgorithm: ECDSA,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  )
  return { certificate, key: keys.privateKey, signing: ECDSA }
}

/**
 * A declared authority, RSA or EC.
 * @throws Error where certificate and key cannot be read or do not belong together
 */
export async function readAuthority(certificatePem: string, keyPem: string): Promise<Authority> {
  const x509 = await loadX509()
  const certificate = new x509.X509Certificate(certificatePem)
  const key = createPrivateKey(keyPem)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  if (!spki.equals(Buffer.from(certificate.publicKey.rawData)))
    throw new Error('certificate and key do not belong together')
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const curve = key.asymmetricKeyDetails?.namedCurve
  const named = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[curve ?? '']
  if (key.asymmetricKeyType !== 'rsa' && !named)
    throw new Error(`no authority with a key of ${curve ?? key.asymmetricKeyType}`)
  const signing = { name: named ? 'ECDSA' : 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const imported = { ...signing, ...(named ? { namedCurve: named } : {}) }
  return { certificate, key: await webcrypto.subtle.importKey('pkcs8', pkcs8, imported, false, ['sign']), signing }
}

/**
 * The genuine server of these names and one impostor of each kind, each with a key of its own as an impostor's would be: a
 * device that knows the genuine key again is right to refuse the others. Valid times do not meet: a clock that takes the
 * genuine one is far from those of the others.
 */
export async function makeServers(authority: Authority, names: readonly string[]): Promise<ServerIdentity[]> {
  const x509 = await loadX509()
  const foreign = await makeAuthority(authority.certificate.subject)
  const make = async (by: Authority | null, to: { names?: readonly string[]; from?: number; until?: number } = {}) => {
    const keys = await makeKeys()
    const called = to.names ?? names
    const subject = [{ CN: [called[0] ?? ''] }]
    const own = await x509.X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject,
        issuer: by ? by.certificate.subjectName : subject,
        notBefore: daysFromNow(to.from ?? -30),
        notAfter: daysFromNow(to.until ?? 30),
        publicKey: keys.publicKey,
        signingKey: by ? by.key : keys.privateKey,
        signingAlgorithm: by ? by.signing : ECDSA,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            called.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(
            by ? by.certificate.publicKey : keys.publicKey,
            false,
            webcrypto,
          ),
        ],
      },
      webcrypto,
    )
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
    const key = createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' })
    return {
      key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
      certificates: by ? [own, by.certificate] : [own],
    }
  }
  const makers: Record<'genuine' | Impostor, () => ReturnType<typeof make>> = {
    genuine: () => make(authority),
    'self-signed': () => make(null),
    'unknown-ca': () => make(foreign),
    'wrong-name': () => make(authority, { names: OTHER }),
    expired: () => make(authority, { from: -2 * 365, until: -365 }),
    'not-yet-valid': () => make(authority, { from: 365, until: 2 * 365 }),
  }
  const shown = ['genuine', ...IMPOSTORS] as const
  return Promise.all(shown.map(async (shows) => ({ shows, ...(await makers[shows]()) })))
}

/** Mail servers without TLS. */
export const STRIPPING: readonly ServerIdentity[] = STRIPPERS.map((shows) => ({ shows, key: '', certificates: [] }))
