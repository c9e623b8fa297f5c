import { any, bilingual, list, map, obj, oneOf, opt, orNull, sha256Hex, text, type Static } from './schema.ts'

/** One demand of a clause: a criterion, and the numbers this regulation gives it. */
const demand = obj({ criterion: text(), parameters: opt(map(any())) })

const clause = obj({
  id: text('clause number, or a name where none is known'),
  level: oneOf('required', 'recommended'),
  title: bilingual(),
  asks: bilingual(),
  criteria: opt(list(demand)),
  /** Why nothing assesses it. A clause has criteria or this. */
  notAssessed: opt(bilingual()),
  provenance: obj({
    confidence: oneOf('own', 'seen', 'inferred', 'recalled', 'secondary'),
    sources: list(text()),
    note: opt(text()),
  }),
})

export const regulationSchema = obj({
  camseal: oneOf('regulation/1'),
  id: text(),
  edition: text(),
  title: bilingual(),
  /** own: not a legal regulation. verified: compared with the gazette. reconstructed: results are indicative (rule 11). */
  text: oneOf('own', 'verified', 'reconstructed'),
  gazette: opt(obj({ sha256: sha256Hex(), reviewer: text() })),
  validFrom: orNull(text('ISO 8601 date')),
  validUntil: orNull(text('ISO 8601 date')),
  replacedBy: opt(text()),
  note: bilingual(),
  /** Catalogue name to the edition this regulation uses. */
  catalogues: map(text()),
  clauses: list(clause),
})

export type Regulation = Static<typeof regulationSchema>
export type Clause = Static<typeof clause>
export type Demand = Static<typeof demand>

/** A dated data set that criteria look things up in: passwords, ports, cryptography, paths. */
export const catalogueSchema = obj({
  camseal: oneOf('catalogue/1'),
  id: text(),
  edition: text(),
  title: bilingual(),
  provenance: text(),
  data: any(),
})
export type Catalogue = Static<typeof catalogueSchema>
