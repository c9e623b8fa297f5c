import { defineKind } from '../observation.ts'
import { bool, list, obj, orNull, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'

const schema = obj({
  /** Id of the account whose log-in shows that each change can be made. */
  administrator: text(),
  /** That log-in, after a lock that earlier steps may have set off; null where none is declared over HTTP. */
  login: orNull(exchangeSchema),
  /** Declared actions with the value that is set already: first by nobody, then by the administrator. */
  actions: list(
    obj({
      id: text(),
      /** Text that shows that it took effect. */
      done: text(),
      nobody: exchangeSchema,
      /** The same method without log-in at a path that cannot exist: what the device says to anything. */
      decoy: exchangeSchema,
      administrator: exchangeSchema,
    }),
  ),
  /** Operations of ONVIF that set, with what the device itself said just before. */
  sets: list(
    obj({
      operation: text(),
      target: str(),
      /** The reading operation, logged in: the value that is set again. */
      before: exchangeSchema,
      nobody: exchangeSchema,
      genuine: exchangeSchema,
      /** The reading operation again: nothing was changed. */
      after: exchangeSchema,
    }),
  ),
  complete: bool(),
})
export type AnonymousChanges = Static<typeof schema>

/** What can be changed by somebody who did not log in. Nothing is: the present value is set. */
export const kind = defineKind({
  id: 'anonymous-changes',
  version: '1.0.0',
  per: 'unit',
  schema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => `${s.id}/changes`),
})
