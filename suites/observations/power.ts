import { bool, int, list, micros, obj, oneOf, orNull, text, type Static } from '../schema.ts'

/**
 * A switch port as the switch tells: pethPsePortAdminEnable and pethPsePortDetectionStatus (RFC 3621), ifOperStatus
 * (RFC 2863). Null where the switch has no such object.
 */
export const portSchema = obj({
  enabled: orNull(bool()),
  detection: orNull(oneOf('disabled', 'searching', 'deliveringPower', 'fault', 'test', 'otherFault')),
  link: orNull(oneOf('up', 'down', 'other')),
})
export type PortState = Static<typeof portSchema>

/** What is seen of a device, and of the lab's way to it, below and beside its services. */
export const lookSchema = obj({
  at: micros(),
  /** Whether any declared TCP door took a connection, from each lab address. */
  doors: list(obj({ source: text(), open: bool() })),
  /** Null where the bench names no switch port, or the switch did not answer. */
  port: orNull(portSchema),
  /** ARP or neighbour discovery (RFC 826, RFC 4861) after a fresh question; `unknown` on loopback and behind a router. */
  neighbour: obj({ state: oneOf('answers', 'silent', 'unknown'), mac: orNull(text()) }),
  /** Whether the other samples of the statement answered at the same time. */
  twins: list(obj({ sample: text(), answers: bool() })),
})
export type Look = Static<typeof lookSchema>

/** Power off and on. */
export const powerCycleSchema = obj({
  by: oneOf('poe', 'command', 'operator'),
  at: micros(),
  /** Once it was said to be off: whether every declared TCP door was closed, and the port. */
  off: obj({ closed: bool(), port: orNull(portSchema) }),
  /** Whether switching on was carried out; the port at the end of the wait. */
  on: obj({ switched: bool(), port: orNull(portSchema) }),
  /** A declared TCP door took a connection again. */
  cameBack: bool(),
  /** From switching on to the first open door, or to the end of the wait. */
  seconds: int(),
})
export type PowerCycle = Static<typeof powerCycleSchema>
