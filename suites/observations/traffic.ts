import { defineKind } from '../observation.ts'
import { int, list, micros, obj, oneOf, orNull, str, text, type Static } from '../schema.ts'
import { unitSubject } from '../subject.ts'

/** Beyond these a list is cut, and what was left out is counted. */
export const MOST_CONTACTS = 256
export const MOST_NAMES = 256
export const MOST_GROUPS = 64

/** Everything that went from one address of the device to one port of a peer, begun by the device. */
const contact = obj({
  /** `ip`: neither TCP nor UDP; the port is the number of the protocol. */
  transport: oneOf('tcp', 'udp', 'ip'),
  from: text('address of the device'),
  peer: text('address'),
  port: int(0, 65535),
  /** device: it sent the first packet. unseen: the conversation was there when it was first seen. */
  start: oneOf('device', 'unseen'),
  firstAt: micros('since the epoch'),
  lastAt: micros(),
  conversations: int(1),
  /** Sent by the device. */
  packets: int(),
  bytes: int(),
  /** Packets that came back. */
  answers: int(),
  /** The device's own ports, ascending; the first few. */
  ownPorts: list(int(0, 65535)),
  /** Names of the server that the device asked for in TLS (RFC 6066 section 3). */
  names: list(text()),
})
export type Contact = Static<typeof contact>

const canary = obj({
  family: oneOf('ipv4', 'ipv6'),
  when: oneOf('before', 'after'),
  /** Datagrams of the lab to the device, and how many of them the capture showed. */
  sent: int(),
  seen: int(),
})

const schema = obj({
  interface: text('of the lab'),
  /** What the bench lets the lab see: every packet of the device, or those for the lab and for everybody. */
  sees: oneOf('device', 'lab'),
  link: oneOf('loopback', 'network'),
  /** What is taken for the device, and for the lab. */
  device: list(text('address or MAC')),
  lab: list(text('address')),
  from: micros('the capture had begun'),
  until: micros('the last canary was seen or given up'),
  /** Observations of this state that had been made before: by a part of the run that was cut. */
  before: int(),
  /** The filter of the capture, in tcpdump's words. */
  filter: text(),
  contacts: list(contact),
  left: int(),
  /** Asked for in DNS, with the addresses that were the answer. */
  names: list(obj({ name: str(), resolver: text(), firstAt: micros(), times: int(1), addresses: list(text()) })),
  namesLeft: int(),
  /** Datagrams of the device to groups and to everybody. */
  groups: list(obj({ group: text(), port: int(0, 65535), packets: int(1) })),
  groupsLeft: int(),
  /** Other hosts that began conversations with the device or asked everybody something. */
  askedBy: list(text()),
  /** What was said without encryption, looked through for the passwords of the run, in any encoding the lab knows. */
  clear: obj({
    conversations: int(),
    /** Conversations over TLS or SSH, which were not looked into. */
    encrypted: int(),
    bytes: int(),
    /** After the first 256 KiB of one direction of a conversation. */
    skipped: int(),
    secrets: list(
      obj({
        /** Its name, cut where it is short; empty where it is very short. */
        secret: str(),
        /** As it was encoded. */
        length: int(1),
        by: oneOf('device', 'peer'),
        transport: oneOf('tcp', 'udp'),
        devicePort: int(0, 65535),
        peer: text('address'),
        port: int(0, 65535),
        at: micros('first'),
        times: int(1),
      }),
    ),
    left: int(),
  }),
  canaries: list(canary),
  /** Packets that came to the lab's reader: of the device, of others, and that it could not read. */
  packets: obj({ device: int(), others: int(), unread: int() }),
  /** What tcpdump says at its end; null where it did not. */
  counters: orNull(obj({ captured: int(), received: int(), dropped: int(), droppedByInterface: int() })),
})
export type Traffic = Static<typeof schema>

/** Whom a device talks to of its own accord, over the time of a state. */
export const kind = defineKind({
  id: 'traffic',
  version: '1.0.0',
  per: 'unit',
  schema,
  dependsOn: [],
  expected: ({ statement }) => statement.samples.map((s) => unitSubject(s.id)),
})
