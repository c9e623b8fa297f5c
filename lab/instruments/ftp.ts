import { ftpCode, goesAhead } from '../../suites/facts/ftp-reply.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { openLine, secureLine, type Line } from './line.ts'
import { attempt, type Recording, type TryRemote } from './remote-attempt.ts'
import { askAuthTls, askFtp, ftpReply } from './start-tls.ts'

const HANDSHAKE_MS = 10_000

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
    const greeting = await ftpReply(line)
    recording.step('nothing', greeting)
    if (ftpCode(greeting.bytes) === 220) await logIn(line, recording, credential)
  })

/** The same over TLS (RFC 4217 section 4). */
export const tryFtpOverTls: TryRemote = (bench: Bench, to: Endpoint, credential: Credential | null) =>
  attempt(bench, to, credential, async (line, recording) => {
    const { greeting, reply } = await askAuthTls(line)
    recording.step('nothing', greeting)
    if (!reply) return
    recording.step('auth-tls', reply)
    if (!goesAhead(reply.bytes)) return
    const secured = await secureLine(bench, line, HANDSHAKE_MS)
    if ('failure' in secured) return recording.failed(secured.failure)
    await logIn(secured.line, recording, credential)
    secured.line.close()
  })

/** The user name alone, without TLS: whether a password would be asked for. None is sent. */
export const nameFtpUser = (bench: Bench, to: Endpoint, credential: Credential) =>
  attempt(bench, to, credential, async (line, recording) => {
    const greeting = await ftpReply(line)
    recording.step('nothing', greeting)
    if (ftpCode(greeting.bytes) === 220) recording.step('user', await askFtp(line, `USER ${credential.user}`))
    line.write(QUIT)
  })

const QUIT = Buffer.from('QUIT\r\n', 'latin1')

async function logIn(line: Line, recording: Recording, credential: Credential | null): Promise<void> {
  const { user, password } = credential ?? ANONYMOUS
  const asked = await askFtp(line, `USER ${user}`)
  recording.step('user', asked)
  if (ftpCode(asked.bytes) === 331) recording.step('password', await askFtp(line, `PASS ${password}`))
  line.write(QUIT)
}

/** The answer to AUTH TLS (RFC 4217 section 4); empty where none came. */
export async function offerOfTls(bench: Bench, to: Endpoint): Promise<Uint8Array> {
  const opened = await openLine(bench, to, { milliseconds: 10_000 })
  if ('failure' in opened) return new Uint8Array()
  const { reply } = await askAuthTls(opened.line)
  opened.line.close()
  return bench.redact(reply?.bytes ?? new Uint8Array())
}
