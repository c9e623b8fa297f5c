import { isMail } from '../../suites/facts/mail-commands.ts'
import type { MailCommand } from '../../suites/observations/tls-clients.ts'
import { SMTP_LOG_IN, smtpSession, type Hear } from './smtp.ts'
import type { ServerIdentity } from './server-certificates.ts'

/** Most commands kept of one connection, beside the first log-in or mail that comes later. */
const MOST_COMMANDS = 32
const MOST_CHARACTERS = 512

interface Side {
  from: string
  say: (reply: string) => void
  end: () => void
}

const keepIn = (list: MailCommand[]) => (said: string, reply: string) => {
  if (list.length < MOST_COMMANDS || (isMail(said) && !list.some((c) => isMail(c.said))))
    list.push({ said: said.slice(0, MOST_CHARACTERS), reply: reply.slice(0, MOST_CHARACTERS) })
}

/**
 * A mail server before TLS (RFC 3207 section 4): it takes neither a log-in nor a mail until TLS has begun. One that strips
 * TLS offers none, or refuses it when it is asked for (454), and takes everything.
 */
export function mailBeforeTls(
  side: Side,
  clear: MailCommand[],
  shows: ServerIdentity['shows'],
  beginTls: () => void,
): Hear {
  const strips = shows === 'tls-not-offered' || shows === 'tls-refused'
  return smtpSession({
    ...side,
    offers: [...(shows === 'tls-not-offered' ? [] : ['STARTTLS']), ...(strips ? [SMTP_LOG_IN] : [])],
    instead(word) {
      if (word === 'STARTTLS')
        return shows === 'tls-not-offered' ? null : strips ? '454 TLS not available' : '220 go ahead'
      return !strips && isMail(word) ? '530 Must issue a STARTTLS command first' : null
    },
    say(reply) {
      side.say(reply)
      if (reply.startsWith('220')) beginTls()
    },
    onMail: () => undefined,
    onCommand: keepIn(clear),
  })
}

/** The same server within TLS. What a client trusts it with begins with the log-in or the sender; `count` has all lines from there on. */
export function mailWithinTls(side: Side, count: (line: Uint8Array) => void): Hear {
  let isTrusted = false
  return smtpSession({
    ...side,
    offers: [SMTP_LOG_IN],
    onMail: () => undefined,
    onCommand(said) {
      isTrusted ||= isMail(said)
      if (isTrusted) count(Buffer.from(`${said}\r\n`, 'latin1'))
    },
  })
}
