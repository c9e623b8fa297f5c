import { defineKind } from '../observation.ts'
import { bool, list, obj, oneOf, orNull, str, text, type Static } from '../schema.ts'
import type { Reading, Statement } from '../statement.ts'
import { unitSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'

/** What a declared reading is of; `unsaid` where the statement leaves it open. */
export const READ = ['serial', 'mac', 'firmware', 'other', 'unsaid'] as const

const schema = obj({
  readings: list(
    obj({
      /** Where the statement has it: `identity/1`, `updates/web-update`. */
      from: text(),
      what: oneOf(...READ),
      exchange: exchangeSchema,
      text: orNull(str('first group of the declared pattern')),
    }),
  ),
  /** What the declared list of accounts told, in its order; null where none is declared. */
  accounts: orNull(
    obj({ exchange: exchangeSchema, names: list(str()), more: bool(), account: orNull(text('that asked for it')) }),
  ),
  /** The unit's address on the link, by the lab's neighbour table; null on loopback, behind a router, and over IPv6 alone. */
  mac: orNull(text()),
})
export type UnitReadings = Static<typeof schema>

/** Every declared reading of identity and version, each once. */
export function unitReadings({
  identity,
  updates,
}: Statement): { from: string; what: UnitReadings['readings'][number]['what']; reading: Reading }[] {
  const all = [
    ...(identity ?? []).map(({ what, ...reading }, i) => ({
      from: `identity/${i + 1}`,
      what: what ?? ('unsaid' as const),
      reading,
    })),
    ...updates.map(({ id, version }) => ({ from: `updates/${id}`, what: 'firmware' as const, reading: version })),
  ]
  const keyOf = ({ what, reading }: (typeof all)[number]) =>
    JSON.stringify([what, reading.service, reading.target, reading.account, reading.pattern, reading.browser])
  return all.filter((one, i) => all.findIndex((other) => keyOf(other) === keyOf(one)) === i)
}

/** What the unit that was tested says of itself: serial number, firmware version, address on the link. */
export const kind = defineKind({
  id: 'unit-readings',
  version: '1.0.0',
  per: 'unit',
  schema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => unitSubject(s.id)),
})
