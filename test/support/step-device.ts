import { createHash, createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Statement } from '../../suites/statement.ts'
import { startPython } from './python.ts'
import { updateStatement } from './update-device.ts'

/** How a device of three steps (prepare, upload, install) behaves. */
export interface StepManners {
  /** Checks the signature of what it installs. */
  checks: boolean
  /** Steps that ask for no log-in. */
  open?: string[]
  /** Takes an upload from who did not prepare it. */
  ticketless?: boolean
  /** Says that it installs, and does not. */
  idle?: boolean
  /** Is never ready for an upload. */
  busy?: boolean
}

/** Another language, other libraries: it refuses with 200, and its names need escaping. */
const DEVICE = String.raw`
import base64, hashlib, hmac, json, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit, parse_qs
manners = json.loads(sys.argv[1])
LOGIN = 'Basic ' + base64.b64encode(b'admin:right-Pass-1').decode()
state = {'version': '1.0.0', 'ticket': None, 'count': 0, 'waiting': {}}
numbers = lambda version: [int(n) for n in version.split('.')]

def install(package):
    if package is None: return 'no such file'
    signed, signature = package[:-32], package[-32:]
    if manners['checks'] and not hmac.compare_digest(hmac.digest(b'vendor', signed, 'sha256'), signature): return 'bad signature'
    version = package[:8].decode('latin1').strip()
    if numbers(version) <= numbers(state['version']): return 'not newer'
    if not manners.get('idle'): threading.Timer(0.1, lambda: state.update(version=version)).start()
    return 'ok'

class Device(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def say(self, status, text, headers={}):
        body = text.encode()
        self.send_response(status)
        for name, value in {**headers, 'Content-Length': str(len(body))}.items(): self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    def answer(self):
        size = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(size)
        if len(body) < size: return self.close_connection
        url = urlsplit(self.path)
        step, asked = url.path.strip('/'), {k: v[0] for k, v in parse_qs(url.query).items()}
        if step not in manners.get('open', []) and self.headers.get('Authorization') != LOGIN:
            return self.say(401, 'who?', {'WWW-Authenticate': 'Basic realm="d"'})
        if step == 'version': return self.say(200, 'V' + state['version'])
        if step == 'prepare':
            if manners.get('busy'): return self.say(503, 'later')
            state['count'] += 1
            state['ticket'] = 't %d&x=/+' % state['count']
            return self.say(200, 'ready', {'X-Ticket': state['ticket']})
        if step == 'upload':
            if not manners.get('ticketless') and (state['ticket'] is None or asked.get('ticket') != state['ticket']): return self.say(409, 'no ticket')
            name = 'up+%d&a.bin' % state['count']
            state['waiting'] = {name: body}
            return self.say(200, json.dumps({'file': name}))
        if step == 'install': return self.say(200, json.dumps({'result': install(state['waiting'].pop(asked.get('file'), None))}))
        self.say(404, 'nothing')
    do_GET = do_POST = answer

server = ThreadingHTTPServer(('127.0.0.1', 0), Device)
print(server.server_address[1], flush=True)
server.serve_forever()
`

const packageOf = (version: string): Buffer => {
  const content = Buffer.concat(
    Array.from({ length: 64 }, (_, i) => createHash('sha256').update(`${version} ${i}`).digest()),
  )
  const signed = Buffer.concat([Buffer.from(version.padEnd(8)), content])
  return Buffer.concat([signed, createHmac('sha256', 'vendor').update(signed).digest()])
}

/** The device, its packages in `directory`, and its statement. */
export async function startStepDevice(
  directory: string,
  manners: StepManners,
): Promise<{ statement: Statement; stop(): Promise<void> }> {
  const { port, stop } = await startPython(DEVICE, JSON.stringify(manners))
  const written = (version: string) => {
    const file = join(directory, `${version}.bin`)
    writeFileSync(file, packageOf(version))
    return { file, version }
  }
  const web = { service: 'web', method: 'POST', account: 'owner' } as const
  const takesTicket = manners.ticketless ? {} : { takes: 'x-ticket: (.*)' }
  return {
    stop,
    statement: updateStatement(port, {
      upload: {
        ...web,
        before: [{ ...web, target: '/prepare', done: 'ready' }],
        target: manners.ticketless ? '/upload' : '/upload?ticket={{step}}',
        body: '{{package}}',
        ...takesTicket,
        after: [{ ...web, target: '/install?file={{step}}', takes: '"file": "([^"]+)"', done: '"result": "ok"' }],
      },
      format: 'opaque',
      layout: [
        { part: 'payload', offset: 8, bytes: 2048 },
        { part: 'signature', offset: -32, bytes: 32 },
      ],
      packages: { genuine: written('1.1.0'), older: written('0.9.0') },
    }),
  }
}
