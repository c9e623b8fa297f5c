import { defineKind } from '../observation.ts'
import { bool, int, list, micros, obj, oneOf, orNull, port, text, type Static } from '../schema.ts'
import { addressesOf, addressSubject } from '../subject.ts'
import { serviceSchema } from './services.ts'
import { sweepSchema } from './tcp-ports.ts'

const schema = obj({
  address: text(),
  family: oneOf('ipv4', 'ipv6'),
  sourceAddress: text(),
  /** Shortest time a connection took before the sweep; null where nothing answered. */
  rtt: orNull(micros()),
  /** Ports that answered at this address before the device was there; they are not the device's. */
  baseline: orNull(obj({ at: micros(), ports: list(port()) })),
  /** The log-in whose stream was watched before the sweep and, where the device bears it, during it; null where there is none. */
  stream: orNull(obj({ login: text('of the statement'), packets: int() })),
  sweep: sweepSchema,
  /** Ports that were open in neither sweep at the beginning and are not declared: asked once more a while later, and what they said. */
  again: list(obj({ port: port(), at: micros(), open: bool() })),
  services: list(serviceSchema),
})
export type LaterTcpPorts = Static<typeof schema>

/** Which TCP ports of one address accept a connection when everything else of the state was done: log-ins, streams, settings, updates, reboots. */
export const kind = defineKind({
  id: 'later-tcp-ports',
  version: '1.0.0',
  per: 'address',
  schema,
  dependsOn: ['tcp-ports'],
  expected: ({ statement, state }) =>
    state === 'in-service' ? addressesOf(statement).map(({ sample, family }) => addressSubject(sample, family)) : [],
})
