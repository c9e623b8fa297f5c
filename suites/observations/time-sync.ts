import { defineKind } from '../observation.ts'
import { base64, int, list, micros, obj, oneOf, orNull, port, str, text, type Static } from '../schema.ts'
import { clientSubject } from '../subject.ts'
import { exchangeSchema } from './exchange.ts'

/**
 * genuine: answers as RFC 5905 says. Each of the others differs in one thing. origin-earlier: the originate timestamp is that
 * of an earlier request; origin-zero: it is zero. unsynchronised: leap indicator 3 and stratum 16. kiss-rate: a
 * kiss-o'-death with the code RATE.
 */
export const TIME_IMPOSTORS = ['origin-earlier', 'origin-zero', 'unsynchronised', 'kiss-rate'] as const
export type TimeImpostor = (typeof TIME_IMPOSTORS)[number]

/** What the device's clock said: the answer it stood in, and the text that the declared pattern found there. */
const clock = obj({ exchange: exchangeSchema, text: orNull(str()) })
export type ClockReading = Static<typeof clock>

/** A request that came to the lab's server, and its answer, as it was sent. */
const answer = obj({
  at: micros('since the epoch: when the answer was sent'),
  from: text('address of the sender'),
  port: port(),
  request: base64('the beginning of it, secrets redacted'),
  sent: base64(),
})

const server = obj({
  shows: oneOf('genuine', ...TIME_IMPOSTORS),
  /** Seconds that its answers are ahead of the lab's clock. */
  shift: int(),
  from: micros(),
  until: micros(),
  /** What asked the device for another request; empty where it asks by itself. */
  asked: list(exchangeSchema),
  answers: list(answer),
  /** Requests that were answered and are not in the list, for its length. */
  left: int(),
  /** Read at the end. */
  clock,
})
export type TimeServer = Static<typeof server>

const schema = obj({
  client: text('of the statement'),
  protocol: oneOf('ntp'),
  /** Where the device was told to ask. */
  address: text(),
  port: port(),
  /** The device's clock before anything was changed. */
  clock,
  /** Which server the device asked before, as it said, what pointed it at the lab, and what it said afterwards. */
  before: orNull(str()),
  enable: orNull(exchangeSchema),
  after: orNull(str()),
  /** In order of time, all on the same port. */
  servers: list(server),
})
export type TimeSync = Static<typeof schema>

/** Whether the device's clock follows the genuine time server and impostors, one after the other on the same port. */
export const kind = defineKind({
  id: 'time-sync',
  version: '1.0.0',
  per: 'mechanism',
  schema,
  dependsOn: [],
  expected: ({ statement }) =>
    statement.samples.flatMap((s) => (statement.time ?? []).map((c) => clientSubject(s.id, c.id))),
})
