import { connect } from 'node:tls'
import type { Behaviour } from './behaviour.ts'
import type { SyslogTarget } from './options.ts'

const PATIENCE_MILLISECONDS = 5_000
const OUT_OF_DATE = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']

/**
 * One record on a connection of its own (RFC 5425, octet counting). Nothing is sent before the certificate of the server
 * has been found good: by the trusted authority, for the address that was dialled, today (RFC 5280 section 6, RFC 9525).
 */
export function sendOverTls(
  { address, port }: SyslogTarget,
  localAddress: string,
  message: Buffer,
  authority: string | null,
  checks: Behaviour['checksServer'],
): Promise<void> {
  const line = { host: address, port, localAddress }
  const socket = connect({
    ...line,
    minVersion: 'TLSv1.2',
    // None but the owner's: the authorities of the web vouch for no log server.
    ca: authority ?? [],
    rejectUnauthorized: false,
    ...(checks.name ? {} : { checkServerIdentity: () => undefined }),
  })
  socket.unref()
  socket.setTimeout(PATIENCE_MILLISECONDS, () => socket.destroy())
  socket.once('secureConnect', () => {
    const fault = String(socket.authorizationError ?? '')
    const isGood = fault === '' || !checks.authority || (!checks.dates && OUT_OF_DATE.includes(fault))
    if (isGood) socket.end(Buffer.concat([Buffer.from(`${message.length} `), message]))
    else socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.resume()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
