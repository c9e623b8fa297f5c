import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { perform } from '../lab/actions.ts'
import { chromiumPath } from '../lab/instruments/chromium.ts'
import type { Body } from '../lab/probe.ts'
import { bodyText } from '../suites/facts/http-text.ts'
import type { Action } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { liveBench } from './support/live-bench.ts'

/** Packages that go out by the page itself: the device gets the very bytes, however the page sends them. */
const skip = chromiumPath() === null ? 'needs chromium' : false

const SCRIPTS: Record<string, string> = {
  form: '',
  fetch: `fetch('/up', { method: 'POST', body: new FormData(f) })`,
  xhr: `const x = new XMLHttpRequest(); x.open('POST', '/up'); x.send(new FormData(f))`,
  raw: `fetch('/up', { method: 'POST', body: p.files[0] })`,
  bare: `const x = new XMLHttpRequest(); x.open('POST', '/up'); x.setRequestHeader('Content-Type', 'application/x-firmware'); x.send(p.files[0])`,
  read: `p.files[0].arrayBuffer().then((bytes) => fetch('/up', { method: 'POST', body: bytes }))`,
}
const pageOf = (script: string): string => `<!doctype html><title>Update</title>
<form id=f method=post action=/up enctype=multipart/form-data><input name=before value=1><label>Package <input id=p type=file name=file></label>
<button>Send</button></form><script>${script && `f.onsubmit = (e) => { e.preventDefault(); ${script} }`}</script>`

/** SHA-256 and length of a raw body, or of the part of a multipart body (RFC 7578) that has a file name; nothing is held. */
async function digestOf(request: IncomingMessage): Promise<string> {
  const boundary = /boundary=(.*)$/.exec(request.headers['content-type'] ?? '')?.[1]
  const hash = createHash('sha256')
  const name: string[] = []
  let length = 0
  let held: Buffer = Buffer.alloc(0)
  let isInside = boundary === undefined
  const end = boundary === undefined ? 0 : `\r\n--${boundary}--\r\n`.length
  for await (const chunk of request) {
    held = Buffer.concat([held, chunk as Buffer])
    if (!isInside) {
      const head = held.indexOf('filename="')
      const from = head === -1 ? -1 : held.indexOf('\r\n\r\n', head)
      if (from === -1) continue
      name.push(held.toString('latin1', head + 10, held.indexOf('"', head + 10)))
      held = held.subarray(from + 4)
      isInside = true
    }
    const ready = Math.max(0, held.length - end)
    hash.update(held.subarray(0, ready))
    length += ready
    held = held.subarray(ready)
  }
  assert.equal(held.toString('latin1'), boundary === undefined ? '' : `\r\n--${boundary}--\r\n`)
  return `${hash.digest('hex')} ${length} ${name.join()}`
}

async function device(t: TestContext) {
  const got: string[] = []
  const server = createServer((request, response) => {
    void digestOf(request).then((digest) => {
      if (request.method === 'POST') got.push(digest)
      response.setHeader('Content-Type', 'text/html')
      response.end(request.method === 'POST' ? 'taken' : pageOf(SCRIPTS[(request.url ?? '').slice(1)] ?? ''))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const statement = emptyStatement({
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port: (server.address() as AddressInfo).port,
        protocol: 'http',
        families: ['ipv4'],
        purpose: 'web',
      },
    ],
  })
  return { got, bench: liveBench(statement, {}) }
}

const uploadBy = (name: string): Action => ({
  service: 'web',
  method: 'POST',
  target: '/up',
  done: 'taken',
  browser: [{ goto: `/${name}` }, { upload: { label: 'Package' } }, { click: { role: 'button', name: 'Send' } }],
})

test(
  'a package arrives byte for byte, by a form and by every way of a script',
  { skip, timeout: 60_000 },
  async (t) => {
    const { got, bench } = await device(t)
    const bytes = Buffer.concat([Buffer.from('\r\n--\0{{value}}'), randomBytes(300_001)])
    const digest = createHash('sha256').update(bytes).digest('hex')
    for (const name of Object.keys(SCRIPTS)) {
      const exchange = await perform(bench, uploadBy(name), {}, bytes)
      assert.equal(exchange.failure, null, name)
      assert.deepEqual([bodyText(exchange), exchange.browser?.sent], ['taken', 1])
      const isRaw = ['raw', 'bare', 'read'].includes(name)
      assert.equal(got.at(-1), `${digest} ${bytes.length} ${isRaw ? '' : 'package.bin'}`, name)
      assert.ok(exchange.request.bodyBytes >= bytes.length)
      const types: Record<string, string> = { raw: 'application/octet-stream', bare: 'application/x-firmware' }
      const sent = exchange.request.headers.find(([n]) => n === 'Content-Type')?.[1] ?? ''
      assert.ok(sent.startsWith(types[name] ?? (name === 'read' ? '' : 'multipart/form-data; boundary=')), sent)
    }
    assert.equal(got.length, Object.keys(SCRIPTS).length)
  },
)

test('64 MiB go through a form and a script without being held', { skip, timeout: 60_000 }, async (t) => {
  const { got, bench } = await device(t)
  const block = randomBytes(65_536)
  const count = 1024
  const hash = createHash('sha256')
  for (let i = 0; i < count; i++) hash.update(block)
  const body: Body = {
    length: block.length * count,
    async *chunks() {
      for (let i = 0; i < count; i++) {
        await Promise.resolve()
        yield block
      }
    },
  }
  const digest = hash.digest('hex')
  const before = process.memoryUsage().rss
  let most = before
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
  t.after(() => clearInterval(watching))
  for (const name of ['form', 'raw']) {
    const exchange = await perform(bench, uploadBy(name), {}, body)
    assert.deepEqual([exchange.failure, bodyText(exchange)], [null, 'taken'])
    assert.equal(got.at(-1), `${digest} ${body.length} ${name === 'form' ? 'package.bin' : ''}`)
  }
  clearInterval(watching)
  t.diagnostic(`grew by ${Math.round((most - before) / 1024 / 1024)} MiB`)
  assert.ok(most - before < 64 * 1024 * 1024, `grew by ${most - before} bytes`)
})
