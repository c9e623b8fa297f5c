import { defineKind } from '../observation.ts'
import { base64, bool, int, list, micros, obj, oneOf, port, text, type Static } from '../schema.ts'
import { unitSubject } from '../subject.ts'

/** Different messages that are kept; the same one again is counted. */
export const MOST_ASKS = 256

/** A device may take a while after its services are there until it asks. */
export const SECONDS_AFTER_REBOOT = 10

/** How the lab's gateway can be spoken to: searched for, asked over HTTP, and by NAT-PMP or PCP on UDP 5351. */
export const GATEWAY_WAYS = ['search', 'http', 'nat-pmp', 'pcp'] as const

const ask = obj({
  /** search: announcements to the same group are left out. */
  way: oneOf('search', 'http', 'port-5351'),
  from: text('address of the device'),
  at: micros('since the epoch, the first time'),
  times: int(1),
  bytes: base64('the message, of HTTP the request; at most 4096 bytes, secrets redacted'),
})
export type GatewayMessage = Static<typeof ask>

const schema = obj({
  /** Of the lab, where it answers as a gateway. */
  address: text(),
  httpPort: port(),
  /** The address on the Internet that it tells. */
  outside: text(),
  from: micros(),
  until: micros(),
  /** Observations of this state that had been made before: by a part of the run that was cut. */
  before: int(),
  /** In order of time; what came from other addresses than the device's is neither answered nor kept. */
  asks: list(ask),
  /** Messages left out, for the length of the list. */
  left: int(),
  /** The lab's own questions at both ends of the time: whether the gateway's answer came back. */
  controls: list(obj({ when: oneOf('before', 'after'), way: oneOf(...GATEWAY_WAYS), answered: bool() })),
})
export type PortMappings = Static<typeof schema>

/** What a device asks of a gateway to the Internet, over the time of a state. */
export const kind = defineKind({
  id: 'port-mappings',
  version: '1.0.0',
  per: 'unit',
  schema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => unitSubject(s.id)),
})
