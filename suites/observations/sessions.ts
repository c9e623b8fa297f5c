import { defineKind } from '../observation.ts'
import { bool, int, list, obj, oneOf, opt, orNull, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'
import { loginSubjects, sessionLogins } from './log-ins.ts'

export const LONGEST_STEP = 1_099_511_627_776

/** What a log-in gave: a cookie or the token. Of its value only what tells nobody how to use it. */
export const gaveSchema = obj({
  is: oneOf('cookie', 'token'),
  /** Of the cookie, or of the header or parameter that carries the token. */
  name: str(),
  length: int(),
  /** Kinds of characters in it: `other` are those that are neither letters, digits, `-` nor `_`. */
  characters: list(oneOf('digit', 'a-f', 'g-z', 'A-F', 'G-Z', 'dash', 'other')),
  /** HMAC-SHA-256 under a random key that is thrown away: equal values of this observation, and no others, look equal. */
  digest: text('lower-case hexadecimal'),
})

/** One log-in. `rounds` are the page, where one is declared, and the log-in; the values of cookies and tokens are hidden in all of them. */
const entrySchema = obj({ rounds: list(exchangeSchema), gave: list(gaveSchema) })

/** A new token asked for as declared. */
const renewalSchema = obj({
  /** With the token itself beside that. */
  withToken: bool(),
  asked: exchangeSchema,
  /** What is new of it. */
  gave: list(gaveSchema),
  /** With everything, the new in the place of the old; null where it gave nothing. */
  opened: orNull(exchangeSchema),
})

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** The request of the log-in without anything. */
  anonymous: exchangeSchema,
  /** One session from its beginning to its end. Each request is made on a connection of its own. */
  first: obj({
    entry: entrySchema,
    /** With everything that the log-in gave. */
    opened: exchangeSchema,
    /** Each thing that the log-in gave left out, alone, and then everything together again. */
    parts: list(
      obj({
        is: oneOf('cookie', 'token'),
        name: str(),
        without: exchangeSchema,
        alone: exchangeSchema,
        after: exchangeSchema,
      }),
    ),
    /** It gave more than was tried. */
    tooMany: bool(),
    /** With everything, directly before the log-out. */
    before: exchangeSchema,
    /** The declared log-out; null where none is. */
    out: orNull(exchangeSchema),
    /** After it, with what it left to a browser. */
    left: orNull(exchangeSchema),
    /** After it: what was sent before the log-out, and what the last answer had replaced it by, where it did. */
    replayed: list(exchangeSchema),
    /** Where a token goes on: the request of the log-out at a target of the lab's making, so that one sees whether the device knows the declared one. */
    elsewhere: opt(orNull(exchangeSchema)),
  }),
  /** Where new tokens are had without the password: a session of its own. */
  renewal: opt(
    obj({
      entry: entrySchema,
      /** Before the log-out, without the token itself and, where that gives nothing, with it. */
      before: list(renewalSchema),
      out: orNull(exchangeSchema),
      /** After it, in the way that gave something before. */
      after: orNull(renewalSchema),
      /** That of another log-in, afterwards. */
      later: orNull(renewalSchema),
    }),
  ),
  /** Requests without a credential, for what the device gives before a log-in. */
  visits: list(exchangeSchema),
  /** Log-ins for which cookies lay ready: those of the visits, and such as the lab made up like those of the first session. */
  planted: list(
    obj({
      how: oneOf('given', 'made-up'),
      names: list(str()),
      /** With them, before the log-in. */
      before: exchangeSchema,
      entry: entrySchema,
      /** With everything, after the log-in. */
      opened: exchangeSchema,
      /** With what was known before the log-in and nothing else. */
      known: exchangeSchema,
    }),
  ),
  /** Further log-ins, each with nothing to begin with. */
  more: list(obj({ entry: entrySchema, opened: exchangeSchema })),
  /** What the first and the further log-ins gave for each name, in their order: in how many places texts of one length differ, and each reading of them as numbers. */
  values: list(
    obj({
      is: oneOf('cookie', 'token'),
      name: str(),
      /** Null where lengths differ. */
      places: orNull(int()),
      readings: list(
        obj({
          /** `rest`: without the first and last characters that all share. */
          of: oneOf('whole', 'rest'),
          coding: oneOf('decimal', 'hexadecimal', 'base64'),
          /** So many bits hold every number of the longest such text. */
          bits: int(),
          /** From each to the next; null where that takes more than 40 bits. */
          steps: list(orNull(int(-LONGEST_STEP, LONGEST_STEP))),
        }),
      ),
    }),
  ),
  /** Every endpoint of the sample that speaks HTTP without TLS: the log-in there, and the request with what it gave. */
  clear: list(obj({ family: oneOf('ipv4', 'ipv6'), port: port(), entry: entrySchema, opened: exchangeSchema })),
  undiscovered: list(oneOf('ipv4', 'ipv6')),
})
export type Sessions = Static<typeof schema>
export type Entry = Static<typeof entrySchema>
export type Renewal = Static<typeof renewalSchema>

/** How one log-in by form or call keeps its session, from the first cookie to the log-out. */
export const kind = defineKind({
  id: 'sessions',
  version: '1.1.0',
  per: 'login',
  schema,
  dependsOn: ['services'],
  expected: ({ statement }) => loginSubjects(statement, sessionLogins(statement)),
})
