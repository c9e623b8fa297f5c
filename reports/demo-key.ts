import { X509Certificate, webcrypto } from 'node:crypto'

/** The mark by which a demonstration signer is known: an organisational unit that no laboratory bears. */
export const DEMO_UNIT = 'Camseal DEMO'
const DEMO_ORGANISATION = 'DEMO – NOT A LABORATORY'

/** Whether a certificate (DER) carries the demonstration mark; one that cannot be read does not. */
export function isDemo(certificate: Uint8Array): boolean {
  try {
    return new X509Certificate(certificate).subject
      .split('\n')
      .some((part) => part.split(' + ').includes(`OU=${DEMO_UNIT}`))
  } catch {
    return false
  }
}

/**
 * A fresh P-256 key (PKCS#8 PEM) with a self-signed certificate (PEM) that says DEMO in its subject.
 * `from` is microseconds since the epoch, now unless given; `days` defaults to 365.
 */
export async function makeDemoKey(
  options: { from?: number; days?: number } = {},
): Promise<{ key: string; certificate: string }> {
  await import('reflect-metadata')
  const { KeyUsageFlags, KeyUsagesExtension, SubjectKeyIdentifierExtension, X509CertificateGenerator, cryptoProvider } =
    await import('@peculiar/x509')
  cryptoProvider.set(webcrypto)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const from = Math.floor((options.from ?? Date.now() * 1000) / 1000)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `O=${DEMO_ORGANISATION}, OU=${DEMO_UNIT}, CN=Camseal demonstration signer`,
    notBefore: new Date(from),
    notAfter: new Date(from + (options.days ?? 365) * 86_400_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const body = pkcs8.match(/.{1,64}/g) ?? []
  return {
    key: ['-----BEGIN PRIVATE KEY-----', ...body, '-----END PRIVATE KEY-----', ''].join('\n'),
    certificate: `${certificate.toString('pem')}\n`,
  }
}
