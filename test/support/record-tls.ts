import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listening, output, start, stop } from './programs.ts'
import { observeTls } from './tls.ts'

/** Makes the fixtures of test/fixtures/tls-handshakes anew: `node --import tsx test/support/record-tls.ts`. */
const HOST = '127.0.0.1'
const PORT = 23461
const directory = mkdtempSync(join(tmpdir(), 'camseal-record-'))
const at = (name: string) => join(directory, name)

/** A self-signed certificate `name.pem` with `name.key`. */
function certificate(name: string, ...how: string[]): void {
  const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]
  output('openssl', ['req', '-x509', '-nodes', '-subj', '/O=Maker/CN=camera.test', '-days', '30', ...how, ...files])
}

function makeCertificates(): void {
  const ec = ['-newkey', 'ec', '-pkeyopt']
  certificate('ec', ...ec, 'ec_paramgen_curve:P-256')
  certificate('rsa', '-newkey', 'rsa:2048', '-days', '7300')
  certificate('short', '-newkey', 'rsa:1024', '-sha1')
  certificate('ec192', ...ec, 'ec_paramgen_curve:prime192v1')
  certificate('md5', '-newkey', 'rsa:2048', '-md5')
  certificate('root', '-newkey', 'rsa:2048', '-sha1')
  output('openssl', ['dsaparam', '-genkey', '-out', at('dsa.key'), '1024'])
  output('openssl', ['req', '-x509', '-new', '-key', at('dsa.key'), '-subj', '/CN=dsa', '-out', at('dsa.pem')])
  output('openssl', ['dhparam', '-dsaparam', '-out', at('dh.pem'), '1024'])
  const asks = ['-nodes', '-keyout', at('leaf.key'), '-out', at('leaf.csr'), '-subj', '/CN=camera.test']
  output('openssl', ['req', '-new', ...ec, 'ec_paramgen_curve:P-256', ...asks])
  writeFileSync(at('names'), 'subjectAltName=DNS:camera.test,IP:192.0.2.7')
  const signs = ['-CA', at('root.pem'), '-CAkey', at('root.key'), '-CAcreateserial', '-extfile', at('names')]
  output('openssl', ['x509', '-req', '-in', at('leaf.csr'), ...signs, '-days', '300', '-out', at('leaf.pem')])
}

const uses = (name: string, option = '') => [`-${option}cert`, at(`${name}.pem`), `-${option}key`, at(`${name}.key`)]
const CASES: Record<string, { origin: string; options: () => string[] }> = {
  modern: {
    origin: 'P-256 and RSA-2048 (20 years), TLS 1.2 and 1.3, ECDHE with AEAD',
    options: () => [
      ...uses('rsa'),
      ...uses('ec', 'd'),
      '-min_protocol',
      'TLSv1.2',
      '-cipher',
      'ECDHE+AESGCM:ECDHE+CHACHA20',
    ],
  },
  'only-13': { origin: 'P-256, TLS 1.3 only', options: () => [...uses('ec'), '-tls1_3'] },
  'only-13-short': {
    origin: 'RSA-1024 signed with SHA-1, TLS 1.3 only',
    options: () => [...uses('short'), '-tls1_3', '-cipher', 'ALL:@SECLEVEL=0'],
  },
  chain: {
    origin: 'P-256 signed by an RSA root that signed itself with SHA-1, TLS 1.2 only',
    options: () => [...uses('leaf'), '-cert_chain', at('root.pem'), '-tls1_2', '-cipher', 'ECDHE+AESGCM'],
  },
  weak: {
    origin: 'RSA-1024 with SHA-1, DSA-1024, a DH prime of 1024 bits, P-192 and sect163k1, TLS 1.0 to 1.2',
    options: () => [
      ...uses('short'),
      ...uses('dsa', 'd'),
      '-dhparam',
      at('dh.pem'),
      '-curves',
      'P-256:prime192v1:sect163k1:sect283k1',
      '-min_protocol',
      'TLSv1',
      '-max_protocol',
      'TLSv1.2',
      '-cipher',
      'ECDHE-RSA-AES128-SHA:DHE-RSA-AES128-SHA:DHE-DSS-AES128-SHA:@SECLEVEL=0',
    ],
  },
  'weak-ec': {
    origin: 'RSA-2048 signed with MD5 and a P-192 key, TLS 1.2 only',
    options: () => [
      ...uses('md5'),
      ...uses('ec192', 'd'),
      '-tls1_2',
      '-cipher',
      'ECDHE+AESGCM:@SECLEVEL=0',
      '-curves',
      'P-256:prime192v1',
    ],
  },
}

makeCertificates()
try {
  for (const [name, { origin, options }] of Object.entries(CASES)) {
    const server = start('openssl', ['s_server', '-accept', `${HOST}:${PORT}`, '-quiet', ...options()])
    try {
      await listening(HOST, PORT)
      const { offers, handshakes } = await observeTls(PORT)
      const text = JSON.stringify({ origin: `openssl s_server: ${origin}`, offers, handshakes })
      writeFileSync(new URL(`../fixtures/tls-handshakes/${name}.json`, import.meta.url), `${text}\n`)
    } finally {
      await stop(server)
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
