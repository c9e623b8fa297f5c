import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { probe } from '../../lab/probes/time-sync.ts'
import { bilingual } from '../../reports/locales/index.ts'
import { criterion } from '../../suites/logging/time-from-checked-ntp.ts'
import type { Answered } from '../../suites/observation.ts'
import { kind, type TimeSync } from '../../suites/observations/time-sync.ts'
import type { Statement, TimeClient } from '../../suites/statement.ts'
import { judged, misfits, type Judged } from './authentication.ts'
import { emptyStatement } from './bench.ts'
import { liveBench } from './live-bench.ts'

export const SUBJECT = 'a/client/out'
const HOST = '127.0.0.1'

/** A program that asks a server for the time, and how many seconds its last line says that the system's clock is behind. */
export interface Program {
  argv(address: string, port: number): string[]
  behind: RegExp
}

export const chronyd: Program = {
  argv: (address, port) => [
    ...['chronyd', '-u', 'root', '-Q', '-t', '1'],
    `server ${address} port ${port} iburst maxsamples 1`,
  ],
  behind: /System clock wrong by (-?[\d.]+) seconds/,
}
/** It knows no port but 123. */
export const ntpdig: Program = {
  argv: (address) => ['ntpdig', '-t', '2', address],
  behind: /\(\+0000\) ([+-][\d.]+) /,
}

/** A device whose clock is set by a client that others wrote, with a web interface around it. */
export async function deviceAround(
  t: TestContext,
  { argv, behind }: Program,
  over: Partial<TimeClient> = {},
): Promise<Statement> {
  let ahead = 0
  let at: [string, number] = [HOST, 9]
  let asking: ChildProcess | null = null
  t.after(() => asking?.kill('SIGKILL'))
  const ask = () => {
    asking?.kill('SIGKILL')
    const [file = '', ...args] = argv(...at)
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TZ: 'UTC' } })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => (said += d.toString('latin1')))
    child.once('close', () => (ahead = Number(behind.exec(said)?.[1] ?? ahead)))
    asking = child
  }
  const web = createServer((request, response) => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('latin1')))
    request.on('end', () => {
      const [address = '', port = ''] = body.split(' ')
      if (request.url === '/server' && body !== '-') at = [address, Number(port)]
      if (request.url === '/sync') ask()
      response.end(request.url === '/clock' ? new Date(Date.now() + ahead * 1000).toISOString() : 'done')
    })
  })
  await new Promise<void>((done) => web.listen(0, HOST, done))
  t.after(() => {
    web.close()
    web.closeAllConnections()
  })
  const to = (target: string, body: string) => ({
    service: 'web',
    method: 'POST' as const,
    target,
    contentType: 'text/plain',
    body,
    done: 'done',
  })
  const { port } = web.address() as AddressInfo
  return emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'settings' }],
    time: [
      {
        id: 'out',
        protocol: 'ntp',
        port: 123,
        enable: to('/server', '{{lab-address}} {{lab-port}}'),
        restore: to('/server', '-'),
        trigger: to('/sync', 'now'),
        clock: { service: 'web', target: '/clock', pattern: '(.+)' },
        pollSeconds: 9,
        ...over,
      },
    ],
  })
}

/** What the probe sees of a device. */
export async function observe(statement: Statement): Promise<Answered<TimeSync>> {
  const seen = await probe.run(liveBench(statement, {}), SUBJECT)
  assert.ok(seen.answered, JSON.stringify(seen))
  assert.deepEqual(misfits(kind, seen), [])
  return seen
}

/** Judged as the framework does; every message has its text. */
export function judgedOf(statement: Statement, seen: Answered<TimeSync>): Judged {
  const found = judged(criterion, seen, { statement, subject: SUBJECT })
  for (const { message } of found.findings)
    assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), message.code)
  return found
}
