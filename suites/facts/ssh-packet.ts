import { latin1 } from './bytes.ts'

/** What a server says before the key exchange (RFC 4253 sections 4.2 and 7.1). */
export interface SshHello {
  /** `2.0`, `1.99`, `1.5` … */
  protocol: string
  software: string
}

export const SSH_NAME_LISTS = [
  'kex',
  'hostKey',
  'cipherToServer',
  'cipherToClient',
  'macToServer',
  'macToClient',
  'compressionToServer',
  'compressionToClient',
] as const
export type SshNameList = (typeof SSH_NAME_LISTS)[number]
export type SshOffers = Record<SshNameList, string[]>

const KEXINIT = 20
const MOST_PACKET = 35_000

/** Index behind the identification line; servers may send other lines before it (RFC 4253 section 4.2). Null: not there yet. */
export function identificationEnd(bytes: Uint8Array): number | null {
  for (let start = 0; start < Math.min(bytes.length, 8192);) {
    const end = bytes.indexOf(10, start)
    if (end === -1) return null
    if (latin1(bytes.subarray(start, start + 4)) === 'SSH-') return end + 1
    start = end + 1
  }
  return null
}

export function sshHello(bytes: Uint8Array): SshHello | null {
  const end = identificationEnd(bytes)
  if (end === null) return null
  const line = latin1(bytes.subarray(0, end)).split('\n').at(-2)?.replace(/\r$/, '') ?? ''
  const found = /^SSH-([0-9]+\.[0-9]+)-([\x20-\x7e]{0,255})$/.exec(line)
  return found ? { protocol: found[1] ?? '', software: found[2] ?? '' } : null
}

/** Length of the first unencrypted binary packet (RFC 4253 section 6); null where it cannot be known yet, `bad` where it is none. */
export function sshPacketLength(bytes: Uint8Array): number | 'bad' | null {
  if (bytes.length < 5) return null
  const length = u32(bytes, 0)
  return length < 12 || length > MOST_PACKET ? 'bad' : 4 + length
}

/** Payload of the first binary packet; null where it is not complete or not well formed. */
export function sshPayload(bytes: Uint8Array): Uint8Array | null {
  const length = sshPacketLength(bytes)
  if (length === null || length === 'bad' || bytes.length < length) return null
  const end = length - (bytes[4] ?? 0)
  return end > 5 ? bytes.subarray(5, end) : null
}

/** The ten name-lists of a KEXINIT without the two of languages (RFC 4253 section 7.1); null where it is none. */
export function kexInit(payload: Uint8Array): SshOffers | null {
  if (payload[0] !== KEXINIT) return null
  const lists: string[][] = []
  let at = 17
  for (let i = 0; i < 10; i++) {
    const read = nameList(payload, at)
    if (!read) return null
    lists.push(read.names)
    at = read.next
  }
  // first_kex_packet_follows and a reserved word.
  if (at + 5 > payload.length) return null
  return Object.fromEntries(SSH_NAME_LISTS.map((name, i) => [name, lists[i] ?? []])) as SshOffers
}

/** A name-list (RFC 4251 section 5). */
export function nameList(bytes: Uint8Array, at: number): { names: string[]; next: number } | null {
  if (at + 4 > bytes.length) return null
  const next = at + 4 + u32(bytes, at)
  if (next > bytes.length) return null
  const text = latin1(bytes.subarray(at + 4, next))
  return { names: text === '' ? [] : text.split(','), next }
}

export type UserAuth = { is: 'success' } | { is: 'failure'; methods: string[]; partial: boolean } | { is: 'other' }

/** An answer to a request for authentication (RFC 4252 section 5.1). */
export function userAuth(payload: Uint8Array): UserAuth {
  if (payload[0] === 52) return { is: 'success' }
  const read = payload[0] === 51 ? nameList(payload, 1) : null
  return read ? { is: 'failure', methods: read.names, partial: payload[read.next] === 1 } : { is: 'other' }
}

/** Bits of the modulus of an `ssh-rsa` key (RFC 4253 section 6.6); null where it is another key. */
export function rsaBits(blob: Uint8Array): number | null {
  const name = field(blob, 0)
  if (!name || latin1(name.content) !== 'ssh-rsa') return null
  const exponent = field(blob, name.next)
  const modulus = exponent && field(blob, exponent.next)
  if (!modulus) return null
  const first = modulus.content.findIndex((b) => b !== 0)
  if (first === -1) return null
  return (modulus.content.length - first) * 8 - (Math.clz32(modulus.content[first] ?? 0) - 24)
}

function field(bytes: Uint8Array, at: number): { content: Uint8Array; next: number } | null {
  if (at + 4 > bytes.length) return null
  const next = at + 4 + u32(bytes, at)
  return next > bytes.length ? null : { content: bytes.subarray(at + 4, next), next }
}

const u32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 0x1000000 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
