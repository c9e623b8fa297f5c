import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Statement } from '../../suites/statement.ts'
import { emptyStatement } from './bench.ts'
import { startPython } from './python.ts'

/** A device that fetches a package and, as a file of its own, the package's signature, which `openssl dgst` checks. */
export interface SignatureManners {
  /** Fetches the signature before the package, and without one no package. */
  first?: boolean
  /** What it takes for a reason to install without any check. */
  waves?: 'missing' | 'empty'
}

const DEVICE = String.raw`
import json, subprocess, sys, threading, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
directory, origin, manners = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
state = {'version': '1.0.0'}
numbers = lambda version: [int(n) for n in version.split('.')]

def fetch(name):
    try: return urllib.request.urlopen(origin + name, timeout=5).read()
    except urllib.error.HTTPError: return None

def is_signed(package, signature):
    if signature is None: return manners.get('waves') == 'missing'
    if signature == b'' and manners.get('waves') == 'empty': return True
    for name, content in (('fetched', package), ('fetched.sig', signature)): open(directory + '/' + name, 'wb').write(content)
    return subprocess.run(['openssl', 'dgst', '-sha256', '-verify', directory + '/public.pem', '-signature',
        directory + '/fetched.sig', directory + '/fetched'], capture_output=True).returncode == 0

def look():
    version = json.loads(fetch('/latest.json'))['version']
    if numbers(version) <= numbers(state['version']): return
    if manners.get('first'):
        signature = fetch('/fw.bin.sig')
        package = fetch('/fw.bin') if signature else None
    else:
        package = fetch('/fw.bin')
        signature = fetch('/fw.bin.sig')
    if package and is_signed(package, signature): state['version'] = version

class Device(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def answer(self):
        if self.path == '/look': threading.Thread(target=look).start()
        body = ('V' + state['version']).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer

server = ThreadingHTTPServer(('127.0.0.1', 0), Device)
print(server.server_address[1], flush=True)
server.serve_forever()
`

/** The device with its packages and signatures in `directory`; the lab's server is to be on `updatePort`. */
export async function startSignatureDevice(
  directory: string,
  updatePort: number,
  manners: SignatureManners,
): Promise<{ statement: Statement; stop(): Promise<void> }> {
  const path = (name: string) => join(directory, name)
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync('openssl', args)
    if (status !== 0) throw new Error(stderr.toString())
  }
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path('private.pem'))
  openssl('pkey', '-in', path('private.pem'), '-pubout', '-out', path('public.pem'))
  const written = (version: string) => {
    const file = path(`${version}.bin`)
    const blocks = Array.from({ length: 64 }, (_, i) => createHash('sha256').update(`${version} ${i}`).digest())
    writeFileSync(file, Buffer.concat(blocks))
    openssl('dgst', '-sha256', '-sign', path('private.pem'), '-out', `${file}.sig`, file)
    return { file, version }
  }
  const packages = { genuine: written('1.1.0'), older: written('0.9.0') }
  const { port, stop } = await startPython(DEVICE, directory, `http://127.0.0.1:${updatePort}`, JSON.stringify(manners))
  return {
    stop,
    statement: emptyStatement({
      services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
      updates: [
        {
          id: 'u',
          online: {
            protocol: 'http',
            port: updatePort,
            trigger: { service: 'web', method: 'POST', target: '/look' },
            files: [
              { target: '/latest.json', body: '{"version":"{{package-version}}"}' },
              { target: '/fw.bin.sig', beside: '.sig', signature: true },
              { target: '/fw.bin', package: true },
            ],
          },
          version: { service: 'web', target: '/version', pattern: 'V([0-9.]+)' },
          format: 'opaque',
          signed: true,
          packages,
          bootSeconds: 0.5,
        },
      ],
    }),
  }
}
