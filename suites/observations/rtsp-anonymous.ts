import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, oneOf, opt, orNull, port, str, type Static } from '../schema.ts'
import { endpointsSpeaking } from './endpoints.ts'
import { exchangeSchema } from './exchange.ts'

/** What came of SETUP and PLAY; the media was counted and not kept. */
const played = obj({
  setup: exchangeSchema,
  /** Null where SETUP gave no session. */
  play: orNull(exchangeSchema),
  media: orNull(obj({ elapsed: micros(), packets: int(), bytes: int(), control: int() })),
})

const attempt = obj({
  describe: exchangeSchema,
  /** Null where DESCRIBE gave no description. */
  played: orNull(played),
})
export type RtspAttempt = Static<typeof attempt>

/** The same with one thing changed that is no log-in. */
const bypass = obj({
  /** The changed request line, or `SETUP`: with the description that somebody logged in was given. */
  how: str(),
  attempt,
})
export type RtspBypass = Static<typeof bypass>

const visit = obj({
  target: str(),
  /** `elsewhere`: declared for another service of the device. `decoy`: a random path that cannot exist. */
  source: oneOf('declared', 'elsewhere', 'catalogue', 'decoy'),
  access: orNull(oneOf('protected', 'public')),
  anonymous: attempt,
  /** The same logged in; only for what is declared protected. */
  genuine: orNull(attempt),
  /** After everything else; of the first that flows logged in and does not without. */
  bypasses: opt(list(bypass)),
})
export type RtspVisit = Static<typeof visit>

const schema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  /** OPTIONS before everything else. */
  opening: exchangeSchema,
  visits: list(visit),
  /** Between the visits: DESCRIBE logged in where an account is declared, else OPTIONS. */
  controls: list(exchangeSchema),
  /** False where a control failed and the rest was left out. */
  complete: bool(),
})
export type RtspAnonymous = Static<typeof schema>

/** Which streams one RTSP endpoint gives to somebody who did not log in. */
export const kind = defineKind({
  id: 'rtsp-anonymous',
  version: '1.1.0',
  per: 'endpoint',
  schema,
  dependsOn: ['services'],
  expected: (known) => endpointsSpeaking('rtsp', known).map(({ subject }) => subject),
})
