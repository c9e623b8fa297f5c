import { bool, list, micros, obj, oneOf, opt, orNull, port, str, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'

/** Published, blank and guessable passwords tried at one log-in; the same for HTTP and RTSP. */
export const credentialTriesSchema = obj({
  family: oneOf('ipv4', 'ipv6'),
  port: port(),
  tls: bool(),
  target: str(),
  /** User name of the declared account. */
  user: str(),
  /** The declared credential is itself published, blank or equal to its user name; computed before redaction. */
  declaredIsListed: bool(),
  /** Without a credential. */
  anonymous: exchangeSchema,
  /** With the declared credential. Before the first set-up it need not exist. */
  knownGood: exchangeSchema,
  /** With a random password for the declared user. */
  knownBad: exchangeSchema,
  /** Tries are believed refused only where the control after them, with the declared credential, was granted. */
  batches: list(obj({ tries: list(exchangeSchema), control: exchangeSchema, waited: micros() })),
  /** Only where the declared credential did not work: a try that was answered otherwise than the known bad one, repeated, then a random password again. */
  repeats: list(obj({ again: exchangeSchema, bad: exchangeSchema })),
  /** Every try was made in a batch whose control was granted, or slowly enough for the declared lock. */
  complete: bool(),
  /**
   * What is listed for the declared user, over the other address family that the service is declared for; only the first
   * few where a ban by address came before. Null where there is no other family, where the declared credential did not work,
   * and where every log-in takes a browser.
   */
  elsewhere: opt(
    orNull(
      obj({
        family: oneOf('ipv4', 'ipv6'),
        knownBad: exchangeSchema,
        batches: list(obj({ tries: list(exchangeSchema), control: exchangeSchema })),
        /** Every try was made. */
        complete: bool(),
      }),
    ),
  ),
  /** Why it stopped early. */
  stopped: orNull(oneOf('locked', 'unreachable', 'cancelled')),
})
export type CredentialTries = Static<typeof credentialTriesSchema>
