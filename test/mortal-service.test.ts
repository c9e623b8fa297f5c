import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { askPort } from '../lab/probes/services.ts'
import { testBench } from './support/bench.ts'

/** As rtsp-streaming-server 2.1.0 from npm, whose process ends at a request line that is not RTSP. */
function mortal(server: Server, socket: Socket): void {
  socket.on('error', () => undefined)
  let line = ''
  socket.on('data', (bytes) => {
    if (bytes[0] === 0x16) return void socket.end()
    line += bytes.toString('latin1')
    if (!/^[A-Z]+ .*\r\n/.test(line)) return
    if (line.startsWith('OPTIONS ')) socket.end('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n')
    else {
      socket.destroy()
      server.close()
    }
  })
}

async function asked(t: TestContext, isBack: boolean) {
  const server = createServer((socket) => mortal(server, socket))
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  await listen(0)
  const { port } = server.address() as AddressInfo
  t.after(() => server.close())
  let isOver = false
  t.after(() => (isOver = true))
  if (isBack) server.on('close', () => setTimeout(() => !isOver && void listen(port), 1000).unref())
  const to = { family: 'ipv4', address: '127.0.0.1', port, tls: false } as const
  return askPort(testBench(), to, '')
}

test('a port that refuses every connection after a question is told', { timeout: 60_000 }, async (t) => {
  const [gone, back] = await Promise.all([asked(t, false), asked(t, true)])
  assert.equal(gone.closedAfter, 'http')
  assert.deepEqual([gone.httpAnswer, gone.rtspAnswer], ['', ''])
  assert.equal(back.closedAfter, undefined, 'one that is started again is there')
})
