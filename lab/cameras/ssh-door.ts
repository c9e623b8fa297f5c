import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import ssh2, { type ServerChannel, type Session } from 'ssh2'
import type { Gate } from './auth.ts'
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

/** What current clients ask for first. */
const STRONG: ssh2.Algorithms = {
  kex: ['curve25519-sha256', 'ecdh-sha2-nistp256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com'],
  hmac: ['hmac-sha2-256-etm@openssh.com'],
  compress: ['none'],
}

const makeOldKey = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey

type IsRight = (name: string, password: string, source: string) => boolean

/** Lets users in by password and by nothing else; the host key outlives a reboot. */
function makeSsh(algorithms: ssh2.Algorithms, newKey: () => string, isRight: IsRight): () => Server {
  let key: string | null = null
  return () => {
    key ??= newKey()
    const ssh = new ssh2.Server({ hostKeys: [key], ident: 'camera_1.0', algorithms }, (client, { ip }) => {
      client.on('error', () => undefined)
      client.on('authentication', (asked) =>
        asked.method === 'password' && isRight(asked.username, asked.password, ip)
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

/** The users of the web interface, and no lock. */
export const makeOldSsh = (store: StateStore): (() => Server) =>
  makeSsh(
    ALGORITHMS,
    makeOldKey,
    (name, password) =>
      !store.state.factoryFresh &&
      store.state.users.some((u) => u.name === name && passwordOf(u, store.state.passwordKey) === password),
  )

/** The declared door: the users of the web interface by the gate that all interfaces share, once the set-up is done. */
export const makeDeclaredSsh = (store: StateStore, gate: Gate): (() => Server) =>
  makeSsh(
    STRONG,
    () => ssh2.utils.generateKeyPairSync('ed25519').private,
    (name, password, source) =>
      !store.state.factoryFresh && gate.logInByPassword({ interface: 'ssh', source }, name, password).granted,
  )

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
