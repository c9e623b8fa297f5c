/** What a DNS message asks for, and the addresses it gives (RFC 1035 section 4). */
export interface DnsMessage {
  isAnswer: boolean
  /** Of the first question, in lower case; bytes that are no letter, digit, hyphen or underscore as \DDD. */
  name: string
  addresses: string[]
}

const MOST_RECORDS = 32
const MOST_LABELS = 64

/** Reads one message; null for what is none, or asks nothing. */
export function dnsOf(bytes: Uint8Array): DnsMessage | null {
  if (bytes.length < 17 || u16(bytes, 4) !== 1) return null
  const question = nameAt(bytes, 12)
  if (question === null || question.end + 4 > bytes.length) return null
  const addresses: string[] = []
  let at = question.end + 4
  for (let i = 0; i < Math.min(u16(bytes, 6), MOST_RECORDS); i++) {
    const owner = nameAt(bytes, at)
    if (owner === null || owner.end + 10 > bytes.length) break
    const [type, length] = [u16(bytes, owner.end), u16(bytes, owner.end + 8)]
    const data = bytes.subarray(owner.end + 10, owner.end + 10 + length)
    if (type === 1 && data.length === 4) addresses.push([...data].join('.'))
    if (type === 28 && data.length === 16)
      addresses.push([0, 2, 4, 6, 8, 10, 12, 14].map((o) => u16(data, o).toString(16)).join(':'))
    at = owner.end + 10 + length
  }
  return { isAnswer: ((bytes[2] ?? 0) & 0x80) !== 0, name: question.name, addresses }
}

/** A name as it stands here; where it goes on elsewhere in the message it is over, for its owner is not asked for. */
function nameAt(bytes: Uint8Array, start: number): { name: string; end: number } | null {
  const labels: string[] = []
  let at = start
  for (let i = 0; i < MOST_LABELS; i++) {
    const length = bytes[at]
    if (length === undefined) return null
    if (length === 0) return { name: labels.join('.'), end: at + 1 }
    if (length >= 0xc0) return { name: labels.join('.'), end: at + 2 }
    if (length > 63 || at + 1 + length > bytes.length) return null
    labels.push([...bytes.subarray(at + 1, at + 1 + length)].map(letter).join(''))
    at += 1 + length
  }
  return null
}

const letter = (byte: number): string => {
  const text = String.fromCharCode(byte)
  return /[A-Za-z0-9_-]/.test(text) ? text.toLowerCase() : `\\${String(byte).padStart(3, '0')}`
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
