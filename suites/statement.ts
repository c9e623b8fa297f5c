import {
  bool,
  int,
  list,
  map,
  obj,
  oneOf,
  opt,
  orNull,
  port,
  sha256Hex,
  str,
  text,
  any,
  type Static,
} from './schema.ts'
import { browser } from './statement-browser.ts'
import { contact, portMapping, timeClient, tlsClient } from './statement-clients.ts'
import { action, id, reading, unitInterface } from './statement-parts.ts'
import { update } from './statement-updates.ts'

export type { BrowserElement, BrowserStep } from './statement-browser.ts'
export type { DeclaredContact, TimeClient, TlsClient } from './statement-clients.ts'
export { INTERFACE_TYPES } from './statement-parts.ts'
export type { Action, Reading } from './statement-parts.ts'
export type { OnlineUpdate, Update, UpdateFile, UpdatePackage, Upload, UploadStep } from './statement-updates.ts'

/** What the maker declares of the device, and how the lab may reach it. Secrets only by reference (rule 12). */

/** Where a secret is found at run time. Exactly one member. */
const secretRef = obj({
  env: opt(text('environment variable')),
  file: opt(text('file, relative to the statement; its first line')),
  prompt: opt(bool()),
  published: opt(text('a value the maker prints in its manual, no secret')),
})

/** A harmless setting that the lab may change and put back: `change` holds `{{value}}`, `current` reads what is set. */
const setting = obj({
  change: action,
  current: reading,
  /** What the lab sets; a random word where nothing is said, so that a record which names it can have no other cause. */
  value: opt(text()),
})

/**
 * How a person logs in at a web interface: by a form, or a call, whose answer gives a cookie (RFC 6265) or a token.
 * Cookies are sent back by themselves. Patterns run over the whole answer, headers included, as Latin-1.
 */
const session = obj({
  /** Fetched first; the first group of the pattern is {{page}} in the log-in (a token against forged requests). */
  page: opt(obj({ target: text(), pattern: text('regular expression with one group') })),
  /** {{user}}, {{password}}, {{password-base64}}, {{password-md5}}, {{password-sha-256}}, {{page}}. */
  logIn: obj({ method: oneOf('POST', 'GET', 'PUT'), target: text(), contentType: opt(text()), body: opt(str()) }),
  /** Where only the page itself can make that request. */
  browser: opt(browser),
  /** Found in the answer to the log-in; sent in a header (`value` holds {{token}}, else it is the token alone) or as a parameter of the query. */
  token: opt(
    obj({
      pattern: text('regular expression with one group'),
      header: opt(text()),
      value: opt(text()),
      query: opt(text()),
    }),
  ),
  /** A session that nothing is asked in for so long has ended. */
  idleSeconds: opt(int(1, 86400)),
  /**
   * How a new token is had without the password: by another one, found in the answer to the log-in by the pattern and sent
   * as {{refresh}} in the body, or by a cookie where there is no pattern.
   */
  refresh: opt(
    obj({
      pattern: opt(text('regular expression with one group')),
      method: oneOf('POST', 'GET', 'PUT'),
      target: text(),
      contentType: opt(text()),
      body: opt(str('with {{refresh}}, {{token}}')),
    }),
  ),
  /** Ends the session: many devices keep few. Left out where the device has no such request. */
  logOut: opt(
    obj({
      method: oneOf('POST', 'GET', 'DELETE'),
      target: text(),
      contentType: opt(text()),
      body: opt(str('with {{refresh}}, {{token}}')),
    }),
  ),
  /** Targets, exact, that ask for Basic or Digest instead. */
  challenged: opt(list(text())),
  /** Where given, only these targets, exact, are asked for in a session, and every other one by Basic or Digest. */
  targets: opt(list(text())),
})

const service = obj({
  id: id(),
  transport: oneOf('tcp', 'udp'),
  port: port(),
  protocol: oneOf(
    'http',
    'https',
    'rtsp',
    'rtsps',
    'ssh',
    'telnet',
    'ftp',
    'mqtt',
    'mqtts',
    'snmp',
    'dns-sd',
    'ssdp',
    'ws-discovery',
    'ntp',
    'dhcp',
    'other',
  ),
  families: list(oneOf('ipv4', 'ipv6')),
  purpose: text('why the device offers it'),
  when: opt(text('condition under which it is open, where it is not always, e.g. during an RTSP session')),
  /** ONVIF is spoken here: where, how a client may log in, and an account that may ask for everything. */
  onvif: opt(
    obj({
      target: text('request target of the device service'),
      authentication: list(oneOf('digest', 'username-token')),
      account: id(),
    }),
  ),
  /** Whoever logs in here does so by this; absent where the device asks for Basic or Digest. */
  session: opt(session),
})

const account = obj({
  id: id(),
  user: text(),
  password: secretRef,
  role: oneOf('administrator', 'operator', 'viewer', 'service'),
  /** An account the lab may lock. */
  spare: opt(bool()),
})

/** One way to log in, and a request that only succeeds when logged in. */
const login = obj({
  id: id(),
  service: id(),
  account: id(),
  /** Protected target: HTTP request target or RTSP path. */
  target: text(),
  method: opt(oneOf('GET', 'POST', 'DESCRIBE')),
})

const resource = obj({
  service: id(),
  target: text(),
  access: oneOf('protected', 'public'),
  holds: oneOf('snapshot', 'stream', 'page', 'settings', 'file', 'identity'),
  /** Given to accounts of this role only; to every account where nothing is said. */
  role: opt(oneOf('administrator')),
})

