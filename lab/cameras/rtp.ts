import { randomBytes } from 'node:crypto'
import { CLIP, CLIP_RATE } from './clip.ts'

/** H.264 over RTP (RFC 6184, packetization-mode 1) from a clip that is looped. */

/** NAL units of Annex B bytes, without their start codes (ITU-T H.264 B.1.1). */
function unitsOf(bytes: Buffer): Buffer[] {
  const starts: number[] = []
  const next = (from: number): number => bytes.indexOf('000001', from, 'hex')
  for (let at = next(0); at !== -1; at = next(at + 3)) starts.push(at)
  return starts.map((start, i) => {
    let end = starts[i + 1] ?? bytes.length
    while (end > start + 3 && bytes[end - 1] === 0) end -= 1
    return bytes.subarray(start + 3, end)
  })
}

const typeOf = (unit: Buffer): number => unit[0]! & 0x1f
const IDR = 5
const SPS = 7
const PPS = 8

const units = unitsOf(Buffer.from(CLIP, 'base64'))
export const sps = units.find((unit) => typeOf(unit) === SPS)!
export const pps = units.find((unit) => typeOf(unit) === PPS)!

/** The clip by pictures: one slice each, parameter sets before the IDR picture. */
const pictures: Buffer[][] = units
  .filter((unit) => typeOf(unit) >= 1 && typeOf(unit) <= IDR)
  .map((unit) => (typeOf(unit) === IDR ? [sps, pps, unit] : [unit]))

export const PAYLOAD_TYPE = 96
const CLOCK = 90_000
const MOST_PAYLOAD = 1400
const FU_A = 28

/** A unit as RTP payloads: whole, or in fragments (section 5.8). */
export function payloadsOf(unit: Buffer, most = MOST_PAYLOAD): Buffer[] {
  if (unit.length <= most) return [unit]
  const indicator = (unit[0]! & 0xe0) | FU_A
  const body = unit.subarray(1)
  const count = Math.ceil(body.length / (most - 2))
  return Array.from({ length: count }, (_, i) => {
    const header = typeOf(unit) | (i === 0 ? 0x80 : 0) | (i === count - 1 ? 0x40 : 0)
    return Buffer.concat([Buffer.from([indicator, header]), body.subarray(i * (most - 2), (i + 1) * (most - 2))])
  })
}

/** One receiver's stream: its own sequence numbers, clock offset and source (RFC 3550 section 5.1). */
export interface Stream {
  readonly ssrc: number
  /** Sequence number and time stamp of the next packet. */
  next(): { sequence: number; timestamp: number }
  /** Begins to send, with the IDR picture. */
  play(send: { media(packet: Buffer): void; control(packet: Buffer): void }): void
  stop(): void
}

const REPORT_SECONDS = 5
/** Seconds from 1900 to 1970. */
const NTP_EPOCH = 2_208_988_800

export function makeStream(): Stream {
  const random = randomBytes(12)
  const ssrc = random.readUInt32BE(0)
  let sequence = random.readUInt16BE(4)
  let timestamp = random.readUInt32BE(6)
  let picture = 0
  let packets = 0
  let bytes = 0
  let timer: NodeJS.Timeout | null = null

  const packetOf = (payload: Buffer, marker: boolean): Buffer => {
    const header = Buffer.alloc(12)
    header[0] = 0x80
    header[1] = PAYLOAD_TYPE | (marker ? 0x80 : 0)
    header.writeUInt16BE(sequence, 2)
    header.writeUInt32BE(timestamp, 4)
    header.writeUInt32BE(ssrc, 8)
    sequence = (sequence + 1) & 0xffff
    packets += 1
    bytes += payload.length
    return Buffer.concat([header, payload])
  }

  /** Sender report (RFC 3550 section 6.4.1). */
  const report = (): Buffer => {
    const now = Date.now()
    const words = [
      0x80c80006,
      ssrc,
      Math.floor(now / 1000) + NTP_EPOCH,
      Math.floor(((now % 1000) / 1000) * 2 ** 32),
      timestamp,
      packets,
      bytes,
    ]
    const packet = Buffer.alloc(28)
    words.forEach((word, i) => packet.writeUInt32BE(word >>> 0, i * 4))
    return packet
  }

  return {
    ssrc,
    next: () => ({ sequence, timestamp }),
    play({ media, control }) {
      if (timer !== null) return
      picture = 0
      let ticks = 0
      const tick = (): void => {
        if (ticks % (REPORT_SECONDS * CLIP_RATE) === 0) control(report())
        const payloads = pictures[picture]!.flatMap((unit) => payloadsOf(unit))
        payloads.forEach((payload, i) => media(packetOf(payload, i === payloads.length - 1)))
        picture = (picture + 1) % pictures.length
        timestamp = (timestamp + CLOCK / CLIP_RATE) >>> 0
        ticks += 1
      }
      tick()
      timer = setInterval(tick, 1000 / CLIP_RATE)
    },
    stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
    },
  }
}

/** The session description (RFC 8866; parameters of RFC 6184 section 8.1). */
export function sessionDescription(address: string): string {
  const family = address.includes(':') ? 'IP6' : 'IP4'
  return [
    'v=0',
    `o=- 1 1 IN ${family} ${address}`,
    's=Live',
    `c=IN ${family} ${family === 'IP6' ? '::' : '0.0.0.0'}`,
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
    `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
    `a=rtpmap:${PAYLOAD_TYPE} H264/${CLOCK}`,
    `a=fmtp:${PAYLOAD_TYPE} packetization-mode=1;profile-level-id=${sps.subarray(1, 4).toString('hex').toUpperCase()};` +
      `sprop-parameter-sets=${sps.toString('base64')},${pps.toString('base64')}`,
    `a=framerate:${CLIP_RATE}`,
    'a=control:trackID=0',
    '',
  ].join('\r\n')
}
