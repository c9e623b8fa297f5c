import { createServer, type Server, type Socket } from 'node:net'
import { telnetStream } from '../../suites/facts/telnet-stream.ts'

/** Remote services nobody declared, for the weaknesses that open them: enough of each for clients that others wrote. */

const FACTORY_USER = 'admin'
const FACTORY_PASSWORD = 'admin'
const MOST_HELD = 16 * 1024

/** Takes what came and returns what it has not used yet. */
type Hear = (received: Buffer, socket: Socket) => Buffer

/** A server that greets and hands what came to `hear`. */
export const serve = (greeting: Buffer | string, makeHear: () => Hear): Server =>
  createServer((socket) => {
    const hear = makeHear()
    let held: Buffer = Buffer.alloc(0)
    socket.setTimeout(30_000, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    if (greeting.length > 0) socket.write(greeting)
    socket.on('data', (data: Buffer) => {
      held = hear(Buffer.concat([held, data]), socket)
      if (held.length > MOST_HELD) socket.destroy()
    })
  })

/** Calls `line` for each whole line. */
const byLines =
  (line: (text: string, socket: Socket) => void): Hear =>
  (received, socket) => {
    let rest = received
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const { text } = telnetStream(rest.subarray(0, end))
      rest = rest.subarray(end + 1)
      line(text.replace(/\r$/, ''), socket)
    }
    return rest
  }

/** IAC WILL ECHO, IAC WILL SUPPRESS-GO-AHEAD (RFC 857, 858). */
const TELNET_OPTIONS = Buffer.from([0xff, 0xfb, 0x01, 0xff, 0xfb, 0x03])
export const SHELL_PROMPT = 'camera# '

/** Telnet with the factory password, and behind it a shell that knows `echo` with a product, `id` and `exit`. */
export const makeFactoryTelnet = (): Server =>
  serve(Buffer.concat([TELNET_OPTIONS, Buffer.from('\r\ncamera login: ', 'latin1')]), () => {
    let asks: 'user' | 'password' | 'command' = 'user'
    let user = ''
    return byLines((text, socket) => {
      if (asks === 'user') {
        user = text
        asks = 'password'
        socket.write(`${text}\r\nPassword: `)
      } else if (asks === 'password') {
        const isRight = user === FACTORY_USER && text === FACTORY_PASSWORD
        asks = isRight ? 'command' : 'user'
        socket.write(isRight ? `\r\n${SHELL_PROMPT}` : '\r\nLogin incorrect\r\ncamera login: ')
      } else if (text === 'exit') socket.end('\r\n')
      else socket.write(`${text}\r\n${outputOf(text)}${SHELL_PROMPT}`)
    })
  })

/** What the shell behind every door answers. */
export function outputOf(command: string): string {
  const product = /^echo \$\(\(([0-9]{1,6})\*([0-9]{1,6})\)\)$/.exec(command)
  if (product) return `${Number(product[1]) * Number(product[2])}\r\n`
  return command === 'id' ? 'uid=0(root) gid=0(root)\r\n' : `sh: ${command}: not found\r\n`
}

/** FTP that lets `anonymous` in (RFC 1635). */
export const makeAnonymousFtp = (): Server =>
  serve('220 camera FTP server ready\r\n', () => {
    let user = ''
    let isIn = false
    return byLines((text, socket) => {
      const [verb = '', ...rest] = text.split(' ')
      const reply = (words: string) => socket.write(`${words}\r\n`)
      if (/^USER$/i.test(verb)) {
        user = rest.join(' ')
        reply('331 Password please')
      } else if (/^PASS$/i.test(verb)) {
        isIn = /^(anonymous|ftp)$/i.test(user)
        reply(isIn ? '230 Logged in' : '530 Login incorrect')
      } else if (/^PWD$/i.test(verb)) reply(isIn ? '257 "/" is the current directory' : '530 Not logged in')
      else if (/^SYST$/i.test(verb)) reply('215 UNIX Type: L8')
      else if (/^QUIT$/i.test(verb)) socket.end('221 Goodbye\r\n')
      else reply('502 Not implemented')
    })
  })
