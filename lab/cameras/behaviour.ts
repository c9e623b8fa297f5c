import { FACTORY_VERSION } from './firmware.ts'
import type { LogEvent } from './log.ts'
import type { LockRule } from './options.ts'
import type { WeakHandshake } from './weak-tls.ts'

/** Interfaces by which a user can log in. */
export type LoginInterface = 'https' | 'http' | 'rtsp' | 'onvif' | 'ssh'

/** Everything a weakness may change. The conforming camera is `CONFORMING`. */
export interface Behaviour {
  /** What runs when the unit is new. */
  factoryVersion: string
  /** The serial number that the unit tells instead of its own. */
  foreignSerial: string | null
  /** An administrator that nobody declares. */
  hiddenAccount: string | null
  /** A wireless interface is there and in use. */
  hasWireless: boolean
  /** An undeclared telnet server on every IPv4 address. */
  telnetPort: number | null
  /** An undeclared telnet server that takes the factory password. */
  factoryTelnetPort: number | null
  /** An undeclared telnet server that opens once a stream was watched or an update installed. */
  lateTelnetPort: number | null
  /** An undeclared FTP server that lets anonymous users in. */
  anonymousFtpPort: number | null
  /** An undeclared MQTT broker that asks for no log-in. */
  anonymousMqttPort: number | null
  /** An undeclared VNC server that asks for no log-in. */
  openScreenPort: number | null
  /** An undeclared SSH server that offers old algorithms only and takes the passwords of the web interface. */
  oldSshPort: number | null
  /** An undeclared debug port on IPv6 only. */
  ipv6DebugPort: number | null
  /** An undeclared SNMP agent on IPv4 that answers the community `public`. */
  snmpAgent: boolean
  /** An undeclared SSDP responder on IPv4. */
  ssdpResponder: boolean
  /** It tells a relay that nobody declared that it is there, again and again. */
  callsRelay: boolean
  /** It asks a gateway to open its web port to the Internet whenever it starts. */
  mapsWebPort: boolean
  /** The declared redirect from plain HTTP is not there. */
  redirectListens: boolean
  /** Takes plain HTTP at all, where it has a port for it. */
  plainHttp: boolean
  rtspOverTls: boolean
  /** Sends media within the connection of RTSP where a client asks for it; else in datagrams only. */
  interleaves: boolean
  /** Every web answer names the firmware and the serial number in its `Server` header. */
  bannerNamesUnit: boolean
  /** The certificate names the serial number. */
  certificateNamesUnit: boolean
  /** So does the host name, which ONVIF tells everybody. */
  hostnameNamesUnit: boolean
  /** Where `admin`/`admin` works in service, whatever password was set. */
  factoryPasswordWorks: readonly LoginInterface[]
  /** And only from addresses of this family; from all where nothing is said. */
  factoryPasswordFrom: 'ipv6' | null
  /** Before the first set-up nothing else works; else `admin`/`admin` opens everything. */
  setUpFirst: boolean
  passwordRules: boolean
  /** Viewers may do whatever administrators may. */
  viewersMayAll: boolean
  /** The web log-in says that a user does not exist. */
  tellsUsers: boolean
  /** A refusal has status 200 and a page that says no. */
  refusesWith200: boolean
  anonymousSnapshot: boolean
  /** An address that ends like that of a style sheet asks for no log-in, and what comes after the page's own is dropped. */
  skipsLogInForStyles: boolean
  anonymousStreams: boolean
  /** Streams ask for the log-in at SETUP and PLAY, not at DESCRIBE alone. */
  setUpNeedsLogIn: boolean
  /** An undeclared RTSP path that asks for no log-in. */
  hiddenStream: string | null
  /** ONVIF operations that ask for no log-in although their access class does. */
  openOperations: readonly string[]
  /** A username token is good once, and while it is young. */
  checksTokenFreshness: boolean
  /** ONVIF gives the address of the snapshot without TLS. */
  plainSnapshotAddress: boolean
  /** ONVIF takes username tokens beside Digest. */
  takesTokens: boolean
  /** ONVIF over plain HTTP too, and a username token may hold the password itself. */
  clearOnvif: boolean
  /** Digest may be answered with MD5 beside SHA-256. */
  takesMd5: boolean
  /** Where a password is also asked for and taken as Basic. */
  basicOver: readonly LoginInterface[]
  /** Where only MD5 without qop is asked for, as before RFC 2617. */
  oldDigestOver: readonly LoginInterface[]
  /** `same`: one nonce for everybody and for ever. `replayable`: neither bound to a connection nor counted. */
  nonces: 'counted' | 'same' | 'replayable'
  /** Of the cookie that names a session, beside its path (RFC 6265 section 4.1.2). */
  sessionCookieAttributes: readonly string[]
  sessionIdentifiers: 'random' | 'counted'
  /** The camera itself forgets a session at its log-out, not the browser alone. */
  logOutEndsSession: boolean
  /** A log-in goes on with the identifier that the client brought. */
  adoptsIdentifiers: boolean
  /** A session in which nothing is asked comes to its end. */
  idleEndsSession: boolean
  /** A new password ends what its user began with the old one. */
  newPasswordEndsSessions: boolean
  /** Where failed log-ins are counted and locked accounts refused. */
  locksOver: readonly LoginInterface[]
  /** Failures are counted, and log-ins refused, by account and address together. */
  locksByAddress: boolean
  /** Failures are counted by the address that the request names in X-Forwarded-For. */
  believesForwarded: boolean
  lockRefusesRightPassword: boolean
  /** What of the declared lock is otherwise in truth. */
  lockInTruth: Partial<LockRule>
  tlsMinVersion: 'TLSv1' | 'TLSv1.2'
  /** OpenSSL cipher list. */
  tlsCiphers: string
  /** An RSA certificate beside the P-256 one; key transport without forward secrecy needs it. */
  rsaCertificate: boolean
  /** An RSA certificate of 1024 bits and no other. */
  shortKey: boolean
  /** OpenSSL list of key exchange groups. */
  tlsGroups: string
  weakHandshake: WeakHandshake | null
  /** A page for technicians over plain HTTP instead of the redirect. */
  servicePage: boolean
  /** The web API over plain HTTP instead of the redirect. */
  apiOverHttp: boolean
  logsFailedLogins: boolean
  sendsSyslog: boolean
  /** What is looked at in the certificate of a log server. */
  checksServer: { authority: boolean; name: boolean; dates: boolean }
  /** A mail waits where its server begins no TLS. */
  mailNeedsTls: boolean
  /** An answer of a time server belongs to the request that it quotes. */
  checksTimeOrigin: boolean
  /** Events that leave no record. */
  unlogged: readonly LogEvent[]
  logsSource: boolean
  /** New passwords stand in the records, in Base64. */
  logsPasswords: boolean
  encodesLogValues: boolean
  keepsLogOverReboot: boolean
  viewersClearLog: boolean
  updateChecksContent: boolean
  updateChecksMissingSignature: boolean
  updateRefusesOlder: boolean
  /** A refused package leaves it running. */
  survivesRefusedUpdates: boolean
  updateRefusesTruncated: boolean
  /** An upload that breaks off is written as far as it came. */
  updateWritesUnfinished: boolean
  updateChecksModel: boolean
  /** A package is verified with the key that it brings itself. */
  updateTrustsOwnSigner: boolean
  updateNeedsLogin: boolean
  /** What came from the update server is checked as an upload is. */
  updateChecksDownloads: boolean
  updateKeepsSettings: boolean
  logsRefusedUpdates: boolean
  logsInstalledUpdates: boolean
}

