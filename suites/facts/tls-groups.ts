/** A key exchange group as the IANA registry "TLS Supported Groups" names it. */
export interface Group {
  id: number
  name: string
  /** Curve over a prime or a binary field, finite field (RFC 7919), key encapsulation alone or beside a curve. */
  kind: 'prime-curve' | 'binary-curve' | 'finite-field' | 'kem'
  /** Size of the curve's order or of the prime; of the encapsulation's name for `kem`. */
  bits: number
}

const group = (id: number, name: string, kind: Group['kind'], bits: number): Group => ({ id, name, kind, bits })

/** RFC 8422 (and the curves it withdrew), 7027, 8734, 7748, 7919, 8998, 9189; hybrids and ML-KEM as registered. */
// prettier-ignore
export const GROUPS: readonly Group[] = [
  group(1, 'sect163k1', 'binary-curve', 163), group(2, 'sect163r1', 'binary-curve', 163),
  group(3, 'sect163r2', 'binary-curve', 163), group(4, 'sect193r1', 'binary-curve', 193),
  group(5, 'sect193r2', 'binary-curve', 193), group(6, 'sect233k1', 'binary-curve', 233),
  group(7, 'sect233r1', 'binary-curve', 233), group(8, 'sect239k1', 'binary-curve', 239),
  group(9, 'sect283k1', 'binary-curve', 283), group(10, 'sect283r1', 'binary-curve', 283),
  group(11, 'sect409k1', 'binary-curve', 409), group(12, 'sect409r1', 'binary-curve', 409),
  group(13, 'sect571k1', 'binary-curve', 571), group(14, 'sect571r1', 'binary-curve', 571),
  group(15, 'secp160k1', 'prime-curve', 160), group(16, 'secp160r1', 'prime-curve', 160),
  group(17, 'secp160r2', 'prime-curve', 160), group(18, 'secp192k1', 'prime-curve', 192),
  group(19, 'secp192r1', 'prime-curve', 192), group(20, 'secp224k1', 'prime-curve', 224),
  group(21, 'secp224r1', 'prime-curve', 224), group(22, 'secp256k1', 'prime-curve', 256),
  group(23, 'secp256r1', 'prime-curve', 256), group(24, 'secp384r1', 'prime-curve', 384),
  group(25, 'secp521r1', 'prime-curve', 521), group(26, 'brainpoolP256r1', 'prime-curve', 256),
  group(27, 'brainpoolP384r1', 'prime-curve', 384), group(28, 'brainpoolP512r1', 'prime-curve', 512),
  group(29, 'x25519', 'prime-curve', 255), group(30, 'x448', 'prime-curve', 448),
  group(31, 'brainpoolP256r1tls13', 'prime-curve', 256), group(32, 'brainpoolP384r1tls13', 'prime-curve', 384),
  group(33, 'brainpoolP512r1tls13', 'prime-curve', 512), group(34, 'GC256A', 'prime-curve', 256),
  group(35, 'GC256B', 'prime-curve', 256), group(36, 'GC256C', 'prime-curve', 256),
  group(37, 'GC256D', 'prime-curve', 256), group(38, 'GC512A', 'prime-curve', 512),
  group(39, 'GC512B', 'prime-curve', 512), group(40, 'GC512C', 'prime-curve', 512),
  group(41, 'curveSM2', 'prime-curve', 256), group(256, 'ffdhe2048', 'finite-field', 2048),
  group(257, 'ffdhe3072', 'finite-field', 3072), group(258, 'ffdhe4096', 'finite-field', 4096),
  group(259, 'ffdhe6144', 'finite-field', 6144), group(260, 'ffdhe8192', 'finite-field', 8192),
  group(0x0200, 'MLKEM512', 'kem', 512), group(0x0201, 'MLKEM768', 'kem', 768), group(0x0202, 'MLKEM1024', 'kem', 1024),
  group(0x11eb, 'SecP256r1MLKEM768', 'kem', 768), group(0x11ec, 'X25519MLKEM768', 'kem', 768),
  group(0x11ed, 'SecP384r1MLKEM1024', 'kem', 1024), group(0x11ee, 'curveSM2MLKEM768', 'kem', 768),
]

const BY_ID = new Map(GROUPS.map((g) => [g.id, g]))

export const groupById = (id: number): Group | undefined => BY_ID.get(id)

/** The registry's name, or the number where it has none. */
export const groupName = (id: number): string => BY_ID.get(id)?.name ?? `0x${id.toString(16).padStart(4, '0')}`

/** Groups that a version before TLS 1.3 can choose in a ServerKeyExchange: curves up to x448 (RFC 8422 section 5.1.1). */
export const CLASSIC_GROUPS: readonly number[] = GROUPS.filter((g) => g.id <= 30).map((g) => g.id)
