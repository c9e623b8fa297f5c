/** A cipher suite as the IANA registry "TLS Cipher Suites" names it, and what its name says. */
export interface Suite {
  id: number
  name: string
  /** RSA, DHE_RSA, ECDHE_ECDSA, DH_anon, … ; `TLS13` where the suite does not choose the key exchange. */
  keyExchange: string
  /** AES_128_GCM, 3DES_EDE_CBC, NULL, … */
  cipher: string
  /** MAC, or the PRF hash of an AEAD suite: SHA, SHA256, MD5; empty where the name has none. */
  hash: string
  exportGrade: boolean
  anonymous: boolean
  /** Past sessions stay secret when the server's long-term key becomes known. */
  forwardSecrecy: boolean
  aead: boolean
  /** Only with TLS 1.3 (RFC 8446 appendix B.4). */
  tls13: boolean
}

const DES_PAIR = 'DES_CBC_SHA 3DES_EDE_CBC_SHA'
const SIX = 'RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon'
const CAMELLIA_GCM = 'CAMELLIA_128_GCM_SHA256 CAMELLIA_256_GCM_SHA384'
const CAMELLIA_CBC = 'CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA384'
const ARIA_GCM = 'ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384'
const ARIA_CBC = 'ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384'
const AES_GCM = 'AES_128_GCM_SHA256 AES_256_GCM_SHA384'
const EC_BLOCK = 'NULL_SHA RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA'

/**
 * Blocks of consecutive ids: first id, key exchanges, ciphers; the ciphers vary fastest. Beside the registry
 * the numbers that deployed implementations used without registration: 0060-0066, 0080-0083, cc13-cc15, fefe, feff.
 * The signalling values 00ff (RFC 5746) and 5600 (RFC 7507) are no suites.
 */
