import { SYN, TCP, UDP, type Packet } from '../../suites/facts/packet.ts'
import type { Traffic } from '../../suites/observations/traffic.ts'

type Clear = Traffic['clear']

export interface ClearSecrets {
  take(packet: Packet, at: number, byDevice: boolean): void
  result(): Clear
}

/** One direction of a conversation over TCP. */
interface Stream {
  next: number
  /** The end of what was looked at, where half a secret may stand. */
  tail: Uint8Array
  bytes: number
}

const MOST_STREAMS = 4_096
const MOST_TAIL = 512
/** Of one direction: log-ins and settings stand at the beginning, pictures after it. */
const MOST_BYTES = 262_144
const MOST_HITS = 64

/**
 * Looks for the run's secrets, in every encoding that the redactor knows, in what is said without encryption. Segments are
 * joined, since a secret may be cut by the end of one. What leaves here is the name of a secret, never itself.
 */
export function clearSecrets(redact: (bytes: Uint8Array) => Uint8Array): ClearSecrets {
  const streams = new Map<string, Stream>()
  const encrypted = new Set<string>()
  const clear = new Set<string>()
  const found = new Map<string, Clear['secrets'][number]>()
  const counted = { conversations: 0, encrypted: 0 }
  let bytes = 0
  let skipped = 0
  let left = 0

  const look = (p: Packet, at: number, byDevice: boolean, tail: Uint8Array): Uint8Array => {
    const text = new Uint8Array(tail.length + p.payload.length)
    text.set(tail)
    text.set(p.payload, tail.length)
    for (const { name, from, to } of hitsIn(text, redact(text))) {
      if (to <= tail.length) continue
      const [devicePort, peer, port] = byDevice
        ? [p.sourcePort, p.destination, p.destinationPort]
        : [p.destinationPort, p.source, p.sourcePort]
      const transport = p.protocol === TCP ? 'tcp' : 'udp'
      const by = byDevice ? 'device' : 'peer'
      const key = [name, by, transport, devicePort, peer, port].join(' ')
      const known = found.get(key)
      if (known) known.times++
      else if (found.size >= MOST_HITS) left++
      else found.set(key, { secret: name, length: to - from, by, transport, devicePort, peer, port, at, times: 1 })
    }
    return text.slice(Math.max(0, text.length - MOST_TAIL))
  }

  const overTcp = (p: Packet, at: number, byDevice: boolean, conversation: string): void => {
    const key = `${conversation} ${byDevice}`
    const known = streams.get(key)
    const isNext = known?.next === p.sequence
    // Sent again: it was looked at.
    if (known && !isNext && (known.next - p.sequence + 2 ** 32) % 2 ** 32 < 2 ** 31) return
    const before = known?.bytes ?? 0
    const next = (p.sequence + p.payload.length) % 2 ** 32
    if (before >= MOST_BYTES) {
      skipped += p.payload.length
      if (known) known.next = next
      return
    }
    bytes += p.payload.length
    const tail = look(p, at, byDevice, known && isNext ? known.tail : NOTHING)
    if (!known && streams.size >= MOST_STREAMS) for (const first of streams.keys()) if (streams.delete(first)) break
    streams.set(key, { next, tail, bytes: before + p.payload.length })
  }

  return {
    take(p, at, byDevice) {
      if (p.protocol !== TCP && p.protocol !== UDP) return
      const ends = byDevice
        ? [p.sourcePort, p.destination, p.destinationPort]
        : [p.destinationPort, p.source, p.sourcePort]
      const conversation = [p.protocol, ...ends].join(' ')
      // A port that is used again begins another conversation.
      if (p.protocol === TCP && (p.flags & SYN) !== 0) {
        streams.delete(`${conversation} ${byDevice}`)
        encrypted.delete(conversation)
      }
      if (p.payload.length === 0 || encrypted.has(conversation)) return
      const isFirst = !streams.has(`${conversation} true`) && !streams.has(`${conversation} false`)
      if (p.protocol === TCP && isFirst && isEncrypted(p.payload)) {
        if (encrypted.size >= MOST_STREAMS) for (const first of encrypted) if (encrypted.delete(first)) break
        encrypted.add(conversation)
        return void counted.encrypted++
      }
      if (isFirst && !clear.has(conversation)) {
        counted.conversations++
        if (clear.size < MOST_STREAMS) clear.add(conversation)
      }
      if (p.protocol === TCP) return overTcp(p, at, byDevice, conversation)
      bytes += p.payload.length
      look(p, at, byDevice, NOTHING)
    },
    result: () => ({ ...counted, bytes, skipped, secrets: [...found.values()], left }),
  }
}

const NOTHING = new Uint8Array(0)

/** A record of TLS (RFC 8446 section 5.1), or SSH, which says its name first (RFC 4253 section 4.2). */
const isEncrypted = ([a, b, c, d]: Uint8Array): boolean =>
  (a !== undefined && a >= 20 && a <= 23 && b === 3 && c !== undefined && c <= 4) ||
  (a === 0x53 && b === 0x53 && c === 0x48 && d === 0x2d)

interface Hit {
  /** Of the secret; cut where the secret is short, empty where it is very short. */
  name: string
  from: number
  to: number
}

/** Where the redactor changed something, and which secret it says it was. */
function hitsIn(text: Uint8Array, redacted: Uint8Array): Hit[] {
  const hits: Hit[] = []
  let end = -1
  for (let i = 0; i < text.length; i++) {
    if (text[i] === redacted[i] || i < end) continue
    // The token may begin like what it stands for.
    const near = String.fromCharCode(...redacted.subarray(Math.max(0, i - 8), i + 256))
    const token = /\{secret:([A-Za-z0-9._-]*)\}?\**/.exec(near)
    const from = Math.max(0, i - 8) + (token?.index ?? 0)
    if (token && from <= i && from + token[0].length > i) {
      end = from + token[0].length
      hits.push({ name: token[1] ?? '', from, to: end })
    } else {
      end = i + 1
      while (end < text.length && text[end] !== redacted[end]) end++
      hits.push({ name: '', from: i, to: end })
    }
  }
  return hits
}
