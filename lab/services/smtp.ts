import { createServer, isIPv6, type Socket } from 'node:net'
import type { Failure } from '../../suites/observations/exchange.ts'
import { failureOf } from '../instruments/line.ts'

/** A mail as it came, or the beginning of it. Passwords of a log-in are taken and not kept. */
export interface Mail {
  from: string
  helo: string
  /** User name that somebody logged in with; null where nobody did. */
  user: string | null
  sender: string
  recipients: string[]
  bytes: number
  head: Uint8Array
}

export interface SmtpOptions {
  /** Of the lab; nothing else is bound. */
  address: string
  port: number
  onMail: (mail: Mail) => void
}

/** One side of a conversation in SMTP; the other is heard. */
export interface SmtpSide {
  from: string
  /** Offered to EHLO beside size and 8 bits. */
  offers: readonly string[]
  /** Takes the place of the usual reply to a command. */
  instead?: (word: string) => string | null
  say: (reply: string) => void
  end: () => void
  onMail: (mail: Mail) => void
  /** Every command with its reply; what a log-in consists of is masked. Mails are not shown. */
  onCommand?: (command: string, reply: string) => void
}

/** Takes what came, in pieces of any size. */
export type Hear = (bytes: Buffer) => void

export const SMTP_GREETING = '220 lab ESMTP'
export const SMTP_LOG_IN = 'AUTH PLAIN LOGIN'

const MOST_CONNECTIONS = 16
const MOST_LINE_BYTES = 4_096
const MOST_RECIPIENTS = 100
const MOST_MAIL_BYTES = 32 * 1024 * 1024
const KEPT_BYTES = 64 * 1024
const SILENCE_MILLISECONDS = 60_000

/** Takes mail from anybody and delivers none (RFC 5321, with AUTH of RFC 4954, which any password satisfies). */
export function startSmtp(
  options: SmtpOptions,
): Promise<{ port: number; close(): Promise<void> } | { failure: Failure }> {
  const { address, port, onMail } = options
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    socket.setTimeout(SILENCE_MILLISECONDS, () => socket.destroy())
    const from = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
    const say = (reply: string): void => {
      if (!socket.destroyed) socket.write(`${reply}\r\n`)
      if (reply.startsWith('221')) socket.end()
    }
    say(SMTP_GREETING)
    socket.on('data', smtpSession({ from, offers: [SMTP_LOG_IN], say, end: () => void socket.destroy(), onMail }))
  })
  server.maxConnections = MOST_CONNECTIONS
  return new Promise((resolve) => {
    server.once('error', (e) => resolve({ failure: failureOf(e) }))
    server.listen({ host: address, port, exclusive: true, ipv6Only: isIPv6(address) }, () => {
      server.removeAllListeners('error').on('error', () => undefined)
      const bound = server.address()
      resolve({
        port: typeof bound === 'object' && bound ? bound.port : port,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of open) socket.destroy()
          }),
      })
    })
  })
}

type Envelope = Pick<Mail, 'sender' | 'recipients'>

