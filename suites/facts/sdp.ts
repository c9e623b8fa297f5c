import { latin1 } from './bytes.ts'

/** One medium of a session description (RFC 8866 section 5.14). */
export interface SdpMedium {
  /** video, audio, application, … */
  kind: string
  /** RTP/AVP, RTP/SAVP, … */
  profile: string
  /** Value of its control attribute (RFC 2326 appendix C.1.1); null where it has none. */
  control: string | null
}

export interface Sdp {
  control: string | null
  media: SdpMedium[]
}

/** Reads a session description, LF or CRLF; null where the bytes are none. Never throws. */
export function parseSdp(bytes: Uint8Array): Sdp | null {
  const lines = latin1(bytes)
    .split(/\r?\n|\r/)
    .map((line) => line.trimEnd())
  const first = lines.findIndex((line) => line !== '')
  if (lines[first] !== 'v=0') return null
  const sdp: Sdp = { control: null, media: [] }
  for (const line of lines.slice(first + 1)) {
    const medium = /^m=(\S+)\s+\S+\s+(\S+)/.exec(line)
    if (medium) sdp.media.push({ kind: (medium[1] ?? '').toLowerCase(), profile: medium[2] ?? '', control: null })
    const control = /^a=control:\s*(\S+)/.exec(line)?.[1]
    if (control === undefined) continue
    const last = sdp.media.at(-1)
    if (last) last.control ??= control
    else sdp.control ??= control
  }
  return sdp
}

/**
 * The URL to set a medium up with (RFC 2326 appendix C.1.1): a relative control is appended to the base, and the
 * authority is always that of the request, whatever host the device names.
 */
export function controlUrl(requested: string, contentBase: string | null, control: string | null): string {
  const authority = /^[a-z]+:\/\/[^/?]*/i.exec(requested)?.[0] ?? ''
  const onHost = (url: string): string => url.replace(/^[a-z]+:\/\/[^/?]*/i, authority)
  const base = onHost(contentBase !== null && /^[a-z]+:\/\//i.test(contentBase) ? contentBase : requested)
  if (control === null || control === '*') return base
  if (/^[a-z]+:\/\//i.test(control)) return onHost(control)
  if (control.startsWith('/')) return authority + control
  return base.endsWith('/') ? base + control : `${base}/${control}`
}
