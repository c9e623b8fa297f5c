import { Type } from '@sinclair/typebox'
import { canonical } from '../../suites/canonical.ts'
import {
  any,
  base64,
  bilingual,
  bool,
  int,
  list,
  map,
  micros,
  obj,
  oneOf,
  opt,
  orNull,
  sha256Hex,
  text,
  type Static,
} from '../../suites/schema.ts'
import { OUTCOMES, OVERALLS } from '../../suites/roll-up.ts'

/** `2026-0001`, `DEMO-2026-0001`: also the name of a page. */
const entryId = () => Type.String({ pattern: '^(DEMO-)?[0-9]{4}-[0-9]{4,9}$' })
const date = () => Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description: 'date in Viet Nam' })

/** One approved firmware of one product under one regulation, as it stood at admission. */
export const entrySchema = obj({
  id: entryId(),
  vendor: text('name of the maker'),
  brand: orNull(text()),
  model: text(),
  hardware: text(),
  vendorAddress: orNull(text()),
  origin: orNull(text('country stated by the maker')),
  /** Who asked for the test; the maker where nobody else did. */
  holder: obj({ name: text(), address: orNull(text()) }),
  firmware: obj({
    version: text(),
    sha256: orNull(sha256Hex()),
    link: oneOf('flashed-by-lab', 'dumped', 'version-string-only'),
  }),
  regulation: obj({
    id: text(),
    edition: text(),
    digest: sha256Hex(),
    title: bilingual(),
    text: oneOf('own', 'verified'),
  }),
  report: obj({
    /** SHA-256 of the sealed file: `sha256sum report.asice`. */
    digest: sha256Hex(),
    /** SHA-256 of its signed manifest: the same for copies that withhold something. */
    manifest: orNull(sha256Hex()),
    run: text(),
    startedAt: micros(),
    endedAt: micros(),
    number: orNull(int(1)),
    /** Earlier official runs of the same sample and firmware, aborted ones too. */
    earlier: list(obj({ number: int(1), ended: oneOf('complete', 'aborted', 'open'), overall: orNull(text()) })),
  }),
  tool: obj({ version: text(), suiteDigest: sha256Hex(), suite: oneOf('released', 'unreleased') }),
  laboratory: obj({ name: text(), address: orNull(text()), accreditation: orNull(text()) }),
  signer: text(),
  samples: int(1),
  validFrom: date(),
  /** Last day on which the entry stands. */
  validUntil: date(),
  endsWith: oneOf('term', 'regulation'),
  clauses: list(
    obj({ clause: text(), level: oneOf('required', 'recommended'), outcome: oneOf(...OUTCOMES), title: bilingual() }),
  ),
  /** What the same report concludes on other regulations. */
  others: list(obj({ id: text(), edition: text(), overall: oneOf(...OVERALLS), indicative: bool() })),
})
export type Entry = Static<typeof entrySchema>

const message = obj({ code: text(), values: map(any()) })

/** What happened. A refusal does not name the product: the log is published. */
export const deedSchema = Type.Union([
  obj({ is: oneOf('opened'), name: bilingual() }),
  obj({ is: oneOf('admitted'), entry: entrySchema, notes: list(message) }),
  obj({ is: oneOf('refused'), report: sha256Hex(), reasons: list(message) }),
  obj({ is: oneOf('suspended', 'withdrawn', 'reinstated'), id: entryId(), report: sha256Hex(), why: text() }),
])
export type Deed = Static<typeof deedSchema>
export type DeedKind = Deed['is']

/** One line of `events.jsonl`: canonical (RFC 8785), chained by the digest of the line before, signed. */
export const eventSchema = obj(
  {
    camseal: oneOf('catalog-event/1'),
    number: int(1),
    previous: orNull(sha256Hex()),
    at: micros(),
    by: obj({ subject: text(), certificate: sha256Hex() }),
    demo: bool(),
    /** SHA-256 of the canonical settings it was decided under. */
    settings: sha256Hex(),
    /** A half-written last line that was cut off before this one was written. */
    repaired: opt(obj({ bytes: int(1), sha256: sha256Hex() })),
    deed: deedSchema,
    /** Detached CMS (CAdES-B) over the canonical form of the event without this member. */
    signature: base64(),
  },
  'Camseal catalog event',
)
export type CatalogEvent = Static<typeof eventSchema>
export type UnsignedEvent = Omit<CatalogEvent, 'signature'>

/** The bytes that are signed. */
export const signedBytes = (event: UnsignedEvent): Uint8Array => Buffer.from(canonical(event), 'utf8')

/** The event as it stands in the log, without the end of the line. */
export const lineOf = (event: CatalogEvent): string => canonical(event)

/** Who writes events: signs with the registrar's key. */
export interface Registrar {
  subject: string
  /** SHA-256 of the DER certificate. */
  certificate: string
  demo: boolean
  /** DER of a detached CMS over the content. `at` is microseconds since the epoch. */
  sign(content: Uint8Array, at: number): Promise<Uint8Array>
}
