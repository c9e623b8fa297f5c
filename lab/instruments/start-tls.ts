import { setTimeout as delay } from 'node:timers/promises'
import { ftpCode, goesAhead } from '../../suites/facts/ftp-reply.ts'
import type { Bench, Endpoint } from '../probe.ts'
import { openLine, type Chunk, type Line, type Opened } from './line.ts'

/** A refusal may be held back for seconds (tarpit), a greeting until a name was looked up in vain. */
const PATIENCE_MS = 15_000
const MOST_BYTES = 8192
/** Between tries where the server has no place for another client at the moment (RFC 959 section 4.2.2, code 421). */
const PAUSES_MS = [500, 2000]

/** Up to the end of one whole reply (RFC 959 section 4.2). */
export const ftpReply = (line: Line): Promise<Chunk> =>
  line.read((b) => (ftpCode(b) === null ? null : b.lastIndexOf(10) + 1), {
    milliseconds: PATIENCE_MS,
    maxBytes: MOST_BYTES,
  })

/** The reply to one command. */
export const askFtp = (line: Line, command: string): Promise<Chunk> => {
  line.write(Buffer.from(`${command.replace(/[\r\n]/g, '')}\r\n`, 'utf8'))
  return ftpReply(line)
}

/** The greeting, and the reply to AUTH TLS (RFC 4217 section 4); null where the greeting is none. */
export async function askAuthTls(line: Line): Promise<{ greeting: Chunk; reply: Chunk | null }> {
  const greeting = await ftpReply(line)
  return { greeting, reply: ftpCode(greeting.bytes) === 220 ? await askFtp(line, 'AUTH TLS') : null }
}

/** A line on which the ClientHello is due: at once, or once the protocol that comes first went ahead. */
export async function openForTls(bench: Bench, to: Endpoint, milliseconds: number): Promise<Opened> {
  for (let tries = 0; ; tries++) {
    const opened = await openLine(bench, { ...to, tls: false }, { milliseconds })
    if ('failure' in opened || !to.startTls) return opened
    const { greeting, reply } = await askAuthTls(opened.line)
    if (reply && goesAhead(reply.bytes)) return opened
    opened.line.close()
    const code = ftpCode((reply ?? greeting).bytes)
    const pause = PAUSES_MS[tries]
    if (code !== 421 || pause === undefined || bench.signal.aborted)
      return { failure: { code: 'closed', detail: `no TLS, reply ${code ?? 'none'}` } }
    await delay(pause)
  }
}
