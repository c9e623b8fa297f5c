import forge from 'node-forge'
import { fault, type SealFault } from './seal-fault.ts'

type Asn1 = forge.asn1.Asn1

/** PKCS#8 DER and certificates in DER, in the order of the file. */
export interface Pkcs12 {
  key: Uint8Array
  certificates: Uint8Array[]
}

const der = (node: Asn1): Uint8Array => Buffer.from(forge.asn1.toDer(node).getBytes(), 'latin1')

/**
 * Private key (PKCS#8 DER) and certificates (DER) of a PKCS#12 file (RFC 7292), RSA or EC. Only the import is left to
 * the library: certificates are put together from their own signed part, because its encoder rewrites algorithm
 * parameters.
 */
export function openPkcs12(bytes: Uint8Array, passphrase: string | null): Pkcs12 | { faults: SealFault[] } {
  if (passphrase !== null && /[^\x20-\x7e]/.test(passphrase)) return { faults: [fault('passphrase-not-ascii')] }
  let outer: Asn1
  try {
    outer = forge.asn1.fromDer(Buffer.from(bytes).toString('latin1'))
  } catch {
    return { faults: [fault('key-format')] }
  }
  let bags: forge.pkcs12.Bag[]
  try {
    bags = forge.pkcs12.pkcs12FromAsn1(outer, passphrase ?? '').safeContents.flatMap((content) => content.safeBags)
  } catch (error) {
    const locked = error instanceof Error && /password|MAC|decrypt/i.test(error.message)
    return { faults: [fault(!locked ? 'key-format' : passphrase === null ? 'passphrase-needed' : 'passphrase-wrong')] }
  }
  try {
    return contentsOf(bags)
  } catch {
    return { faults: [fault('key-format')] }
  }
}

/** Throws when the library cannot encode what it read. */
function contentsOf(bags: readonly forge.pkcs12.Bag[]): Pkcs12 | { faults: SealFault[] } {
  const { oids } = forge.pki
  const keys = bags.filter((bag) => bag.type === oids['keyBag'] || bag.type === oids['pkcs8ShroudedKeyBag'])
  const certificates = bags.filter((bag) => bag.type === oids['certBag']).map(certificateOf)
  if (keys.length !== 1) return { faults: [fault('key-missing', { count: keys.length })] }
  const [bag] = keys
  const key = bag?.key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)) : bag?.asn1
  if (!key) return { faults: [fault('key-format')] }
  return { key: der(key), certificates: certificates.filter((one) => one !== undefined) }
}

/**
 * Certificate ::= tbsCertificate, the algorithm as the signed part repeats it (RFC 5280 section 4.1.1.2), signature.
 */
function certificateOf(bag: forge.pkcs12.Bag): Uint8Array | undefined {
  if (!bag.cert) return bag.asn1 && der(bag.asn1)
  const { asn1 } = forge
  const { tbsCertificate, signature } = bag.cert as forge.pki.Certificate & { tbsCertificate: Asn1 }
  const fields = tbsCertificate.value as Asn1[]
  const algorithm = fields[fields[0]?.tagClass === asn1.Class.CONTEXT_SPECIFIC ? 2 : 1]
  if (!algorithm) return undefined
  const bits = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${signature as string}`)
  return der(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [tbsCertificate, algorithm, bits]))
}
