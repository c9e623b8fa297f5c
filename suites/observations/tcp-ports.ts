import { Type } from '@sinclair/typebox'
import { defineKind } from '../observation.ts'
import { base64, int, list, micros, obj, oneOf, orNull, pair, port, text, type Static } from '../schema.ts'
import { addressesOf, addressSubject } from '../subject.ts'

/** Inclusive ranges of ports, ascending and disjoint. */
const ranges = () => list(pair(port(), port()))

/**
 * One sweep of ports 1-65535, or of some in a rehearsal. Every port is in exactly one of `open`, `refused`, `silent`, `errors`
 * and `voided`; one that is in none was not asked.
 */
export const sweepSchema = obj({
  startedAt: micros('since the epoch'),
  endedAt: micros('since the epoch'),
  /** Most half-open attempts at once. */
  inFlight: int(1),
  /** Longest wait for one answer. */
  timeoutMs: int(1),
  open: list(
    obj({
      port: port(),
      elapsed: micros(),
      greeting: orNull(
        base64('first bytes sent unasked, at most 256; empty: none came in time; null: not listened for'),
      ),
    }),
  ),
  /** A connection was refused: RST seen. */
  refused: ranges(),
  /** No answer to two tries. */
  silent: ranges(),
  /** Another answer of the network (EHOSTUNREACH) or a fault of the lab (EMFILE, …), in the words of the system. */
  errors: list(obj({ from: port(), to: port(), code: text() })),
  /** A port known to be open, asked again and again between the others. */
  canary: obj({ port: orNull(port()), asked: int(), missed: int() }),
  /** The canary was missed beside them, also when they were asked again: nothing is said of these ports. */
  voided: ranges(),
  /** Connections of the lab to itself, discarded (a loopback artefact). */
  selfConnects: int(),
  attempts: int(),
})
export type Sweep = Static<typeof sweepSchema>

const schema = obj({
  address: text(),
  family: oneOf('ipv4', 'ipv6'),
  sourceAddress: text(),
  /** Shortest time a connection took before the sweeps; null where nothing answered. */
  rtt: orNull(micros()),
  /** Ports that answered at this address before the device was there; they are not the device's. */
  baseline: orNull(obj({ at: micros(), ports: list(port()) })),
  sweeps: Type.Array(sweepSchema, { minItems: 2, maxItems: 2 }),
})
export type TcpPorts = Static<typeof schema>

/** Which TCP ports of one address accept a connection, seen twice. */
export const kind = defineKind({
  id: 'tcp-ports',
  version: '1.0.0',
  per: 'address',
  schema,
  dependsOn: [],
  expected: ({ statement }) => addressesOf(statement).map(({ sample, family }) => addressSubject(sample, family)),
})

/** Ports open in either sweep that were not there before the device, ascending. */
export function portsOpen({ sweeps, baseline }: TcpPorts): number[] {
  const ports = new Set(sweeps.flatMap((s) => s.open.map((o) => o.port)))
  for (const p of baseline?.ports ?? []) ports.delete(p)
  return [...ports].sort((a, b) => a - b)
}
