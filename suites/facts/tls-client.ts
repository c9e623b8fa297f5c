import { STRIPPERS, type TlsClients, type TlsConnection, type TlsServer } from '../observations/tls-clients.ts'
import type { Exchange } from '../observations/exchange.ts'
import { fromBase64 } from './bytes.ts'
import { addressKey } from './log-words.ts'
import { isMail, offersStartTls } from './mail-commands.ts'
import { HANDSHAKE } from './tls-records.ts'
import { certificateOf } from './x509.ts'

/**
 * How one connection of the device ended. sent: it sent data of the application. refused: it ended the connection, by an
 * alert or without one, and sent none. kept: it ended the handshake and kept silent. in-clear: it does not speak TLS;
 * of mail: it logged in or sent something without it.
 * unclear: the handshake failed, or was still going on at the end, and the device did not say why.
 */
export type ClientOutcome = 'sent' | 'kept' | 'in-clear' | 'refused' | 'unclear'

/** Null where nothing was asked of the server: a port that was only looked at. */
export function outcomeOf(connection: TlsConnection, shows: TlsServer['shows']): ClientOutcome | null {
  const { first, clear = [], handshake, alert, failure, bytes, end } = connection
  if (bytes > 0) return 'sent'
  if (clear.some((c) => isMail(c.said))) return 'in-clear'
  if (handshake === 'incomplete' && first === '') {
    if (clear.length === 0) return null
    return metNoTls(shows, connection) && end !== 'lab' ? 'refused' : 'unclear'
  }
  if (handshake === 'incomplete' && fromBase64(first)[0] !== HANDSHAKE) return 'in-clear'
  if (alert !== '') return 'refused'
  if (failure !== null && failure.code !== 'reset' && failure.code !== 'closed') return 'unclear'
  if (end !== 'lab') return 'refused'
  return handshake === 'complete' ? 'kept' : 'unclear'
}

/** Whether a mail client was told that there is no TLS: EHLO was answered without it, or STARTTLS by a refusal. */
const metNoTls = (shows: TlsServer['shows'], { clear = [] }: TlsConnection): boolean =>
  shows === 'tls-not-offered'
    ? clear.some((c) => /^EHLO\b/i.test(c.said) && c.reply.startsWith('250') && !offersStartTls(c.reply))
    : shows === 'tls-refused' && clear.some((c) => /^STARTTLS\b/i.test(c.said) && c.reply.startsWith('454'))

/** From what weighs most: data that was sent once is sent, whatever other connections did. */
const WEIGHT: readonly ClientOutcome[] = ['sent', 'in-clear', 'kept', 'refused', 'unclear']

/** How the device took a server, and the connections that show it; null where it did not come. */
export function takenBy(
  server: TlsServer,
  addresses: readonly string[],
): { outcome: ClientOutcome; connections: number[] } | null {
  const own = new Set(addresses.map(addressKey))
  const outcomes = server.connections.map((c) => (own.has(addressKey(c.from)) ? outcomeOf(c, server.shows) : null))
  const outcome = WEIGHT.find((w) => outcomes.includes(w))
  return outcome ? { outcome, connections: outcomes.flatMap((o, i) => (o === outcome ? [i] : [])) } : null
}

/** From the last request to come that a server's data followed, how long the data took; 0 where nothing was asked. */
export function answerTime({ asked, connections }: TlsServer, enable: Exchange | null): number {
  const dataAt = Math.min(...connections.flatMap((c) => c.dataAt ?? []))
  const asks = [...asked, ...(enable ? [enable] : [])].map((e) => e.at).filter((at) => at <= dataAt)
  return asks.length === 0 ? 0 : dataAt - Math.max(...asks)
}

/** How long a server was watched after the last request to come. */
export const watchedFor = ({ asked, from, until }: TlsServer): number =>
  until - Math.max(from, ...asked.map((e) => e.at))

/** The certificates are what the server says they are: else it tested something else. */
export function showsWhatItSays(server: TlsServer, value: TlsClients): boolean {
  if (isStripper(server.shows)) return server.chain.length === 0 && server.connections.every(isWithoutTls)
  const [own, issuer] = server.chain.map((c) => certificateOf(fromBase64(c)))
  if (!own || own.notBefore === null || own.notAfter === null) return false
  const from = Math.floor(server.from / 1_000_000)
  const until = Math.floor(server.until / 1_000_000)
  const wanted = [value.address, ...(value.serverName === null ? [] : [value.serverName])].map(nameKey)
  const holds = {
    trusted: server.chain[1] === value.authority.certificate && issuer?.subject === own.issuer,
    named: own.names.map(nameKey).some((n) => wanted.includes(n)),
    current: own.notBefore <= from && until <= own.notAfter,
  }
  const { shows } = server
  return (
    holds.trusted === (shows !== 'self-signed' && shows !== 'unknown-ca') &&
    holds.named === (shows !== 'wrong-name') &&
    holds.current === (shows !== 'expired' && shows !== 'not-yet-valid') &&
    own.selfIssued === (shows === 'self-signed') &&
    (shows !== 'expired' || own.notAfter < from) &&
    (shows !== 'not-yet-valid' || own.notBefore > until)
  )
}

const isStripper = (shows: TlsServer['shows']): boolean => STRIPPERS.some((s) => s === shows)

const isWithoutTls = ({ handshake, bytes, clear = [] }: TlsConnection): boolean =>
  handshake === 'incomplete' && bytes === 0 && clear.every((c) => !c.reply.startsWith('220'))

/** The same text for every spelling of a name or address; IPv6 as in a certificate, without colons. */
function nameKey(name: string): string {
  const address = addressKey(name)
  if (address?.includes(':'))
    return address
      .split(':')
      .map((g) => g.padStart(4, '0'))
      .join('')
  return address ?? name.toLowerCase()
}
