import { Type, type Static } from '@sinclair/typebox'
import { bilingual, bool, int, list, micros, obj, oneOf, opt, orNull, sha256Hex, text } from '../../suites/schema.ts'
import { entrySchema } from './events.ts'
import { STATUSES } from './state.ts'
import type { Site } from './site/page.ts'

/** `catalog.json`: everything the pages say, canonical (RFC 8785). */
export const catalogSchema = Type.Object(
  {
    camseal: oneOf('catalog/1'),
    name: bilingual(),
    demo: bool(),
    asOf: text('date in Viet Nam for which `status` was computed'),
    contact: opt(text()),
    regulations: list(obj({ id: text(), edition: text(), digest: orNull(sha256Hex()) })),
    /** The log this was computed from: number and SHA-256 of its last line. */
    head: obj({ number: int(1), digest: sha256Hex() }),
    refused: int(),
    entries: list(
      obj({
        status: oneOf(...STATUSES),
        entry: entrySchema,
        history: list(
          obj({
            is: oneOf('admitted', 'suspended', 'withdrawn', 'reinstated'),
            number: int(1),
            at: micros(),
            by: text(),
            why: orNull(text()),
          }),
        ),
      }),
    ),
  },
  {
    additionalProperties: false,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Camseal catalog of tested cameras',
  },
)
export type CatalogData = Static<typeof catalogSchema>

export const dataOf = ({ settings, state, asOf, listings }: Site): CatalogData => ({
  camseal: 'catalog/1',
  name: settings.name,
  demo: settings.demo,
  asOf,
  ...(settings.contact ? { contact: settings.contact } : {}),
  regulations: settings.regulations.map((r) => ({ id: r.id, edition: r.edition, digest: r.digest ?? null })),
  head: { number: state.head.number, digest: state.head.digest },
  refused: state.refused,
  entries: listings.map(({ standing, status }) => ({ status, entry: standing.entry, history: standing.history })),
})
