import { latin1 } from '../../suites/facts/http-message.ts'

/** A run of text as it came, or the name of a character that would draw nothing or move its neighbours. */
export type Piece = { text: string } | { mark: string }

/** Controls, format and bidirectional characters, fillers, variation selectors, tags, noncharacters, lone surrogates. */
const HIDDEN = new RegExp(
  '[\\0-\\x1f\\x7f-\\x9f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e' +
    '\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffc\\ufffe\\uffff\\ud800-\\udfff' +
    '\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]',
  'gu',
)

const nameOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** Takes text apart so that nothing in it stays unseen. Line feeds and tabs are left alone where `lines` says so. */
export function piecesOf(text: string, lines = false): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(HIDDEN)) {
    if (lines && (match[0] === '\n' || match[0] === '\t')) continue
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) })
    pieces.push({ mark: nameOf(match[0]) })
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}

/** The same as plain text: hidden characters become `⟨U+202E⟩`. The result holds no character XML 1.0 forbids. */
export const visible = (text: string, lines = false): string =>
  piecesOf(text, lines)
    .map((p) => ('text' in p ? p.text : `⟨${p.mark}⟩`))
    .join('')

/** The first `limit` characters, never half of a surrogate pair, and how many are missing. */
export function clipped(text: string, limit: number): { text: string; missing: number } {
  if (text.length <= limit) return { text, missing: 0 }
  const end = (text.charCodeAt(limit - 1) & 0xfc00) === 0xd800 ? limit - 1 : limit
  return { text: text.slice(0, end), missing: text.length - end }
}

/** UTF-8 (the last character may be cut) with few control characters. */
export function isText(bytes: Uint8Array): boolean {
  const controls = bytes.reduce((n, b) => (b < 32 && b !== 9 && b !== 10 && b !== 13 ? n + 1 : n), 0)
  return controls * 10 <= bytes.length && utf8(bytes) !== null
}

/**
 * Bytes as text: UTF-8 where every byte fits it and few are controls, else printable ASCII with the others as `\xNN`.
 * CR LF is one line end.
 */
export function textOfBytes(bytes: Uint8Array): string {
  const strict = isText(bytes) ? utf8(bytes) : null
  const text =
    strict ?? latin1(bytes).replace(/[^\t\r\n\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return text.replace(/\r\n/g, '\n')
}

/** Cutting may split the last character: up to three bytes of it are left off before giving up. */
function utf8(bytes: Uint8Array): string | null {
  for (let off = 0; off < 4; off++)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        bytes.subarray(0, Math.max(0, bytes.length - off)),
      )
    } catch {
      continue
    }
  return null
}

/** Bytes of a base64 string; null where it is none. */
export function bytesOfBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  return new Uint8Array(Buffer.from(text, 'base64'))
}