// prettier-ignore
const BLOCKS: readonly (readonly [number, string, string])[] = [
  [0x0000, 'NULL', 'NULL_NULL'], [0x0001, 'RSA', 'NULL_MD5 NULL_SHA'], [0x0003, 'RSA_EXPORT', 'RC4_40_MD5'],
  [0x0004, 'RSA', 'RC4_128_MD5 RC4_128_SHA'], [0x0006, 'RSA_EXPORT', 'RC2_CBC_40_MD5'], [0x0007, 'RSA', 'IDEA_CBC_SHA'],
  [0x0008, 'RSA_EXPORT', 'DES40_CBC_SHA'], [0x0009, 'RSA', DES_PAIR],
  [0x000b, 'DH_DSS_EXPORT', 'DES40_CBC_SHA'], [0x000c, 'DH_DSS', DES_PAIR],
  [0x000e, 'DH_RSA_EXPORT', 'DES40_CBC_SHA'], [0x000f, 'DH_RSA', DES_PAIR],
  [0x0011, 'DHE_DSS_EXPORT', 'DES40_CBC_SHA'], [0x0012, 'DHE_DSS', DES_PAIR],
  [0x0014, 'DHE_RSA_EXPORT', 'DES40_CBC_SHA'], [0x0015, 'DHE_RSA', DES_PAIR],
  [0x0017, 'DH_anon_EXPORT', 'RC4_40_MD5'], [0x0018, 'DH_anon', 'RC4_128_MD5'],
  [0x0019, 'DH_anon_EXPORT', 'DES40_CBC_SHA'], [0x001a, 'DH_anon', DES_PAIR],
  // RFC 2712
  [0x001e, 'KRB5', `${DES_PAIR} RC4_128_SHA IDEA_CBC_SHA DES_CBC_MD5 3DES_EDE_CBC_MD5 RC4_128_MD5 IDEA_CBC_MD5`],
  [0x0026, 'KRB5_EXPORT', 'DES_CBC_40_SHA RC2_CBC_40_SHA RC4_40_SHA DES_CBC_40_MD5 RC2_CBC_40_MD5 RC4_40_MD5'],
  // RFC 4785, 3268 (5246), 5932
  [0x002c, 'PSK DHE_PSK RSA_PSK', 'NULL_SHA'], [0x002f, SIX, 'AES_128_CBC_SHA'], [0x0035, SIX, 'AES_256_CBC_SHA'],
  [0x003b, 'RSA', 'NULL_SHA256 AES_128_CBC_SHA256 AES_256_CBC_SHA256'],
  [0x003e, 'DH_DSS DH_RSA DHE_DSS', 'AES_128_CBC_SHA256'], [0x0041, SIX, 'CAMELLIA_128_CBC_SHA'],
  // Drafts of export ciphers with 1024-bit keys
  [0x0060, 'RSA_EXPORT1024', 'RC4_56_MD5 RC2_CBC_56_MD5 DES_CBC_SHA'], [0x0063, 'DHE_DSS_EXPORT1024', 'DES_CBC_SHA'],
  [0x0064, 'RSA_EXPORT1024', 'RC4_56_SHA'], [0x0065, 'DHE_DSS_EXPORT1024', 'RC4_56_SHA'],
  [0x0066, 'DHE_DSS', 'RC4_128_SHA'],
  [0x0067, 'DHE_RSA', 'AES_128_CBC_SHA256'], [0x0068, 'DH_DSS DH_RSA DHE_DSS DHE_RSA', 'AES_256_CBC_SHA256'],
  [0x006c, 'DH_anon', 'AES_128_CBC_SHA256 AES_256_CBC_SHA256'],
  [0x0080, 'GOSTR341094 GOSTR341001', '28147_CNT_IMIT'], [0x0082, 'GOSTR341094 GOSTR341001', 'NULL_GOSTR3411'],
  // RFC 5932, 4279, 4162, 5288, 5487
  [0x0084, SIX, 'CAMELLIA_256_CBC_SHA'],
  [0x008a, 'PSK DHE_PSK RSA_PSK', 'RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA'],
  [0x0096, SIX, 'SEED_CBC_SHA'], [0x009c, 'RSA DHE_RSA DH_RSA DHE_DSS DH_DSS DH_anon PSK DHE_PSK RSA_PSK', AES_GCM],
  [0x00ae, 'PSK DHE_PSK RSA_PSK', 'AES_128_CBC_SHA256 AES_256_CBC_SHA384 NULL_SHA256 NULL_SHA384'],
  [0x00ba, SIX, 'CAMELLIA_128_CBC_SHA256'], [0x00c0, SIX, 'CAMELLIA_256_CBC_SHA256'],
  // RFC 8998, 8446 appendix B.4, AEGIS
  [0x00c6, 'TLS13', 'SM4_GCM_SM3 SM4_CCM_SM3'],
  [0x1301, 'TLS13', `${AES_GCM} CHACHA20_POLY1305_SHA256 AES_128_CCM_SHA256 AES_128_CCM_8_SHA256`],
  [0x1306, 'TLS13', 'AEGIS_256_SHA512 AEGIS_128L_SHA256'],
  // RFC 8422, 5054, 5289, 5489
  [0xc001, 'ECDH_ECDSA ECDHE_ECDSA ECDH_RSA ECDHE_RSA ECDH_anon', EC_BLOCK],
  [0xc01a, 'SRP_SHA SRP_SHA_RSA SRP_SHA_DSS', '3DES_EDE_CBC_SHA'],
  [0xc01d, 'SRP_SHA SRP_SHA_RSA SRP_SHA_DSS', 'AES_128_CBC_SHA'],
  [0xc020, 'SRP_SHA SRP_SHA_RSA SRP_SHA_DSS', 'AES_256_CBC_SHA'],
  [0xc023, 'ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA', 'AES_128_CBC_SHA256 AES_256_CBC_SHA384'],
  [0xc02b, 'ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA', AES_GCM],
  [0xc033, 'ECDHE_PSK', 'RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA'],
  [0xc037, 'ECDHE_PSK', 'AES_128_CBC_SHA256 AES_256_CBC_SHA384'],
  [0xc039, 'ECDHE_PSK', 'NULL_SHA NULL_SHA256 NULL_SHA384'],
  // RFC 6209
  [0xc03c, `${SIX} ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA`, ARIA_CBC],
  [0xc050, 'RSA DHE_RSA DH_RSA DHE_DSS DH_DSS DH_anon ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA', ARIA_GCM],
  [0xc064, 'PSK DHE_PSK RSA_PSK', ARIA_CBC], [0xc06a, 'PSK DHE_PSK RSA_PSK', ARIA_GCM], [0xc070, 'ECDHE_PSK', ARIA_CBC],
  // RFC 6367
  [0xc072, 'ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA', CAMELLIA_CBC],
  [0xc07a, 'RSA DHE_RSA DH_RSA DHE_DSS DH_DSS DH_anon ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA', CAMELLIA_GCM],
  [0xc08e, 'PSK DHE_PSK RSA_PSK', CAMELLIA_GCM], [0xc094, 'PSK DHE_PSK RSA_PSK ECDHE_PSK', CAMELLIA_CBC],
  // RFC 6655, 7251, 8492, 9150
  [0xc09c, 'RSA DHE_RSA', 'AES_128_CCM AES_256_CCM'], [0xc0a0, 'RSA DHE_RSA', 'AES_128_CCM_8 AES_256_CCM_8'],
  [0xc0a4, 'PSK DHE_PSK', 'AES_128_CCM AES_256_CCM'], [0xc0a8, 'PSK PSK_DHE', 'AES_128_CCM_8 AES_256_CCM_8'],
  [0xc0ac, 'ECDHE_ECDSA', 'AES_128_CCM AES_256_CCM AES_128_CCM_8 AES_256_CCM_8'],
  [0xc0b0, 'ECCPWD', `${AES_GCM} AES_128_CCM_SHA256 AES_256_CCM_SHA384`], [0xc0b4, 'TLS13', 'NULL_SHA256 NULL_SHA384'],
  // RFC 9189, 9367
  [0xc100, 'GOSTR341112_256', 'KUZNYECHIK_CTR_OMAC MAGMA_CTR_OMAC 28147_CNT_IMIT'],
  [0xc103, 'TLS13', 'KUZNYECHIK_MGM_L MAGMA_MGM_L KUZNYECHIK_MGM_S MAGMA_MGM_S'],
  // Drafts of RFC 7905, then RFC 7905, 8442
  [0xcc13, 'ECDHE_RSA ECDHE_ECDSA DHE_RSA', 'CHACHA20_POLY1305_SHA256'],
  [0xcca8, 'ECDHE_RSA ECDHE_ECDSA DHE_RSA PSK ECDHE_PSK DHE_PSK RSA_PSK', 'CHACHA20_POLY1305_SHA256'],
  [0xd001, 'ECDHE_PSK', `${AES_GCM} AES_128_CCM_8_SHA256`], [0xd005, 'ECDHE_PSK', 'AES_128_CCM_SHA256'],
  [0xfefe, 'RSA_FIPS', DES_PAIR],
]

