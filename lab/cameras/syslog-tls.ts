import { connect } from 'node:net'
import type { Behaviour } from './behaviour.ts'
import type { SyslogTarget } from './options.ts'
import { trusting } from './trusting.ts'

const PATIENCE_MILLISECONDS = 5_000

/** One record on a connection of its own (RFC 5425, octet counting), once the certificate of the server was found good. */
export async function sendOverTls(
  { address, port }: SyslogTarget,
  localAddress: string,
  message: Buffer,
  authority: string | null,
  checks: Behaviour['checksServer'],
): Promise<void> {
  const socket = connect({ host: address, port, localAddress })
  socket.unref()
  socket.setTimeout(PATIENCE_MILLISECONDS, () => socket.destroy())
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const secure = await trusting(socket, address, authority, checks)
  secure?.resume()
  secure?.end(Buffer.concat([Buffer.from(`${message.length} `), message]))
  await closed
}