/** Forward secrecy and authenticated encryption only (RFC 9325 section 4.2). */
const STRONG_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
].join(':')

export const CONFORMING: Behaviour = {
  factoryVersion: FACTORY_VERSION,
  foreignSerial: null,
  hiddenAccount: null,
  hasWireless: false,
  telnetPort: null,
  factoryTelnetPort: null,
  lateTelnetPort: null,
  anonymousFtpPort: null,
  anonymousMqttPort: null,
  openScreenPort: null,
  oldSshPort: null,
  ipv6DebugPort: null,
  snmpAgent: false,
  ssdpResponder: false,
  callsRelay: false,
  mapsWebPort: false,
  redirectListens: true,
  plainHttp: true,
  rtspOverTls: false,
  interleaves: true,
  bannerNamesUnit: false,
  certificateNamesUnit: false,
  hostnameNamesUnit: false,
  factoryPasswordWorks: [],
  factoryPasswordFrom: null,
  setUpFirst: true,
  passwordRules: true,
  viewersMayAll: false,
  tellsUsers: false,
  refusesWith200: false,
  anonymousSnapshot: false,
  skipsLogInForStyles: false,
  anonymousStreams: false,
  setUpNeedsLogIn: true,
  hiddenStream: null,
  openOperations: [],
  checksTokenFreshness: true,
  plainSnapshotAddress: false,
  takesTokens: true,
  clearOnvif: false,
  takesMd5: true,
  basicOver: [],
  oldDigestOver: [],
  nonces: 'counted',
  sessionCookieAttributes: ['Secure', 'HttpOnly', 'SameSite=Strict'],
  sessionIdentifiers: 'random',
  logOutEndsSession: true,
  adoptsIdentifiers: false,
  idleEndsSession: true,
  newPasswordEndsSessions: true,
  locksOver: ['https', 'http', 'rtsp', 'onvif', 'ssh'],
  locksByAddress: false,
  believesForwarded: false,
  lockRefusesRightPassword: true,
  lockInTruth: {},
  tlsMinVersion: 'TLSv1.2',
  tlsCiphers: STRONG_CIPHERS,
  rsaCertificate: false,
  shortKey: false,
  tlsGroups: 'X25519:P-256:P-384',
  weakHandshake: null,
  servicePage: false,
  apiOverHttp: false,
  logsFailedLogins: true,
  sendsSyslog: true,
  checksServer: { authority: true, name: true, dates: true },
  mailNeedsTls: true,
  checksTimeOrigin: true,
  unlogged: [],
  logsSource: true,
  logsPasswords: false,
  encodesLogValues: true,
  keepsLogOverReboot: true,
  viewersClearLog: false,
  updateChecksContent: true,
  updateChecksMissingSignature: true,
  updateRefusesOlder: true,
  survivesRefusedUpdates: true,
  updateRefusesTruncated: true,
  updateWritesUnfinished: false,
  updateChecksModel: true,
  updateTrustsOwnSigner: false,
  updateNeedsLogin: true,
  updateChecksDownloads: true,
  updateKeepsSettings: true,
  logsRefusedUpdates: true,
  logsInstalledUpdates: true,
}