const HASH = /_(SHA|SHA256|SHA384|SHA512|MD5|SM3|GOSTR3411|NULL)$/

/** Names that do not follow the pattern (RFC 9150, 9367). */
const NAMES: Readonly<Record<number, string>> = {
  0xc0b4: 'TLS_SHA256_SHA256',
  0xc0b5: 'TLS_SHA384_SHA384',
  0xc103: 'TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_L',
  0xc104: 'TLS_GOSTR341112_256_WITH_MAGMA_MGM_L',
  0xc105: 'TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_S',
  0xc106: 'TLS_GOSTR341112_256_WITH_MAGMA_MGM_S',
}

function suiteOf(id: number, keyExchange: string, rest: string): Suite {
  const tls13 = keyExchange === 'TLS13'
  const hash = HASH.exec(rest)?.[1] ?? ''
  const exchange = keyExchange.replace(/_EXPORT(1024)?$/, '')
  return {
    id,
    name: NAMES[id] ?? (tls13 ? `TLS_${rest}` : `TLS_${keyExchange}_WITH_${rest}`),
    keyExchange: exchange,
    cipher: hash === '' ? rest : rest.slice(0, -hash.length - 1),
    hash,
    exportGrade: exchange !== keyExchange,
    anonymous: /anon/.test(exchange) || exchange === 'NULL',
    // The ephemeral exchanges; SRP and ECCPWD agree on a fresh secret too (RFC 5054, 8492).
    forwardSecrecy: tls13 || /^(DHE|ECDHE|PSK_DHE|SRP|ECCPWD|DH_anon|ECDH_anon)/.test(exchange),
    aead: /GCM|CCM|POLY1305|MGM|AEGIS/.test(rest),
    tls13,
  }
}

/** Every suite, ascending by id. */
export const SUITES: readonly Suite[] = BLOCKS.flatMap(([first, exchanges, ciphers]) =>
  exchanges
    .split(' ')
    .flatMap((exchange) => ciphers.split(' ').map((cipher) => [exchange, cipher] as const))
    .map(([exchange, cipher], i) => suiteOf(first + i, exchange, cipher)),
).sort((a, b) => a.id - b.id)

const BY_ID = new Map(SUITES.map((s) => [s.id, s]))

export const suiteById = (id: number): Suite | undefined => BY_ID.get(id)

/** The registry's name, or the number where it has none. */
export const suiteName = (id: number): string => BY_ID.get(id)?.name ?? `0x${id.toString(16).padStart(4, '0')}`
