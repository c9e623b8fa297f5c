import type { TlsHandshakes } from '../observations/tls-handshakes.ts'
import { fromBase64, latin1 } from './bytes.ts'
import { certificateKind, shakesOf } from './tls-handshakes.ts'
import { certificateOf, type Certificate } from './x509.ts'

/** A certificate that was sent. */
export interface ShownCertificate {
  /** Where in the observation. */
  at: string
  /** 0: the server's own. */
  position: number
  /** Null where it cannot be read. */
  certificate: Certificate | null
  /** The kinds of key that the suites it was sent with need; TLS 1.3 leaves it open. */
  kinds: string[]
  /** Seconds since the epoch by the lab's clock. */
  seenAt: number
}

/** Every certificate that was sent in clear or shown to the lab's library, each once for a position. */
export function shownCertificates(value: TlsHandshakes): ShownCertificate[] {
  const sent = shakesOf(value).flatMap(({ at, answer }) =>
    (answer.hello === null ? [] : (answer.chain ?? [])).map((bytes, position) => ({
      bytes,
      position,
      at: `/hellos/${at}/answer`,
      kind: answer.hello ? certificateKind(answer.hello.suite) : null,
      seenAt: value.hellos[at]?.at ?? 0,
    })),
  )
  const told = value.peers.flatMap((peer, i) =>
    peer.chain.map((text, position) => ({
      bytes: fromBase64(text),
      position,
      at: `/peers/${i}/chain/${position}`,
      kind: null,
      seenAt: peer.at,
    })),
  )
  const found = new Map<string, ShownCertificate>()
  for (const { bytes, kind, at, position, seenAt } of [...sent, ...told]) {
    const key = `${position} ${latin1(bytes)}`
    const seconds = Math.floor(seenAt / 1_000_000)
    const one = found.get(key) ?? { at, position, certificate: certificateOf(bytes), kinds: [], seenAt: seconds }
    found.set(key, one)
    if (kind !== null) one.kinds.push(kind)
  }
  return [...found.values()]
}
