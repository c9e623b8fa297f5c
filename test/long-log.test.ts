import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { perform } from '../lab/actions.ts'
import { readLog } from '../suites/facts/log-entries.ts'
import type { Action } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { liveBench } from './support/live-bench.ts'

/** Devices keep thousands of entries and write the newest one last: it must be in what the lab keeps. */
const lines = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `2026-11-22T10:00:00Z admin 192.0.2.7 entry ${i} of this camera's log\n`,
  ).join('')

test('of a log more is kept than of another answer, and what is too long is not called whole', async (t) => {
  const server = createServer((request, response) => response.end(lines(Number(request.url?.slice(1)))))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const get = (target: string): Action => ({ service: 'web', method: 'GET', target })
  const api = { read: get('/3000'), export: get('/9000') }
  const statement = emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    logging: { channels: [], api },
  })
  const bench = liveBench(statement, {})
  const read = async (action: Action) => readLog(await perform(bench, action, {})) ?? assert.fail()
  const log = await read(api.read)
  assert.deepEqual([log.whole, log.entries.length], [true, 3000])
  assert.match(log.entries.at(-1) ?? '', /entry 2999 /)
  assert.equal((await read(api.export)).whole, false)
  const other = await read(get('/3000'))
  assert.deepEqual([other.whole, other.body.length <= 65_536], [false, true])
})
