import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Session } from '../../suites/statement.ts'

/**
 * A camera whose page logs in by script only: it asks for a token, sends a digest of token and password (never the
 * password), keeps the session in a cookie and follows to the settings by itself.
 */
export interface ScriptCamera {
  port: number
  /** Method, path and the port at the lab's side of every request, in order. */
  seen: { method: string; target: string; from: number }[]
  /** Most connections that were open at once. */
  most(): number
  stop(): Promise<void>
}

export const SCRIPT_SESSION: Session = {
  logIn: { method: 'POST', target: '/api/login' },
  browser: {
    logIn: [
      { goto: '/' },
      { expect: { role: 'button', name: 'Đăng nhập' } },
      { fill: { label: 'User name', value: '{{user}}' } },
      { fill: { label: 'Password', value: '{{password}}' } },
      { click: { role: 'button', name: 'Đăng nhập' } },
    ],
  },
  logOut: { method: 'POST', target: '/api/logout' },
}

const PAGE = `<!doctype html><html><head><meta charset="utf-8"><title>Camera</title><script src="/static/log-in.js"></script></head>
<body><h1>Camera</h1><form id="f"><label>User name <input name="u" required></label>
<label>Password <input name="p" type="password" required></label><button>Đăng nhập</button></form><p id="says"></p></body></html>`

const SCRIPT = `const hex = async (text) => {
  const bytes = new TextEncoder().encode(text)
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((b) => b.toString(16).padStart(2, '0')).join('')
}
addEventListener('DOMContentLoaded', () => {
  document.getElementById('f').addEventListener('submit', async (event) => {
    event.preventDefault()
    const form = new FormData(event.target)
    const { token } = await (await fetch('/api/token', { method: 'POST' })).json()
    const proof = await hex(token + ':' + (await hex(form.get('p'))))
    const answer = await fetch('/api/login', {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: form.get('u'), token, proof }),
    })
    const said = await answer.json()
    document.getElementById('says').textContent = said.message
    if (said.ok) location.href = '/settings'
  })
})
`

const sha = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

export async function scriptCamera(
  address: string,
  port: number,
  users: Record<string, string>,
  tls?: { key: string; cert: string },
): Promise<ScriptCamera> {
  const tokens = new Set<string>()
  const sessions = new Set<string>()
  const seen: ScriptCamera['seen'] = []
  const open = new Set<Socket>()
  let most = 0
  const json = (response: ServerResponse, value: unknown): void =>
    void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))
  const isIn = (request: IncomingMessage): boolean =>
    [...sessions].some((id) => (request.headers.cookie ?? '').split('; ').includes(`sid=${id}`))

  function answer(request: IncomingMessage, body: string, response: ServerResponse): unknown {
    const target = request.url ?? ''
    if (target === '/') return response.setHeader('Content-Type', 'text/html').end(PAGE)
    if (target === '/static/log-in.js') return response.setHeader('Content-Type', 'text/javascript').end(SCRIPT)
    if (target === '/api/token') {
      const token = randomBytes(8).toString('hex')
      tokens.add(token)
      return json(response, { token })
    }
    if (target === '/api/login') {
      const given = JSON.parse(body) as { user: string; token: string; proof: string }
      const password = users[given.user]
      const wanted = Buffer.from(sha(`${given.token}:${sha(password ?? randomBytes(8).toString('hex'))}`))
      const isRight =
        tokens.delete(given.token) && given.proof.length === 64 && timingSafeEqual(wanted, Buffer.from(given.proof))
      if (!isRight) return json(response, { ok: false, message: 'User name or password is wrong' })
      const id = randomBytes(12).toString('hex')
      sessions.add(id)
      response.setHeader('Set-Cookie', `sid=${id}; HttpOnly; SameSite=Strict; Path=/`)
      return json(response, { ok: true, message: `Welcome ${given.user}` })
    }
    if (target === '/api/logout') {
      for (const id of sessions) if (request.headers.cookie?.includes(id)) sessions.delete(id)
      return json(response, { ok: true })
    }
    if (!isIn(request)) return response.writeHead(302, { Location: '/' }).end()
    return response
      .setHeader('Content-Type', 'text/html')
      .end('<html><h1>Settings of the camera</h1><p>Model S-1, serial S1-0001, version 1.0</p></html>')
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('utf8')))
    request.on('end', () => {
      seen.push({ method: request.method ?? '', target: request.url ?? '', from: request.socket.remotePort ?? 0 })
      answer(request, body, response)
    })
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    most = Math.max(most, open.size)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((done) => server.listen(port, address, done))
  const at = server.address()
  return {
    port: typeof at === 'object' && at ? at.port : port,
    seen,
    most: () => most,
    stop: () =>
      new Promise<void>((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