/** One connection, line by line; a line that is too long ends it. */
export function smtpSession({ from, offers, instead, say, end, onMail, onCommand }: SmtpSide): Hear {
  let isOver = false
  const stop = (): void => {
    isOver = true
    end()
  }
  let [helo, user]: [string, string | null] = ['', null]
  let envelope: Envelope | null = null
  /** Steps of a log-in that are still to come. */
  let logIn: ((line: string) => string)[] = []
  let data: { kept: Buffer[]; bytes: number } | null = null
  let held = Buffer.alloc(0)

  const command = (line: string): string => {
    const next = logIn.shift()
    if (next) return next(line)
    const [word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line)?.slice(1) ?? []
    const other = instead?.(word.toUpperCase())
    if (other) return other
    switch (word.toUpperCase()) {
      case 'EHLO':
        helo = rest.slice(0, 255)
        return manyLines(['lab', `SIZE ${MOST_MAIL_BYTES}`, '8BITMIME', ...offers])
      case 'HELO':
        helo = rest.slice(0, 255)
        return '250 lab'
      case 'AUTH':
        return authenticate(rest)
      case 'MAIL':
        envelope = { sender: pathIn(rest), recipients: [] }
        return '250 ok'
      case 'RCPT':
        if (!envelope) return '503 MAIL first'
        if (envelope.recipients.length >= MOST_RECIPIENTS) return '452 too many recipients'
        envelope.recipients.push(pathIn(rest))
        return '250 ok'
      case 'DATA':
        if (!envelope || envelope.recipients.length === 0) return '503 RCPT first'
        data = { kept: [], bytes: 0 }
        return '354 end with a line that holds a dot'
      case 'RSET':
        envelope = null
        return '250 ok'
      case 'NOOP':
        return '250 ok'
      case 'QUIT':
        return '221 bye'
      default:
        return '502 not known here'
    }
  }
  const authenticate = (rest: string): string => {
    const [method = '', initial] = rest.split(' ')
    const done = '235 ok'
    const plain = (text: string): string => {
      user = decoded(text).split('\0')[1]?.slice(0, 255) ?? ''
      return done
    }
    const named = (text: string): string => {
      user = decoded(text).slice(0, 255)
      logIn = [() => done]
      return '334 UGFzc3dvcmQ6'
    }
    if (method.toUpperCase() === 'PLAIN') {
      if (initial !== undefined) return plain(initial)
      logIn = [plain]
      return '334 '
    }
    if (method.toUpperCase() !== 'LOGIN') return '504 PLAIN or LOGIN'
    if (initial !== undefined) return named(initial)
    logIn = [named]
    return '334 VXNlcm5hbWU6'
  }
  /** A line of a mail; a dot alone ends it, and a dot more at a beginning is taken off (RFC 5321 section 4.5.2). */
  const content = (line: Buffer): string | null => {
    if (!data || !envelope) return null
    if (line.equals(Buffer.from('.'))) {
      const head = Buffer.concat(data.kept).subarray(0, KEPT_BYTES)
      onMail({ from, helo, user, ...envelope, bytes: data.bytes, head: new Uint8Array(head) })
      data = envelope = null
      return '250 taken'
    }
    const own = Buffer.concat([line[0] === 0x2e ? line.subarray(1) : line, Buffer.from('\r\n')])
    if (data.bytes < KEPT_BYTES) data.kept.push(own)
    data.bytes += own.length
    if (data.bytes <= MOST_MAIL_BYTES) return null
    stop()
    return null
  }

  return (bytes) => {
    if (isOver) return
    held = Buffer.concat([held, bytes])
    for (let at = held.indexOf(10); at >= 0 && !isOver; at = held.indexOf(10)) {
      const line = held.subarray(0, held[at - 1] === 13 ? at - 1 : at)
      held = held.subarray(at + 1)
      const isContent = data !== null
      const isLogIn = logIn.length > 0
      const text = line.toString('latin1')
      const answer = isContent ? content(line) : command(text)
      if (answer === null) continue
      if (!isContent) onCommand?.(isLogIn ? '*'.repeat(text.length) : masked(text), answer)
      say(answer)
      // What follows a farewell is not read; nor, as SMTP, what follows the consent to TLS (RFC 3207 section 4.2).
      if (/^22[01] /.test(answer)) isOver = true
    }
    if (held.length > MOST_LINE_BYTES) stop()
  }
}

/** A log-in may bring its password in the same line (RFC 4954 section 4), or before it is asked for: what is no command is hidden, too. */
function masked(line: string): string {
  const [shown = ''] =
    /^\s*(?:(?:EHLO|HELO|MAIL|RCPT|DATA|RSET|NOOP|QUIT|STARTTLS|VRFY|HELP)\b.*|AUTH\b(?:\s+[\w-]{1,20}(?=\s|$))?)/is.exec(
      line,
    ) ?? []
  return shown + '*'.repeat(line.length - shown.length)
}

/** RFC 5321 section 4.2.1. */
const manyLines = (texts: string[]): string =>
  texts.map((text, i) => `250${i === texts.length - 1 ? ' ' : '-'}${text}`).join('\r\n')

/** The address between angle brackets. */
const pathIn = (text: string): string => (/<([^>]*)>/.exec(text)?.[1] ?? text).slice(0, 320)

const decoded = (text: string): string => Buffer.from(text, 'base64').toString('latin1')
