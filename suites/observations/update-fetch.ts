import { base64, int, list, micros, obj, oneOf, opt, orNull, pair, port, str, text, type Static } from '../schema.ts'
import { exchangeSchema } from './exchange.ts'

/** One request that the device made of the lab's update server. */
const request = obj({
  at: micros('since the epoch'),
  method: text(),
  /** Values of a query that may be secret are replaced at the same length, as are those of headers that are not well known. */
  target: str(),
  headers: list(pair(text(), str())),
  bodyBytes: int(),
  /** Its place in the statement's list of files; null where none has this target. */
  file: orNull(int()),
  status: int(),
  /** Of the file: the first byte of the answer, and how many bytes the answer promised and how many went out. */
  first: int(),
  promised: int(),
  sent: int(),
  /** broken-off: the device ended the connection before, or reset it; lab: the lab did, which went on to another package. */
  end: oneOf('complete', 'broken-off', 'open', 'lab'),
})
export type FetchRequest = Static<typeof request>

/** How one package was offered by the lab's server, and what the device fetched of it. */
export const fetchSchema = obj({
  from: micros(),
  until: micros(),
  /** What made the device look for an update; empty where it does so by itself. */
  asked: list(exchangeSchema),
  /** The version that the files written by the lab told. Size and digest in them are always those of the package offered. */
  told: text(),
  /** By their place in the statement's list: the package, what the maker supplied with this very one, and what tells the version. */
  package: int(),
  own: list(int()),
  versions: list(int()),
  /** Signatures of the package that were not there, or empty. */
  lacking: opt(list(int())),
  requests: list(request),
  /** Requests that are not in the list, for its length. */
  left: int(),
  /** Bytes of the package that the device has: in whole answers, or before the place where it asked to go on. */
  covered: int(),
})
export type UpdateFetch = Static<typeof fetchSchema>

/** How the device was pointed at the lab's update server. */
export const onlineSchema = obj({
  protocol: oneOf('http', 'https'),
  address: text(),
  port: port(),
  serverName: orNull(text()),
  /** What the server showed as its certificates, its own first; empty for plain HTTP. */
  chain: list(base64('DER')),
  /** What gave the device the authority. */
  install: orNull(exchangeSchema),
  /** Where the device looked before, as it said, what pointed it at the lab, and what it said afterwards. */
  before: orNull(str()),
  enable: orNull(exchangeSchema),
  after: orNull(str()),
  /** Connections from other addresses than the device's, which were closed. */
  strangers: int(),
})
export type UpdateOnline = Static<typeof onlineSchema>
