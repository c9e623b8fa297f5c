import { createServer, type Server, type Socket } from 'node:net'

/** Services nobody declared, for the weaknesses that open them. They greet, ask, and let nobody in. */

const serve = (greeting: Buffer | string, answer: string): Server =>
  createServer((socket: Socket) => {
    socket.setTimeout(30_000, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.write(greeting)
    socket.on('data', () => {
      socket.write(answer)
    })
  })

/** IAC DO TERMINAL-TYPE, IAC WILL ECHO, IAC WILL SUPPRESS-GO-AHEAD (RFC 854), and a prompt without waiting. */
const TELNET_GREETING = Buffer.concat([
  Buffer.from([0xff, 0xfd, 0x18, 0xff, 0xfb, 0x01, 0xff, 0xfb, 0x03]),
  Buffer.from('\r\ncamera login: ', 'latin1'),
])

export const makeTelnetServer = (): Server => serve(TELNET_GREETING, '\r\nLogin incorrect\r\ncamera login: ')

export const makeDebugServer = (): Server => serve('debug> ', 'unknown command\r\ndebug> ')
