import { connect as connectTcp, isIPv6, type Socket } from 'node:net'
import type { TlsClient } from '../../suites/statement.ts'
import type { Behaviour } from './behaviour.ts'
import type { TimeTarget } from './ntp-client.ts'
import type { Device } from './device.ts'
import { trusting } from './trusting.ts'

const PATIENCE_MILLISECONDS = 5_000
const MOST_REPLY_BYTES = 8_192
const HELLO = 'EHLO camera.example'
const MAIL = [
  'MAIL FROM:<camera@example.net>',
  'RCPT TO:<owner@example.net>',
  'DATA',
  'Subject: test\r\n\r\nA mail of the camera.\r\n.',
  'QUIT',
]

/**
 * A mail to the owner (RFC 5321), in the background. Nothing but EHLO and STARTTLS is said before the server has shown a
 * good certificate: where TLS does not begin, the mail is not sent (RFC 3207 section 6).
 */
export function sendTestMail({ options, store, behaviour }: Device): void {
  const target = store.state.mail
  if (!target) return
  const own = isIPv6(target.address) ? options.addresses.ipv6 : options.addresses.ipv4
  if (own !== null) void send(target, own, store.state.authority, behaviour).catch(() => undefined)
}

async function send(
  { address, port }: TimeTarget,
  localAddress: string,
  authority: string | null,
  { checksServer, mailNeedsTls }: Behaviour,
): Promise<void> {
  const socket = connectTcp({ host: address, port, localAddress })
  socket.unref()
  socket.setTimeout(PATIENCE_MILLISECONDS, () => socket.destroy())
  socket.on('error', () => undefined)
  try {
    await replyOf(socket)
    const offers = /^250[ -]STARTTLS/im.test(await asked(socket, HELLO))
    const begins = offers && (await asked(socket, 'STARTTLS')).startsWith('220')
    if (!begins && mailNeedsTls) return
    const line = begins ? await trusting(socket, address, authority, checksServer) : socket
    if (line && begins) await asked(line, HELLO)
    for (const command of line ? MAIL : []) if (!/^[23]/.test(await asked(line ?? socket, command))) return
  } finally {
    socket.destroy()
  }
}

function asked(socket: Socket, command: string): Promise<string> {
  const reply = replyOf(socket)
  socket.write(`${command}\r\n`)
  return reply
}

/** One whole reply: its last line has a space behind the code (RFC 5321 section 4.2.1). */
function replyOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const gone = () => reject(new Error('gone'))
    const hear = (bytes: Buffer): void => {
      text += bytes.toString('latin1')
      const isWhole = /^\d{3}(?: [^\n]*)?\r?\n$/m.test(text)
      if (!isWhole && text.length <= MOST_REPLY_BYTES) return
      socket.off('data', hear).off('close', gone)
      if (isWhole) resolve(text)
      else gone()
    }
    socket.on('data', hear).once('close', gone)
  })
}

/** What the maker states of it. */
export const declaredMail = (
  port: number,
  trust: NonNullable<TlsClient['trust']>,
  web: { service: string; account: string },
): TlsClient => {
  const set = (body: string) => ({
    ...web,
    method: 'PUT' as const,
    target: '/api/settings/mail',
    contentType: 'application/json',
    body,
    done: '"result":"setting changed"',
  })
  return {
    id: 'mail',
    protocol: 'smtp-starttls',
    port,
    trust,
    enable: set('{"address":"{{lab-address}}","port":{{lab-port}}}'),
    restore: set('{"address":null,"port":null}'),
    current: { ...web, target: '/api/settings/mail', pattern: '(\\{.*\\})' },
    trigger: { ...web, method: 'POST', target: '/api/mail', done: '"result":"mail on its way"' },
  }
}
