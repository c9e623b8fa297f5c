import { connect, type DetailedPeerCertificate } from 'node:tls'
import type { Failure } from '../../suites/observations/exchange.ts'
import type { TlsPeer } from '../../suites/observations/tls-handshakes.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { failureOf } from './line.ts'
import { openForTls } from './start-tls.ts'

const MOST_CERTIFICATES = 16

/**
 * Ends one TLS 1.3 handshake and takes the certificates down: they are encrypted for everybody else (RFC 8446
 * section 4.4.2). Every check of the library is off, so that a weak certificate is seen and not refused here.
 */
export async function meetPeer(
  bench: Bench,
  to: Endpoint,
  options: { milliseconds: number; signatures: string | null },
): Promise<TlsPeer> {
  const at = bench.now()
  const peer: TlsPeer = { at, elapsed: 0, signatures: options.signatures, suite: '', chain: [], failure: null }
  const opened = await openForTls(bench, to, options.milliseconds)
  if ('failure' in opened) return { ...peer, elapsed: bench.now() - at, failure: opened.failure }
  const socket = connect({
    socket: opened.line.give(),
    ...(options.signatures ? { sigalgs: options.signatures } : {}),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    ciphers: 'DEFAULT:@SECLEVEL=0',
    ecdhCurve: 'auto',
  })
  peer.failure = await new Promise<TlsPeer['failure']>((resolve) => {
    const timer = setTimeout(
      () => resolve({ code: 'timeout', detail: `no handshake after ${options.milliseconds} ms` }),
      options.milliseconds,
    )
    const abort = () => resolve({ code: 'lab', detail: 'cancelled' })
    if (bench.signal.aborted) abort()
    bench.signal.addEventListener('abort', abort, { once: true })
    socket.once('secureConnect', () => resolve(null))
    socket.once('error', (e) => resolve(endedOf(e)))
    socket.once('close', () => {
      clearTimeout(timer)
      bench.signal.removeEventListener('abort', abort)
      resolve({ code: 'reset', detail: 'gone before the handshake ended' })
    })
  })
  if (peer.failure === null) {
    peer.suite = socket.getCipher().standardName
    peer.chain = chainOf(socket.getPeerCertificate(true))
  }
  socket.on('error', () => undefined)
  socket.destroy()
  return { ...peer, elapsed: bench.now() - at }
}

/** Node calls an orderly close within the handshake a reset, too; only the words differ. */
const endedOf = (e: NodeJS.ErrnoException): Failure =>
  e.message.startsWith('Client network socket disconnected') ? { code: 'closed', detail: 'FIN' } : failureOf(e)

/** From the server's own certificate to the last one sent; a self-signed one is its own issuer. */
function chainOf(first: DetailedPeerCertificate): string[] {
  const chain: string[] = []
  let one: DetailedPeerCertificate | undefined = first
  while (one?.raw instanceof Uint8Array && chain.length < MOST_CERTIFICATES) {
    const text = one.raw.toString('base64')
    if (chain.includes(text)) break
    chain.push(text)
    one = one.issuerCertificate
  }
  return chain
}
