import type { Exchange } from '../../suites/observations/exchange.ts'
import type { TSchema } from '../../suites/schema.ts'
import type { Language } from '../locales/index.ts'
import { isBase64Schema, schemaAt } from './parts/schema-walk.ts'
import { isExchange } from './parts/exchange.ts'
import { isRecord } from './source.ts'
import { durationIn, instantText, size, word } from './texts.ts'
import { bytesOfBase64, clipped, isText, textOfBytes, visible } from './visible.ts'

const MOST_TEXT = 1_600
const MOST_HEX = 256

export interface ExchangeAt {
  /** RFC 6901 pointer into the observation. */
  at: string
  exchange: Exchange
}

/** Every exchange within a value, in order, with where it stands. */
export function exchangesIn(value: unknown, at = ''): ExchangeAt[] {
  if (isExchange(value)) return [{ at, exchange: value }]
  if (Array.isArray(value)) return value.flatMap((v, i) => exchangesIn(v, `${at}/${i}`))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([k, v]) =>
    exchangesIn(v, `${at}/${k.replace(/~/g, '~0').replace(/\//g, '~1')}`),
  )
}

/** What was sent and every answer as it came, for a terminal. */
export function exchangeLines({ at, exchange }: ExchangeAt, language: Language): string[] {
  const { request, rounds, failure, elapsed } = exchange
  const whom = request.credential
  const key = whom ? (whom.published ? 'exchange.published' : 'exchange.credential') : 'exchange.anonymous'
  const as = word(language, key, {
    user: whom?.user || word(language, 'evidence.empty-text'),
    secret: whom?.secret || word(language, 'evidence.empty-text'),
    scheme: request.scheme,
  })
  return [
    `${at || '/'}  ${instantText(exchange.at)}, ${durationIn(language, elapsed)}`,
    `  > ${request.method} ${clipped(request.target, MOST_TEXT).text}  (${as})`,
    ...request.headers.slice(0, 30).map(([name, value]) => `  > ${name}: ${clipped(value, 200).text}`),
    ...(request.bodyBytes > 0 ? [`  > ${word(language, 'exchange.body', { bytes: size(request.bodyBytes) })}`] : []),
    ...rounds.flatMap(({ elapsed: took, answer }) => [
      ...bytesLines(bytesOfBase64(answer.raw) ?? new Uint8Array(), language).map((line) => `  < ${line}`),
      `  (${durationIn(language, took)}, ${word(language, 'exchange.received', { size: size(answer.length) })}, ${word(language, `end.${answer.end}`)})`,
    ]),
    ...(failure ? [`  ! ${word(language, `failure.${failure.code}`)} ${failure.detail}`] : []),
  ].map((line) => visible(line))
}

/** Bytes as the text they are, else in hexadecimal with their printable characters beside. */
export function bytesLines(bytes: Uint8Array, language: Language): string[] {
  if (bytes.length === 0) return [word(language, 'evidence.no-bytes')]
  const head = bytes.subarray(0, MOST_TEXT)
  const readable = isText(head) || /^[A-Z]+\/\d/.test(textOfBytes(head))
  const kept = readable ? head : bytes.subarray(0, MOST_HEX)
  const lines = readable ? textOfBytes(kept).split('\n') : hexLines(kept)
  const cut =
    bytes.length > kept.length
      ? [word(language, 'evidence.shortened-bytes', { kept: size(kept.length), all: size(bytes.length) })]
      : []
  return [...lines, ...cut]
}

const hexLines = (bytes: Uint8Array): string[] =>
  Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => {
    const row = bytes.subarray(16 * i, 16 * i + 16)
    const hex = [...row].map((b) => b.toString(16).padStart(2, '0')).join(' ')
    const text = [...row].map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join('')
    return `${(16 * i).toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${text}`
  })

/** A value that is no exchange: its members, with raw bytes shown as bytes. */
export function valueLines(value: unknown, schema: TSchema | null, language: Language, depth = 0): string[] {
  if (isExchange(value)) return exchangeLines({ at: '', exchange: value }, language).slice(1)
  if (typeof value === 'string' && isBase64Schema(schema))
    return bytesLines(bytesOfBase64(value) ?? new Uint8Array(), language)
  if (typeof value !== 'object' || value === null || depth > 3)
    return [visible(clipped(JSON.stringify(value) ?? '', MOST_TEXT).text)]
  const entries = Object.entries(value).slice(0, 40)
  return entries.flatMap(([name, inner]) => {
    const lines = valueLines(inner, schemaAt(schema, name), language, depth + 1)
    return lines.length === 1 ? [`${visible(name)}: ${lines[0]}`] : [`${visible(name)}:`, ...lines.map((l) => `  ${l}`)]
  })
}
