import type { Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { Behaviour } from './behaviour.ts'

const OUT_OF_DATE = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']

/**
 * TLS on an open connection to a server: by the trusted authority, for the address that was dialled, today (RFC 5280
 * section 6, RFC 9525). Null, and the connection ended, where the certificate is not good.
 */
export function trusting(
  socket: Socket,
  address: string,
  authority: string | null,
  checks: Behaviour['checksServer'],
): Promise<TLSSocket | null> {
  const secure = connect({
    socket,
    host: address,
    minVersion: 'TLSv1.2',
    // None but the owner's: the authorities of the web vouch for no server of his.
    ca: authority ?? [],
    rejectUnauthorized: false,
    ...(checks.name ? {} : { checkServerIdentity: () => undefined }),
  })
  secure.on('error', () => undefined)
  return new Promise((resolve) => {
    secure.once('close', () => resolve(null))
    secure.once('secureConnect', () => {
      const fault = String(secure.authorizationError ?? '')
      const isGood = fault === '' || !checks.authority || (!checks.dates && OUT_OF_DATE.includes(fault))
      if (isGood) resolve(secure)
      else secure.destroy()
    })
  })
}
