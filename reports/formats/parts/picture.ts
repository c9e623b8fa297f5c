import { pictureOf } from '../../../suites/facts/likeness.ts'
import { html, trusted, type Content } from '../markup.ts'
import type { SeenRecord } from '../source.ts'
import { say } from '../texts.ts'

/** Larger ones would crowd out other evidence; they are in the sealed report. */
const MOST_PICTURE_BYTES = 160 * 1024

/** A stored picture, one click away; only what begins as a PNG file is taken for one. */
export function pictureView({ mediaType, name }: SeenRecord['artifacts'][number], content: Uint8Array): Content {
  if (mediaType !== 'image/png' || pictureOf(content) !== 'png') return null
  if (content.length > MOST_PICTURE_BYTES) return html` <small>${say('evidence.large-picture')}</small>`
  const data = trusted(`data:image/png;base64,${Buffer.from(content).toString('base64')}`)
  return html`<details class="raw"><summary>${say('evidence.picture')}</summary><img class="picture" src="${data}" alt="${name.slice(0, 120)}"></details>`
}
