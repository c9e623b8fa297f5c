// The device at the far end of the bed: TCP ports that accept, a TLS endpoint on 443, UDP services. Says "ready" and stays.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { openUdp } from './udp-device.ts'

const OPEN = [23, 80, 554, 8000, 8899, 9530, 34567, 37777, 49152]
const [folder = '.'] = process.argv.slice(2)
const pem = (name: string) => readFileSync(`${folder}/${name}.pem`)

const servers = OPEN.map((port) => createServer((s) => s.on('error', () => s.destroy())).listen(port, '0.0.0.0', 4096))
const tls = createTls({
  key: pem('key'),
  cert: pem('certificate'),
  minVersion: 'TLSv1',
  ciphers: 'ALL:!aNULL:!PSK:!SRP:@SECLEVEL=0',
}).listen(443, '0.0.0.0', 4096)
tls.on('tlsClientError', () => undefined).on('secureConnection', (s) => s.on('error', () => s.destroy()))
await Promise.all([...servers, tls].map((s) => new Promise((listening) => s.once('listening', listening))))
await openUdp()
process.stdout.write('ready\n')
