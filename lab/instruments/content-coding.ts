import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { messageEnd, parseMessage } from '../../suites/facts/http-message.ts'

/** A few thousand bytes may unfold to gigabytes. */
const MOST_UNPACKED_BYTES = 8 * 1024 * 1024
/** In the head of what was unpacked: how it came. */
const MARK = 'Camseal-Unpacked'

/**
 * An answer as it can be searched and its secrets hidden: devices send pages that lie compressed in their flash, also to
 * whom asks for them as they are (RFC 9110 section 12.5.3). The body is unpacked, and its head says from what; every other
 * answer is given back as it came. Never throws.
 */
export function unpacked(raw: Uint8Array, method: string): Uint8Array {
  const message = parseMessage(raw, method)
  const coding = message.headers.find(([name]) => name === 'content-encoding')?.[1].toLowerCase()
  if (coding === undefined || message.body.length === 0) return raw
  const body = unpack(message.body, coding)
  if (body === null) return raw
  const { protocol, version, status, reason, headers } = message
  const kept = headers.filter(([name]) => !/^(content-encoding|content-length|transfer-encoding)$/.test(name))
  const isWhole = messageEnd(raw, method) === raw.length
  const lines = [
    `${protocol}${version === '' ? '' : `/${version}`} ${status} ${reason}`,
    ...kept.map(([name, value]) => `${name}: ${value}`),
    `${MARK}: ${coding}, ${message.body.length} bytes`,
    ...(isWhole ? [`Content-Length: ${body.length}`] : []),
    '',
    '',
  ]
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body])
}

/** The unpacked bytes, as far as they came; null where they are none of this coding. */
function unpack(body: Uint8Array, coding: string): Uint8Array | null {
  const limit = { maxOutputLength: MOST_UNPACKED_BYTES }
  const some = { ...limit, finishFlush: constants.Z_SYNC_FLUSH }
  try {
    if (/^(x-)?gzip$/.test(coding)) return gunzipSync(body, some)
    if (coding === 'br') return brotliDecompressSync(body, { ...limit, finishFlush: constants.BROTLI_OPERATION_FLUSH })
    if (coding !== 'deflate') return null
    // With the head of RFC 1950, as RFC 9110 section 8.4.1.2 has it, or without.
    return ((body[0] ?? 0) & 0x0f) === 8 ? inflateSync(body, some) : inflateRawSync(body, some)
  } catch {
    return null
  }
}
