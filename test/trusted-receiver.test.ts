import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { openChannels } from '../lab/services/log-channels.ts'
import { emptyStatement } from './support/bench.ts'
import { liveBench } from './support/live-bench.ts'
import { freePort } from './support/software.ts'

/** Whether a device that trusts only this authority sends its record to the lab at this port. */
const sends = (port: number, ca: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      socket.end('22 <13>1 - cam - - - - hi', () => resolve('sent'))
    })
    socket.once('error', (e: NodeJS.ErrnoException) => resolve(e.code ?? e.message))
  })

test(
  'a device that looks at the certificate of its log server is given the authority',
  { timeout: 20_000 },
  async (t) => {
    const given: string[] = []
    const device = createServer((request, response) => {
      let body = ''
      request.on('data', (d: Buffer) => (body += d.toString('latin1')))
      request.on('end', () => {
        given.push(`${request.method} ${request.url} ${body}`)
        response.end()
      })
    })
    await new Promise<void>((done) => device.listen(0, '127.0.0.1', done))
    t.after(() => device.close())
    const web = (device.address() as AddressInfo).port
    const port = await freePort()
    const at = { service: 'web', target: '/authority' }
    const statement = emptyStatement({
      services: [{ id: 'web', transport: 'tcp', port: web, protocol: 'http', families: ['ipv4'], purpose: 'x' }],
      logging: { channels: [{ id: 'log', protocol: 'syslog-tls', port }] },
      tlsClients: [
        {
          id: 'log',
          protocol: 'syslog-tls',
          port,
          trust: { install: { ...at, method: 'PUT', body: '{{ca-certificate}}' }, remove: { ...at, method: 'DELETE' } },
        },
      ],
    })
    const bench = liveBench(statement, {})
    const channels = await openChannels(bench, 'x', 'ipv4')
    t.after(() => channels.close())
    const ca = /-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/.exec(given.join())?.[0] ?? ''
    assert.match(given[0] ?? '', /^PUT \/authority/)
    assert.equal(await sends(port, ca), 'sent')
    for (let i = 0; i < 100 && channels.since(0).length === 0; i++) await sleep(20)
    assert.match(Buffer.from(channels.since(0)[0]?.bytes ?? []).toString(), /hi$/)
    await channels.close()
    assert.deepEqual(bench.undone, ['x/log/authority'])

    const bare = liveBench({ ...statement, tlsClients: [] }, {})
    const unknown = await openChannels(bare, 'x', 'ipv4')
    t.after(() => unknown.close())
    assert.equal(await sends(port, ca), 'DEPTH_ZERO_SELF_SIGNED_CERT')
  },
)
