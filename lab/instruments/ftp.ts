import { ftpCode } from '../../suites/facts/ftp-reply.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { openLine, type Chunk, type Line } from './line.ts'
import { attempt, type TryRemote } from './remote-attempt.ts'

/** A refusal may be held back for seconds (tarpit). */
const PATIENCE_MS = 15_000
const MOST_BYTES = 8192

/** Up to the end of one whole reply (RFC 959 section 4.2). */
const reply = (line: Line): Promise<Chunk> =>
  line.read((b) => (ftpCode(b) === null ? null : b.lastIndexOf(10) + 1), {
    milliseconds: PATIENCE_MS,
    maxBytes: MOST_BYTES,
  })

const ask = (line: Line, command: string): Promise<Chunk> => {
  line.write(Buffer.from(`${command.replace(/[\r\n]/g, '')}\r\n`, 'utf8'))
  return reply(line)
}

/** What anonymous users say (RFC 1635 section 3.2). */
export const ANONYMOUS: Credential = {
  user: 'anonymous',
  password: 'guest@example.org',
  secret: 'guest@example.org',
  published: true,
}

/** One FTP log-in (RFC 959 section 5.4). */
export const tryFtp: TryRemote = (bench: Bench, to: Endpoint, credential: Credential | null) =>
  attempt(bench, to, credential, async (line, recording) => {
    const { user, password } = credential ?? ANONYMOUS
    const greeting = await reply(line)
    recording.step('nothing', greeting)
    if (ftpCode(greeting.bytes) !== 220) return
    const asked = await ask(line, `USER ${user}`)
    recording.step('user', asked)
    if (ftpCode(asked.bytes) === 331) recording.step('password', await ask(line, `PASS ${password}`))
    line.write(Buffer.from('QUIT\r\n', 'latin1'))
  })

/** The answer to AUTH TLS (RFC 4217 section 4); empty where none came. */
export async function askAuthTls(bench: Bench, to: Endpoint): Promise<Uint8Array> {
  const opened = await openLine(bench, to, { milliseconds: 10_000 })
  if ('failure' in opened) return new Uint8Array()
  const { line } = opened
  const greeting = await reply(line)
  const answer = ftpCode(greeting.bytes) === 220 ? (await ask(line, 'AUTH TLS')).bytes : new Uint8Array()
  line.close()
  return bench.redact(answer)
}
