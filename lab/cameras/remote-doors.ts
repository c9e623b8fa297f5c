import { createServer, type Server, type Socket } from 'node:net'
import { mqttPacket } from '../../suites/facts/mqtt-packet.ts'
import { identificationEnd, sshPacketLength } from '../../suites/facts/ssh-packet.ts'
import { telnetStream } from '../../suites/facts/telnet-stream.ts'

/** Remote services nobody declared, for the weaknesses that open them: enough of each for clients that others wrote. */

const FACTORY_USER = 'admin'
const FACTORY_PASSWORD = 'admin'
const MOST_HELD = 16 * 1024

type Hear = (received: Buffer, socket: Socket) => Buffer

/** A server that greets and hands what came to `hear`, which returns what it has not used yet. */
const serve = (greeting: Buffer | string, makeHear: () => Hear): Server =>
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
const SHELL_PROMPT = 'camera# '

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

function outputOf(command: string): string {
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

const RETAINED = { topic: 'camera/status', message: '{"model":"CR-1","state":"recording"}' }

/** An MQTT 3.1.1 broker that asks nobody who he is and tells what it holds (sections 3.1 to 3.9). */
export const makeAnonymousMqtt = (): Server =>
  serve('', () => (received, socket) => {
    let rest = received
    for (;;) {
      const packet = mqttPacket(rest)
      if (packet === 'bad') {
        socket.destroy()
        return Buffer.alloc(0)
      }
      if (packet === null || packet.length > rest.length) return rest
      rest = rest.subarray(packet.length)
      const id = [packet.body[0] ?? 0, packet.body[1] ?? 0]
      if (packet.type === 1) socket.write(Uint8Array.from([0x20, 2, 0, packet.body[6] === 4 ? 0 : 1]))
      else if (packet.type === 8) {
        socket.write(Uint8Array.from([0x90, 3, ...id, 0]))
        const topic = Buffer.from(RETAINED.topic, 'latin1')
        const content = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from(RETAINED.message, 'latin1')])
        socket.write(Buffer.concat([Buffer.from([0x31, content.length]), content]))
      } else if (packet.type === 12) socket.write(Uint8Array.from([0xd0, 0]))
      else if (packet.type === 14) socket.end()
    }
  })

const OLD_LISTS = [
  'diffie-hellman-group14-sha1,diffie-hellman-group1-sha1',
  'ssh-rsa,ssh-dss',
  'aes128-cbc,3des-cbc,arcfour',
  'aes128-cbc,3des-cbc,arcfour',
  'hmac-sha1,hmac-md5',
  'hmac-sha1,hmac-md5',
  'none',
  'none',
  '',
  '',
]

/** SSH up to its KEXINIT (RFC 4253 section 7.1) with algorithms of the nineties; it ends before a key is exchanged. */
export const makeOldSsh = (): Server =>
  serve(Buffer.concat([Buffer.from('SSH-2.0-camera_1.0\r\n', 'latin1'), oldKexInit()]), () => (received, socket) => {
    const hello = identificationEnd(received)
    const packet = hello === null ? null : sshPacketLength(received.subarray(hello))
    if (hello !== null && packet !== null && (packet === 'bad' || received.length >= hello + packet)) socket.end()
    return received
  })

function oldKexInit(): Buffer {
  const u32 = (n: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(n)
    return bytes
  }
  const lists = OLD_LISTS.map((names) => Buffer.concat([u32(names.length), Buffer.from(names, 'latin1')]))
  const payload = Buffer.concat([Buffer.from([20]), Buffer.alloc(16, 0x5a), ...lists, Buffer.alloc(5)])
  const padding = 8 - ((5 + payload.length) % 8) + 8
  return Buffer.concat([u32(1 + payload.length + padding), Buffer.from([padding]), payload, Buffer.alloc(padding)])
}
