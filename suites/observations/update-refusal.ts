import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, oneOf, orNull, sha256Hex, str, text, type Static } from '../schema.ts'
import { updateSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'

/** A version as the device told it: the answer, and the first group of the declared pattern in it. */
const version = obj({ exchange: exchangeSchema, text: orNull(str()) })

/** One package offered to the device. The package itself is never kept. */
const attempt = obj({
  id: text(),
  sha256: sha256Hex(),
  bytes: int(),
  upload: exchangeSchema,
  versionBefore: version,
  versionAfter: version,
  /** The device answered again within twice the declared time. */
  cameBack: bool(),
  downtime: micros('from the first to the last request without an answer'),
})

/**
 * bits: one bit inverted in the named part. truncated: the first half. unsigned: signature of zeros, or a package without
 * one. repacked: content and version changed, archive and checksums made anew.
 */
export const VARIANTS = [
  'payload-bit',
  'signature-bit',
  'header-bit',
  'middle-bit',
  'first-bit',
  'last-bit',
  'truncated',
  'unsigned',
  'repacked',
  'maker-unsigned',
  'maker-foreign-key',
  'maker-other-model',
] as const
export type VariantId = (typeof VARIANTS)[number]

const variant = obj({ ...attempt.properties, id: oneOf(...VARIANTS), derivation: oneOf('lab', 'maker') })

export const updateRefusalSchema = obj({
  start: version,
  variants: list(variant),
  /** The genuine package by the same path, after the variants. */
  genuine: orNull(attempt),
  /** The older genuine package, offered after that. */
  older: orNull(attempt),
  /** The first declared log-in before and after the genuine update. */
  login: orNull(obj({ before: exchangeSchema, after: orNull(exchangeSchema) })),
  /** What was not offered. */
  missing: list(
    obj({
      id: oneOf(...VARIANTS, 'genuine', 'older'),
      why: oneOf(
        'not-supplied',
        'no-layout',
        'not-this-format',
        'unreadable',
        'same-version',
        'start-version-lost',
        'device-gone',
      ),
    }),
  ),
})
export type UpdateRefusal = Static<typeof updateRefusalSchema>
export type UpdateAttempt = Static<typeof attempt>
export type UpdateVariant = Static<typeof variant>

/** What became of altered, genuine and older update packages that were uploaded by the declared path. */
export const kind = defineKind({
  id: 'update-refusal',
  version: '1.0.0',
  per: 'mechanism',
  schema: updateRefusalSchema,
  dependsOn: [],
  expected: ({ statement }) =>
    statement.samples.flatMap((s) => statement.updates.map((u) => updateSubject(s.id, u.id))),
})
