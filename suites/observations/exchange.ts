import { base64, bool, int, list, micros, obj, oneOf, opt, orNull, pair, str, text, type Static } from '../schema.ts'

/** Why no answer came, in the words of the wire. A failure says nothing of the device's security. */
export const failureSchema = obj({
  code: oneOf('refused', 'timeout', 'reset', 'closed', 'unreachable', 'tls-handshake', 'lab'),
  detail: str(),
})
export type Failure = Static<typeof failureSchema>

/** One answer as it came: status line, headers and body, at most 64 KiB of it, of a log 256 KiB; parsed only when judging. */
export const answerSchema = obj({
  raw: base64(
    'bytes from the first of the status line on, unpacked where the body came packed, secrets redacted at the same length',
  ),
  /** Bytes received in all, also those not kept. */
  length: int(),
  end: oneOf('complete', 'closed', 'reset', 'timeout', 'too-long'),
})
export type Answer = Static<typeof answerSchema>

/** What a browser did at a page, and what its page was kept from. */
export const browsedSchema = obj({
  name: text('product and version'),
  /** Off where the lab runs as root: Chromium has none then. */
  sandbox: bool(),
  /** Requests to the device, and how many of them were the log-in itself. */
  requests: int(),
  logIns: int(),
  /** What the page wanted and did not get, without queries; at most 20 are named. */
  refused: list(obj({ what: str(), why: oneOf('elsewhere', 'stream', 'download', 'window', 'too-long', 'too-many') })),
  refusals: int(),
  dialogs: int(),
  /** Where something was done at the page: how often it made the request that the statement names. */
  sent: opt(int()),
  /** Dialogs of the page that were answered with yes, as declared. */
  accepted: opt(int()),
  /** What the page showed in the end, in all frames: text, then fields with what stands in them. UTF-8. */
  shown: opt(answerSchema),
})
export type Browsed = Static<typeof browsedSchema>

/**
 * One request of an HTTP-like protocol (HTTP, RTSP) and what came back. A log-in by challenge takes several
 * rounds; the last one is the answer, and the first may be that to a small request that asked for the challenge, so that
 * a large body went out once. A log-in by form (`form`, `browser`) takes a round for the page where one is declared, one
 * for the log-in and one for the request that is shown, made with what the log-in gave. Of what is done at
 * a page (`browser.sent`) the last round is the answer to the request that the page made of it, redirects followed; the one
 * before may be the log-in. `connection` counts connections within the observation from 0.
 */
export const exchangeSchema = obj({
  at: micros('start, since the epoch'),
  elapsed: micros(),
  connection: int(),
  sourceAddress: text(),
  request: obj({
    method: text(),
    target: str(),
    headers: list(pair(text(), str())),
    bodyBytes: int(),
    /** The account tried: its user name, and the name of the secret (never the secret) or the published password. */
    credential: orNull(obj({ user: str(), secret: str(), published: bool() })),
    /** How the credential was presented in the last round. */
    scheme: oneOf('none', 'basic', 'digest-md5', 'digest-sha-256', 'username-token', 'form', 'browser'),
  }),
  rounds: list(obj({ elapsed: micros(), answer: answerSchema })),
  failure: orNull(failureSchema),
  browser: opt(browsedSchema),
})
export type Exchange = Static<typeof exchangeSchema>
