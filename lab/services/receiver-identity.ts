import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { loadX509 } from '../x509.ts'

const DAY = 86_400_000

/** A self-signed P-256 certificate of a lab service for these addresses, good for two days, with its key; both PEM. */
export async function makeReceiverIdentity(addresses: readonly string[]): Promise<{ key: string; cert: string }> {
  const { cryptoProvider, GeneralName, SubjectAlternativeNameExtension, X509CertificateGenerator } = await loadX509()
  cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Camseal lab syslog receiver',
    keys,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + DAY),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new SubjectAlternativeNameExtension(addresses.map((a) => new GeneralName(isIP(a) ? 'ip' : 'dns', a)))],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const lines = pkcs8.match(/.{1,64}/g) ?? []
  return {
    key: ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'),
    cert: certificate.toString('pem'),
  }
}
