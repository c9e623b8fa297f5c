import { randomBytes } from 'node:crypto'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { TlsHello } from '../../suites/observations/tls-offers.ts'
import { enoughOfAnswer, tlsAnswerOf, WIRE_VERSION, type TlsVersion } from '../../suites/facts/tls-records.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { openForTls } from './start-tls.ts'

/** Groups of RFC 8422 section 5.1.1 and 8446 section 4.2.7; the finite-field and hybrid ones only with TLS 1.3. */
const CURVES = [
  29, 23, 24, 25, 30, 26, 27, 28, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
]
const GROUPS_13 = [29, 23, 30, 25, 24, 256, 257, 258, 259, 260, 0x11ec, 0x11eb, 0x11ed]
/** Old ones too: what the device signs with is its choice, and it must not fail for want of one. */
const SIGNATURES = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
  0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202, 0x0402, 0x0502, 0x0602, 0x0101,
]
/** RFC 5746 section 3.3: some servers refuse a client that does not show it. */
const RENEGOTIATION = 0x00ff
const FALLBACK = 0x5600
const WHOLE_FLIGHT = 32 * 1024

export interface HelloContent {
  /** Versions offered; with TLS 1.3 among them, supported_versions is sent (RFC 8446 section 4.2.1). */
  versions: readonly TlsVersion[]
  suites: readonly number[]
  serverName: string | null
  /** Instead of every group that fits the versions. */
  groups?: readonly number[]
  /** Compression methods offered before null (RFC 3749, 3943). */
  compressions?: readonly number[]
  /** Says that a newer version was given up (RFC 7507). */
  fallback?: boolean
}

/**
 * A ClientHello record (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2, RFC 6101 section 5.6.1.2). With TLS 1.3
 * key_share is empty, so that the answer is a HelloRetryRequest and the device signs nothing.
 */
export function clientHello(content: HelloContent): Uint8Array {
  const { versions, suites, compressions = [], fallback = false } = content
  const numbers = versions.map((v) => WIRE_VERSION[v]).sort((a, b) => b - a)
  const newest = numbers[0] ?? 0x0303
  const legacy = Math.min(newest, 0x0303)
  const only13 = numbers.every((n) => n === 0x0304)
  const body = [
    ...u16(legacy),
    ...randomBytes(32),
    // Middlebox compatibility (RFC 8446 appendix D.4).
    ...sized(1, newest === 0x0304 ? [...randomBytes(32)] : []),
    ...sized(2, [...suites, ...(only13 ? [] : [RENEGOTIATION]), ...(fallback ? [FALLBACK] : [])].flatMap(u16)),
    ...sized(1, [...compressions, 0]),
  ]
  if (newest > 0x0300) body.push(...sized(2, extensions(numbers, content, body.length)))
  return Uint8Array.from([22, ...u16(Math.min(legacy, 0x0301)), ...sized(2, [1, ...sized(3, body)])])
}

function extensions(versions: number[], { serverName, groups: given }: HelloContent, before: number): number[] {
  const with13 = versions.includes(0x0304)
  const only13 = versions.every((n) => n === 0x0304)
  const groups = given ?? (only13 ? GROUPS_13 : with13 ? [...new Set([...GROUPS_13, ...CURVES])] : CURVES)
  const all = [
    ...(serverName === null ? [] : extension(0, sized(2, [0, ...sized(2, [...Buffer.from(serverName, 'ascii')])]))),
    ...extension(10, sized(2, groups.flatMap(u16))),
    ...extension(11, sized(1, [0, 1, 2])),
    ...extension(13, sized(2, SIGNATURES.flatMap(u16))),
    ...extension(23, []),
    ...extension(35, []),
    ...(with13
      ? [
          ...extension(43, sized(1, versions.flatMap(u16))),
          ...extension(45, sized(1, [1])),
          ...extension(51, sized(2, [])),
        ]
      : []),
  ]
  // RFC 7685: some servers hang on messages of 256 to 511 bytes.
  const length = 4 + before + 2 + all.length
  return length >= 256 && length < 512
    ? [...all, ...extension(21, Array<number>(Math.max(0, 512 - length - 4)).fill(0))]
    : all
}

export type HelloAnswer = Pick<TlsHello, 'at' | 'elapsed' | 'end' | 'failure'> & {
  answer: Uint8Array
  sourceAddress: string
}

/** Sends one ClientHello on a new connection and reads until it is decided, or with `whole` to the ServerHelloDone. */
export async function sayHello(
  bench: Bench,
  to: Endpoint,
  hello: Uint8Array,
  options: { milliseconds: number; whole?: boolean },
): Promise<HelloAnswer> {
  const at = bench.now()
  const opened = await openForTls(bench, to, options.milliseconds)
  if ('failure' in opened) {
    const failure: Failure = opened.failure
    return { at, elapsed: bench.now() - at, answer: new Uint8Array(), end: 'not-open', failure, sourceAddress: '' }
  }
  const { line } = opened
  line.write(hello)
  const enough = options.whole ? wholeFlight : enoughOfAnswer
  const { bytes, end } = await line.read(enough, { milliseconds: options.milliseconds, maxBytes: WHOLE_FLIGHT })
  line.close()
  return { at, elapsed: bench.now() - at, answer: bytes, end, failure: null, sourceAddress: line.sourceAddress }
}

/** Up to the ServerHelloDone; with TLS 1.3 nothing that follows the first message can be read. */
function wholeFlight(bytes: Uint8Array): number | null {
  const answer = tlsAnswerOf(bytes)
  if (answer.is === 'not-tls') return bytes.length
  return answer.hello && answer.hello.version < WIRE_VERSION['tls1.3'] ? answer.doneAt : answer.decidedAt
}

const u16 = (n: number): number[] => [n >> 8, n & 0xff]
const sized = (width: 1 | 2 | 3, bytes: number[]): number[] =>
  [bytes.length >> 16, (bytes.length >> 8) & 0xff, bytes.length & 0xff].slice(3 - width).concat(bytes)
const extension = (type: number, content: number[]): number[] => [...u16(type), ...sized(2, content)]
