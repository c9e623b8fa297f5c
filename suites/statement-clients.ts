import { int, obj, oneOf, opt, port, text, type Static } from './schema.ts'
import { action, id, reading } from './statement-parts.ts'

/** smtp-starttls: TLS begins within the conversation (RFC 3207); smtps: before it (RFC 8314 section 3.3). */
export const TLS_CLIENT_PROTOCOLS = ['syslog-tls', 'mqtts', 'https', 'smtps', 'smtp-starttls'] as const

/**
 * A connection that the device itself makes over TLS, and how the lab takes the place of its server. The lab signs with
 * the declared authority, else with one of its own, which `trust` gives the device.
 */
export const tlsClient = obj({
  id: id(),
  protocol: oneOf(...TLS_CLIENT_PROTOCOLS),
  /** Port of the lab's server. */
  port: port(),
  /** Name that the device looks for in the certificate; the address it was given where nothing is said. */
  serverName: opt(text()),
  /** Gives the device the certificate of an authority, `{{ca-certificate}}` in PEM, and takes it away again. */
  trust: opt(obj({ install: action, remove: action })),
  /** An authority that the device trusts as it is: PEM files, relative to the statement. */
  authority: opt(obj({ certificate: text('file'), key: text('file') })),
  /** Points the device at the lab's server; absent where it already is. */
  enable: opt(action),
  /** Puts the setting back. */
  restore: opt(action),
  current: opt(reading),
  /** Makes the device connect and send something; absent where `enable` does, or where it does so by itself. */
  trigger: opt(action),
  /** Longest time until the device tries again after a refusal; 30 where nothing is said. */
  retrySeconds: opt(int(1, 600)),
})

export type TlsClient = Static<typeof tlsClient>

/** A source of time that the device asks by itself, and how the lab takes the place of its server. */
export const timeClient = obj({
  id: id(),
  protocol: oneOf('ntp'),
  /** Port of the lab's server: 123 unless the device can be told another. */
  port: port(),
  /** Points the device at the lab's server; absent where it already is. */
  enable: opt(action),
  /** Puts the setting back. */
  restore: opt(action),
  current: opt(reading),
  /** Makes the device ask for the time now; absent where `enable` does, or where it asks by itself. */
  trigger: opt(action),
  /** What the device's clock says: ISO 8601, as in HTTP headers, or seconds or milliseconds since 1970. */
  clock: reading,
  /** Longest time until the device asks again; 30 where nothing is said. */
  pollSeconds: opt(int(1, 3600)),
})

export type TimeClient = Static<typeof timeClient>

/**
 * Whom the device talks to of its own accord, beside its log channels, TLS clients and sources of time: a resolver, an update
 * server, a relay of the maker.
 */
export const contact = obj({
  id: id(),
  transport: oneOf('tcp', 'udp'),
  /** Of the peer. */
  port: port(),
  /** A name, `*.name` for all below it, or an address; whoever is set, where nothing is said. */
  host: opt(text()),
  purpose: text('why the device talks to it'),
  when: opt(text('condition, where it does not always')),
})

export type DeclaredContact = Static<typeof contact>

/** A port of the device that it asks its gateway to open to the Internet (UPnP IGD, NAT-PMP, PCP). */
export const portMapping = obj({
  id: id(),
  transport: oneOf('tcp', 'udp'),
  /** Of the device. */
  port: port(),
  /** At the gateway; whichever the device asks for, where nothing is said. */
  external: opt(port()),
  purpose: text('why it is open to the Internet'),
  when: opt(text('condition, where it is not always asked for')),
})
