import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, oneOf, opt, orNull, sha256Hex, str, text, type Static } from '../schema.ts'
import { updateSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'
import { lookSchema, powerCycleSchema } from './power.ts'
import { logChannelSchema, logRecordSchema } from './log-records.ts'
import { fetchSchema, onlineSchema } from './update-fetch.ts'

/** A fact as the device told it: the answer, and the first group of the declared pattern in it. */
const told = obj({ exchange: exchangeSchema, text: orNull(str()) })

/** After a package on which the device fell silent: what is seen beside its services, and what cutting its power did. */
const silence = obj({
  /** Seconds that a declared ban of the lab's address was waited out. */
  waited: int(),
  look: lookSchema,
  /** Null where nobody could cut the power, or the device answered again. */
  cycle: orNull(powerCycleSchema),
  /** At the end of that. */
  after: orNull(lookSchema),
  version: orNull(told),
})

/** One package offered to the device. The package itself is never kept. */
const attempt = obj({
  id: text(),
  sha256: sha256Hex(),
  bytes: int(),
  /** How it reached the device: uploaded, or fetched. One of them, or none where a step before the upload was not done. */
  upload: opt(exchangeSchema),
  /** What else was asked of the device for an upload in several steps, as far as the lab came. */
  steps: opt(
    obj({
      before: list(exchangeSchema),
      after: list(exchangeSchema),
      /**
       * Why there was no further step. all: there is none. not-done: a status of 400 or more, or no `done`. no-value: the answer
       * did not hold what the next step asks for. no-answer: none came, or not all of it.
       */
      ended: oneOf('all', 'not-done', 'no-value', 'no-answer'),
    }),
  ),
  fetch: opt(fetchSchema),
  /**
   * How often it was offered; the last time is told. An upload that ends without an answer is made once more; what the
   * device did not fetch, or broke off, is offered once more.
   */
  tries: int(1, 2),
  versionBefore: told,
  versionAfter: told,
  /** What tells the installed content apart; null where the statement names nothing that does. */
  contentBefore: orNull(told),
  contentAfter: orNull(told),
  /** The device answered again within twice the declared time. */
  cameBack: bool(),
  downtime: micros('from the first to the last request without an answer'),
  silence: opt(silence),
})

/**
 * bits: one bit inverted in the named part. truncated: the first half. last-block-missing: all but the end. unsigned:
 * signature of zeros. stripped: no signature. repacked: content and version changed, archive and checksums made anew.
 * signature-missing, signature-empty: the genuine package, whose signature in a file of its own is not there, or empty.
 * interrupted: the genuine package, after whose first half the lab cut the connection; the upload has failure `lab` then.
 */
export const VARIANTS = [
  'payload-bit',
  'signature-bit',
  'header-bit',
  'middle-bit',
  'first-bit',
  'last-bit',
  'truncated',
  'last-block-missing',
  'unsigned',
  'stripped',
  'repacked',
  'signature-missing',
  'signature-empty',
  'maker-unsigned',
  'maker-foreign-key',
  'maker-other-model',
  'interrupted',
] as const
export type VariantId = (typeof VARIANTS)[number]

const variant = obj({
  ...attempt.properties,
  id: oneOf(...VARIANTS),
  derivation: oneOf('lab', 'maker'),
  /** The stretch of the genuine package that differs, its declared part, and whether all its bytes were alike there. */
  change: orNull(
    obj({
      at: int(),
      bytes: int(),
      part: oneOf('header', 'payload', 'signature', 'several', 'unknown'),
      uniform: bool(),
    }),
  ),
})

/** DOORS: the genuine package from somebody who did not log in, or with a wrong password. */
export const DOORS = ['no-login', 'wrong-login'] as const
const door = obj({ ...attempt.properties, id: oneOf(...DOORS) })

/** One fact that an update must leave as it is: a log-in that works, a setting, a mark of identity. */
const kept = obj({
  what: oneOf('login', 'setting', 'log-setting', 'identity'),
  name: text(),
  exchange: exchangeSchema,
  text: orNull(str()),
})

export const updateRefusalSchema = obj({
  start: told,
  /** Where the device fetches packages: how it was pointed at the lab's server. Absent where they are uploaded. */
  online: opt(onlineSchema),
  /** Before the first package, where the bench can cut the power: the unit as it is, and a power cycle of a switch port. */
  power: opt(obj({ look: lookSchema, control: orNull(powerCycleSchema) })),
  variants: list(variant),
  /** The older genuine package, offered where an installed variant ended the row, so that it can go on. */
  returns: list(attempt),
  doors: list(door),
  /** The genuine package by the same path, after all these. */
  genuine: orNull(attempt),
  /** The older genuine package, offered after that. */
  older: orNull(attempt),
  /** Right before and after the genuine update. */
  kept: orNull(obj({ before: list(kept), after: list(kept) })),
  /** What the log channels brought meanwhile; null where neither one nor a log that can be read is declared. */
  log: orNull(
    obj({
      channels: list(logChannelSchema),
      faults: list(str('why a receiver could not be opened')),
      from: micros(),
      until: micros(),
      records: list(logRecordSchema),
      left: int(),
      /**
       * The device's own log: before the first package, after the first variant that changed nothing, right before the
       * genuine package and after it.
       */
      api: opt(
        obj({
          begin: orNull(exchangeSchema),
          refused: orNull(exchangeSchema),
          before: orNull(exchangeSchema),
          installed: orNull(exchangeSchema),
        }),
      ),
    }),
  ),
  /** What was not offered. */
  missing: list(
    obj({
      id: oneOf(...VARIANTS, ...DOORS, 'genuine', 'older'),
      why: oneOf(
        'not-supplied',
        'no-layout',
        'not-this-format',
        'too-large',
        'unreadable',
        'same-version',
        'start-version-lost',
        'device-gone',
        'no-account',
        'would-lock',
      ),
    }),
  ),
})
export type UpdateRefusal = Static<typeof updateRefusalSchema>
export type UpdateAttempt = Static<typeof attempt>
export type UpdateVariant = Static<typeof variant>
export type UpdateDoor = Static<typeof door>
export type Kept = Static<typeof kept>

/** What became of altered, genuine and older update packages that took the declared path: uploaded, or fetched. */
export const kind = defineKind({
  id: 'update-refusal',
  version: '2.4.0',
  per: 'mechanism',
  schema: updateRefusalSchema,
  dependsOn: [],
  expected: ({ statement }) =>
    statement.samples.flatMap((s) => statement.updates.map((u) => updateSubject(s.id, u.id))),
})
