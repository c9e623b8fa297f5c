import { html, shown, type Markup } from '../markup.ts'
import { say, size } from '../texts.ts'
import { bytesOfBase64, clipped, textOfBytes } from '../visible.ts'

/** Text that the device, the maker or the operator supplied: never read as markup, cut, and marked as a quotation. */
export function quoted(text: string, limit = 400): Markup {
  const cut = clipped(text, limit)
  return html`<bdi class="dev">${cut.text}</bdi>${cut.missing > 0 && shortened(cut.missing)}`
}

/** What people stated: in the letters of the page, for monospaced ones carry Vietnamese badly. */
export function stating(text: string, limit = 400): Markup {
  const cut = clipped(text, limit)
  return html`<bdi>${cut.text}</bdi>${cut.missing > 0 && shortened(cut.missing)}`
}

/** Several lines of it, as they came. */
export function block(text: string, limit: number): Markup {
  const cut = clipped(text, limit)
  return html`<pre class="dev">${shown(cut.text, true)}</pre>${cut.missing > 0 && shortened(cut.missing)}`
}

/** Bytes as readable text; the number of bytes says how many there truly were. */
export function bytesBlock(bytes: Uint8Array, limit: number): Markup {
  const kept = bytes.subarray(0, limit)
  const note = bytes.length > kept.length && shortenedBytes(kept.length, bytes.length)
  return html`<pre class="dev">${shown(textOfBytes(kept), true)}</pre>${note}`
}

/** A base64 value in one line. */
export function bytesInline(base64: string): Markup {
  if (base64 === '') return html`<span class="none">${say('evidence.no-bytes')}</span>`
  const bytes = bytesOfBase64(base64)
  if (bytes === null) return quoted(base64)
  const kept = bytes.subarray(0, 160)
  const rest = bytes.length > kept.length && html`… <small>${size(bytes.length)}</small>`
  return html`<bdi class="dev">${textOfBytes(kept).replace(/\n/g, '\\n').replace(/\t/g, '\\t')}</bdi>${rest}`
}

export const shortened = (missing: number): Markup =>
  html` <small class="cut">${say('evidence.shortened', { missing })}</small>`

const shortenedBytes = (kept: number, all: number): Markup =>
  html` <small class="cut">${say('evidence.shortened-bytes', { kept: size(kept), all: size(all) })}</small>`
