import { base64Patterns, exactPattern, hexPattern } from './redact-coded.ts'
import { isAscii, isLatin1, latin1, textPattern, utf8 } from './redact-text.ts'
import type { Pattern } from './redact-bytes.ts'
import type { Secret } from './redact.ts'

const SHORT = 4

/**
 * Text with any mixture of UTF-8, Latin-1, percent-encoding (RFC 3986 section 2.1, also of itself, `+` for a space),
 * JSON and script escapes (RFC 8259 section 7) and XML or HTML entities; UTF-16 of both orders; hexadecimal of both
 * cases; Base64 of both alphabets (RFC 4648) at all three alignments, there only characters that the secret alone
 * decides. Not undone: compression, encryption, Base64 broken over lines, encodings nested deeper than four times.
 */
export function patternsOf({ name, value }: Secret): Pattern[] {
  const short = value.length < SHORT
  const forms = [utf8(value), ...(isLatin1(value) && !isAscii(value) ? [latin1(value)] : [])]
  const wide = [utf16(value, 0), utf16(value, 1)]
  return [
    textPattern(name, value, short),
    ...wide.map((bytes) => exactPattern(name, bytes, short)),
    ...[...forms, ...wide].flatMap((bytes) => [hexPattern(name, bytes, short), ...base64Patterns(name, bytes, short)]),
  ]
}

const utf16 = (value: string, high: 0 | 1): number[] =>
  value
    .split('')
    .flatMap((c) =>
      high === 1 ? [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8] : [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255],
    )
