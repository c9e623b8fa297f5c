import type { LogEvent } from './log.ts'

/** Interfaces by which a user can log in. */
export type LoginInterface = 'https' | 'http' | 'rtsp'

/** Everything a weakness may change. The conforming camera is `CONFORMING`. */
export interface Behaviour {
  /** An undeclared telnet server on every IPv4 address. */
  telnetPort: number | null
  /** An undeclared debug port on IPv6 only. */
  ipv6DebugPort: number | null
  /** Where `admin`/`admin` works in service, whatever password was set. */
  factoryPasswordWorks: readonly LoginInterface[]
  anonymousSnapshot: boolean
  anonymousStreams: boolean
  /** An undeclared RTSP path that asks for no log-in. */
  hiddenStream: string | null
  locksAccounts: boolean
  lockRefusesRightPassword: boolean
  tlsMinVersion: 'TLSv1' | 'TLSv1.2'
  /** OpenSSL cipher list. */
  tlsCiphers: string
  /** An RSA certificate beside the P-256 one; key transport without forward secrecy needs it. */
  rsaCertificate: boolean
  /** The web API over plain HTTP instead of the redirect. */
  apiOverHttp: boolean
  logsFailedLogins: boolean
  sendsSyslog: boolean
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
  telnetPort: null,
  ipv6DebugPort: null,
  factoryPasswordWorks: [],
  anonymousSnapshot: false,
  anonymousStreams: false,
  hiddenStream: null,
  locksAccounts: true,
  lockRefusesRightPassword: true,
  tlsMinVersion: 'TLSv1.2',
  tlsCiphers: STRONG_CIPHERS,
  rsaCertificate: false,
  apiOverHttp: false,
  logsFailedLogins: true,
  sendsSyslog: true,
  unlogged: [],
  logsSource: true,
  logsPasswords: false,
  encodesLogValues: true,
  keepsLogOverReboot: true,
  viewersClearLog: false,
  updateChecksContent: true,
  updateChecksMissingSignature: true,
  updateRefusesOlder: true,
}
