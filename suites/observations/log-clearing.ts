import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, opt, orNull, text, type Static } from '../schema.ts'
import { unitSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'
import { logChannelSchema, logRecordSchema } from './log-records.ts'

export const logClearingSchema = obj({
  /** The statement declares a log that can be read. */
  declared: bool(),
  /** The statement declares how to clear it; else DELETE was asked of the address it is read from. */
  clear: bool(),
  tries: orNull(
    obj({
      /** Account of the viewer. */
      viewer: text(),
      /** A log-in of the viewer where viewers may. */
      login: exchangeSchema,
      /** The same request by nobody: a form that is shown again tells of no log-in. */
      nobody: opt(exchangeSchema),
      /** The log as the administrator reads it: at the beginning, after the viewer's try, after the administrator's. */
      before: exchangeSchema,
      byViewer: exchangeSchema,
      between: exchangeSchema,
      byAdministrator: exchangeSchema,
      after: exchangeSchema,
      /** What else tells of the clearing. */
      told: opt(
        obj({
          channels: list(logChannelSchema),
          /** When the administrator asked; what the channels brought from then until the end of the wait. */
          clearedAt: micros(),
          until: micros(),
          records: list(logRecordSchema),
          left: int(),
          /** Where nothing had told of it yet: a log-in afterwards, and the log read once more. */
          control: orNull(obj({ login: exchangeSchema, later: exchangeSchema })),
        }),
      ),
    }),
  ),
})
export type LogClearing = Static<typeof logClearingSchema>

/** Who can empty the device's own log, a viewer first, then its administrator; and what tells of it afterwards. */
export const kind = defineKind({
  id: 'log-clearing',
  version: '1.2.0',
  per: 'unit',
  schema: logClearingSchema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => unitSubject(s.id)),
})