const bruteForce = obj({
  login: id(),
  protection: oneOf('lock', 'delay', 'none'),
  /** Wrong passwords in a row after which the right one is refused as well. */
  failures: opt(int(1, 1000)),
  /** Failures that are older are not counted any more. */
  windowSeconds: opt(int(1, 86400)),
  lockSeconds: opt(int(1, 86400)),
  scope: opt(oneOf('account', 'address', 'account-and-address')),
  /** Attacked instead of the log-in's own account. */
  spare: opt(id()),
})

const logChannel = obj({
  id: id(),
  protocol: oneOf('syslog-udp', 'syslog-tcp', 'syslog-tls'),
  /** Port of the lab's receiver. */
  port: port(),
  /** Points the device at the receiver; absent where it already is. */
  enable: opt(action),
  /** Puts the setting back. */
  restore: opt(action),
  /** Switches the sending off. */
  disable: opt(action),
  /** What reads the present setting, for the undo. */
  current: opt(reading),
})

/** `what` it reads. Where nothing is said, it may be any mark by which the unit is known again. */
const identityReading = obj({ ...reading.properties, what: opt(oneOf('serial', 'mac', 'firmware', 'other')) })

const sample = obj({
  id: text('a, b, …'),
  serial: text(),
  /** State on arrival at the bench. */
  arrives: oneOf('factory-fresh', 'in-service'),
  addresses: obj({ ipv4: orNull(text()), ipv6: orNull(text()) }),
  macs: list(text()),
  chosenBy: opt(text()),
  received: opt(obj({ on: text('ISO 8601 date'), how: text(), condition: text() })),
  custody: opt(list(text())),
  returned: opt(text('ISO 8601 date')),
})

export const statementSchema = obj(
  {
    camseal: oneOf('statement/1'),
    dut: obj({
      maker: obj({ name: text(), address: opt(text()), country: opt(text()), contact: opt(text()) }),
      brand: opt(text()),
      model: text(),
      hardware: text(),
      firmware: obj({
        version: text(),
        sha256: opt(sha256Hex()),
        link: oneOf('flashed-by-lab', 'dumped', 'version-string-only'),
        source: opt(text()),
      }),
    }),
    client: opt(obj({ name: text(), address: opt(text()), contact: opt(text()) })),
    samples: list(sample),
    /** Every interface of the unit, present or not. */
    interfaces: list(unitInterface),
    services: list(service),
    accounts: list(account),
    /** What lists every account of the unit: the first group of each match of the pattern is a user name. */
    accountList: opt(reading),
    logins: list(login),
    resources: list(resource),
    bruteForce: list(bruteForce),
    logging: obj({
      channels: list(logChannel),
      /** The device's own log, read over its interface. `clear` empties it, `export` gives all of it to be kept. */
      api: opt(obj({ read: action, clear: opt(action), export: opt(action) })),
      note: opt(text()),
    }),
    /** Every connection that the device makes over TLS; an empty list says that it makes none. */
    tlsClients: opt(list(tlsClient)),
    /** Every source that the device takes its time from over the network; an empty list says that there is none. */
    time: opt(list(timeClient)),
    /** Every other peer that the device talks to of its own accord; an empty list says that there is none. */
    contacts: opt(list(contact)),
    /** Every port that the device asks its gateway to open to the Internet; where there is no list, it asks for none. */
    portMappings: opt(list(portMapping)),
    updates: list(update),
    /** What reads the identity of the unit without changing it. */
    identity: opt(list(identityReading)),
    actions: obj({
      /** First-use set-up: sets the administrator's password to {{new-password}}. */
      initialise: opt(action),
      changePassword: opt(action),
      reset: opt(action),
      reboot: opt(action),
      /** Makes the account {{user}} with {{new-password}} and the fewest rights. */
      addAccount: opt(action),
      /** Removes the account {{user}}. */
      removeAccount: opt(action),
      setting: opt(setting),
      /** A setting of the clock, such as its time zone. */
      time: opt(setting),
      /** Sets the clock by hand to {{time}} (ISO 8601 in UTC) or {{time-seconds}} (since 1970); `current` reads it, with its zone. `restore` lets it take its time as before, where `set` ends that. */
      clock: opt(obj({ set: action, current: reading, restore: opt(action) })),
    }),
    budgets: opt(obj({ connections: opt(int(1, 10000)), attemptsPerSecond: opt(int(1, 100000)) })),
    /** Ports of the device that may be used as source or for media without being services (RTP, DHCP, ephemeral). */
    clientPorts: opt(list(obj({ transport: oneOf('tcp', 'udp'), first: port(), last: port(), purpose: text() }))),
    /** `destructive` allows tier D: lock-outs, updates, resets. */
    permit: oneOf('ordinary', 'destructive'),
    /** A justified *not applicable*, by criterion. */
    notApplicable: opt(list(obj({ criterion: text(), reason: text() }))),
    ics: opt(map(any())),
    ixit: opt(map(any())),
  },
  'Camseal statement: DUT identity, declared services and access',
)

export type Statement = Static<typeof statementSchema>
export type Service = Static<typeof service>
export type Session = Static<typeof session>
export type Interface = Static<typeof unitInterface>
export type Account = Static<typeof account>
export type Login = Static<typeof login>
export type Resource = Static<typeof resource>
export type BruteForce = Static<typeof bruteForce>
export type LogChannel = Static<typeof logChannel>
export type Sample = Static<typeof sample>
export type Setting = Static<typeof setting>
export type SecretRef = Static<typeof secretRef>
export type Family = 'ipv4' | 'ipv6'

export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6']
