import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import ssh2, { type ServerChannel, type Session } from 'ssh2'
import { outputOf, SHELL_PROMPT } from './remote-doors.ts'
import type { StateStore } from './state.ts'
import { passwordOf } from './users.ts'

/** SSH with algorithms of the nineties and nothing newer, for the weakness that opens it. */
const ALGORITHMS: ssh2.Algorithms = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1', 'hmac-md5'],
  compress: ['none'],
}

const makeKey = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey

/** Lets the users of the web interface in by password and by nothing else; the host key outlives a reboot. */
export function makeOldSsh(store: StateStore): () => Server {
  let key: string | null = null
  const isRight = (name: string, password: string): boolean =>
    !store.state.factoryFresh &&
    store.state.users.some((u) => u.name === name && passwordOf(u, store.state.passwordKey) === password)
  return () => {
    key ??= makeKey()
    const ssh = new ssh2.Server({ hostKeys: [key], ident: 'camera_1.0', algorithms: ALGORITHMS }, (client) => {
      client.on('error', () => undefined)
      client.on('authentication', (asked) =>
        asked.method === 'password' && isRight(asked.username, asked.password)
          ? asked.accept()
          : asked.reject(['password']),
      )
      client.on('session', (accept) => serveSession(accept()))
    })
    return createServer((socket) => {
      socket.setTimeout(30_000, () => socket.destroy())
      ssh.injectSocket(socket)
    })
  }
}

/** The shell of the other doors, for one command or line by line (RFC 4254 section 6.5). */
function serveSession(session: Session): void {
  session.on('pty', (accept) => accept?.())
  session.on('exec', (accept, _, { command }) => end(accept(), outputOf(command)))
  session.on('shell', (accept) => {
    const channel = accept()
    let held = ''
    channel.write(SHELL_PROMPT)
    channel.on('data', (data: Buffer) => {
      const lines = (held + data.toString('latin1')).split(/\r\n|[\r\n]/)
      held = (lines.pop() ?? '').slice(-1024)
      for (const line of lines) {
        if (line === 'exit') return end(channel, '')
        channel.write(`${outputOf(line)}${SHELL_PROMPT}`)
      }
    })
    channel.on('end', () => end(channel, ''))
  })
}

function end(channel: ServerChannel, output: string): void {
  if (output !== '') channel.write(output)
  channel.exit(0)
  channel.end()
}
