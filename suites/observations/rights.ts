import { defineKind } from '../observation.ts'
import { bool, list, obj, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'

const schema = obj({
  /** Ids of the accounts. */
  administrator: text(),
  viewer: text(),
  /** At the viewer's own log-in: without a credential, and with it. */
  anonymous: exchangeSchema,
  login: exchangeSchema,
  /** Everything declared for administrators only. */
  visits: list(
    obj({
      port: port(),
      tls: bool(),
      target: str(),
      anonymous: exchangeSchema,
      administrator: exchangeSchema,
      viewer: exchangeSchema,
    }),
  ),
  /** Actions of administrators that change nothing: the present value is set again. */
  actions: list(
    obj({
      id: text(),
      /** Text that shows that it took effect. */
      done: text(),
      administrator: exchangeSchema,
      viewer: exchangeSchema,
    }),
  ),
  complete: bool(),
})
export type Rights = Static<typeof schema>

/** What an account that may only look is given beside an administrator. */
export const kind = defineKind({
  id: 'rights',
  version: '1.0.0',
  per: 'unit',
  schema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => `${s.id}/rights`),
})
