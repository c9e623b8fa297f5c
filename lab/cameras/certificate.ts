import { isIP } from 'node:net'
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { loadX509 } from '../x509.ts'

export interface Identity {
  key: string
  certificate: string
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsaOf = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
})
const DAY = 86_400_000

/**
 * A key of this unit alone and a self-signed server certificate for its addresses (RFC 5280; addresses are
 * named in subjectAltName, RFC 6125). The usual name tells nothing about the unit.
 */
export async function makeIdentity(
  kind: 'P-256' | 'RSA' | 'RSA-1024',
  addresses: readonly string[],
  name = 'camera',
): Promise<Identity> {
  const x509 = await loadX509()
  const algorithm = kind === 'P-256' ? P256 : rsaOf(kind === 'RSA' ? 2048 : 1024)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const now = Date.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      name: `CN=${name}`,
      notBefore: new Date(now - DAY),
      notAfter: new Date(now + 3650 * DAY),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | (kind === 'P-256' ? 0 : x509.KeyUsageFlags.keyEncipherment),
          true,
        ),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          addresses.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
        ),
      ],
    },
    webcrypto,
  )
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return { key: pem('PRIVATE KEY', key), certificate: certificate.toString('pem') }
}

/** A certificate in PEM that may sign others (RFC 5280 section 4.2.1.9). */
export function isAuthority(text: string): boolean {
  try {
    return new X509Certificate(text).ca
  } catch {
    return false
  }
}

const pem = (label: string, base64: string): string =>
  `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`
