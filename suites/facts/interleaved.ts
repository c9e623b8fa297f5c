/** Frames of media on an RTSP connection (RFC 2326 section 10.12): `$`, channel, length of 16 bits, that many bytes. */
export interface Frames {
  /** Frames of even channels whose bytes begin like RTP version 2 (RFC 3550 section 5.1), and their bytes. */
  packets: number
  bytes: number
  /** Frames of odd channels: RTCP. */
  control: number
  /** Index after the last whole frame. */
  end: number
}

const DOLLAR = 0x24

/** Counts the whole frames at the beginning of what was received, at most `most` RTP packets. */
export function readFrames(received: Uint8Array, most = Infinity): Frames {
  const found: Frames = { packets: 0, bytes: 0, control: 0, end: 0 }
  while (received[found.end] === DOLLAR && found.packets < most) {
    const [, channel = 0, high, low] = received.subarray(found.end, found.end + 4)
    if (high === undefined || low === undefined) break
    const length = (high << 8) | low
    if (found.end + 4 + length > received.length) break
    if (channel % 2 === 1) found.control++
    else if ((received[found.end + 4] ?? 0) >> 6 === 2 && length >= 12) {
      found.packets++
      found.bytes += length
    }
    found.end += 4 + length
  }
  return found
}
