import assert from 'node:assert/strict'
import { createServer, request, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, waitUntilAlive } from '../lab/liveness.ts'
import { makeOffering } from '../lab/packages/offering.ts'
import { uploadWay } from '../lab/packages/upload-way.ts'
import { probe } from '../lab/probes/reboot-log.ts'
import type { Bench } from '../lab/probe.ts'
import { kind } from '../suites/observations/reboot-log.ts'
import { goneAway } from '../suites/update-integrity/gone-away.ts'
import type { Statement, Update } from '../suites/statement.ts'
import { misfits } from './support/authentication.ts'
import { emptyStatement } from './support/bench.ts'
import { liveBench } from './support/live-bench.ts'

/** A device behind a proxy that answers in its place while it is away: that is no answer of the device. */
const LIMIT = { timeout: 30_000 }
const SECRETS = { owner: 'Own-pass-4d1' }
const BASIC = `Basic ${Buffer.from(`admin:${SECRETS.owner}`).toString('base64')}`
const LONG = 60_000

interface Place {
  port: number
  /** The proxy's next answers are its own, whatever the device would say. */
  refuseNext(answers: number): void
  reboot(milliseconds: number): void
  asked(): number
}

/** `says`: what the proxy answers in the place of a device that does not. `rebootFor`: how long that is away. */
async function device(t: TestContext, says: 502 | 503 | 504, rebootFor: number): Promise<Place> {
  const log: string[] = ['Jan 1 00:00:00 start']
  let [refusals, asked] = [0, 0]
  let version = '1.0.0'
  let back: NodeJS.Timeout | undefined
  const app: RequestListener = (incoming, response) => {
    incoming.resume().on('end', () => {
      if (incoming.headers.authorization !== BASIC)
        return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="c"' }).end('who are you')
      log.push(`Jan 1 00:00:0${log.length % 10} ${incoming.method} ${incoming.url} by admin, number ${log.length}`)
      if (incoming.url === '/log') return response.end(log.join('\n'))
      if (incoming.url === '/version') return response.end(`version ${version}`)
      response.end('settings of the camera')
      if (incoming.url === '/update') version = '1.0.1'
      if (incoming.method === 'POST') place.reboot(rebootFor)
    })
  }
  const listen = (server: Server, port: number) =>
    new Promise<number>((done) => server.listen(port, '127.0.0.1', () => done((server.address() as AddressInfo).port)))
  let behind = createServer(app)
  const port = await listen(behind, 0)
  const proxy = createServer((incoming, response) => {
    asked++
    // nginx tells its own version in such a page.
    const away = () => response.headersSent || response.writeHead(says).end(`<center>proxy version 1.18.0</center>`)
    if (incoming.url === '/') return response.end('first page, of the proxy itself')
    if (refusals-- > 0) return incoming.resume().on('end', away)
    const { method, url, headers } = incoming
    const passed = request({ port, host: '127.0.0.1', method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', away)
    incoming.pipe(passed)
  })
  const place: Place = {
    port: await listen(proxy, 0),
    refuseNext: (answers) => (refusals = answers),
    asked: () => asked,
    reboot(milliseconds) {
      setTimeout(() => {
        behind.closeAllConnections()
        behind.close()
      }, 50)
      back = setTimeout(() => void listen((behind = createServer(app)), port), milliseconds)
    },
  }
  t.after(() => {
    clearTimeout(back)
    for (const server of [proxy, behind]) {
      server.closeAllConnections()
      server.close()
    }
  })
  return place
}

const statementOf = (port: number): Statement => {
  const at = { service: 'web', account: 'owner' }
  return emptyStatement({
    services: [{ id: 'web', transport: 'tcp', port, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web', ...at, target: '/settings' }],
    logging: { channels: [], api: { read: { ...at, method: 'GET', target: '/log' } } },
    updates: [
      { id: 'u', bootSeconds: 1, version: { ...at, target: '/version', pattern: 'version ([0-9.]+)' } } as Update,
    ],
    actions: { reboot: { ...at, method: 'POST', target: '/reboot' } },
  })
}

/** A bench whose clock runs faster, so that the longest waits end soon. */
function benchOf(port: number, pace = 1): Bench {
  const begun = Date.now()
  return liveBench(statementOf(port), SECRETS, { now: () => (begun + (Date.now() - begun) * pace) * 1000 })
}

describe('behind a proxy', { concurrency: 4 }, () => {
  test('what waits for a device waits for the device itself', LIMIT, async (t) => {
    const place = await device(t, 502, LONG)
    const bench = benchOf(place.port)
    assert.equal((await waitUntilAlive(bench)).alive, true)
    place.reboot(1_500)
    await sleep(200)
    const begun = Date.now()
    assert.equal(await isAlive(bench), true, 'the door is open all the time')
    assert.equal((await waitUntilAlive(bench, { family: 'ipv4', port: place.port })).alive, true)
    assert.ok(Date.now() - begun >= 1_000)
  })

  for (const says of [502, 503, 504] as const)
    test(`a proxy that says ${says} for ever does not make a device alive`, LIMIT, async (t) => {
      const place = await device(t, says, LONG)
      place.reboot(LONG)
      await sleep(100)
      const { alive } = await waitUntilAlive(benchOf(place.port, 20), { family: 'ipv4', port: place.port })
      assert.equal(alive, false)
      assert.ok(place.asked() >= 3)
    })

  test('a reboot is seen through the proxy: away, and back once the device itself answers', LIMIT, async (t) => {
    const place = await device(t, 503, 3_500)
    const seen = await probe.run(benchOf(place.port), 'a')
    assert.ok(seen.answered, JSON.stringify(seen))
    assert.deepEqual(misfits(kind, seen), [])
    const { closed, open, events } = seen.value
    assert.ok(closed !== null && open !== null && open - closed >= 1_000_000, `${closed} ${open}`)
    assert.deepEqual([events.length, seen.controls.map((c) => c.ok)], [3, [true]])
  })

  test('a reboot after which the proxy answers for ever: the device did not come back', LIMIT, async (t) => {
    const place = await device(t, 502, LONG)
    const seen = await probe.run(benchOf(place.port), 'a')
    assert.deepEqual([seen.answered, !seen.answered && seen.why.code], [false, 'reboot-log.did-not-come-back'])
  })

  test('one refusal of a busy device is no reboot', LIMIT, async (t) => {
    const place = await device(t, 503, LONG)
    place.reboot = () => place.refuseNext(1)
    const seen = await probe.run(benchOf(place.port, 4), 'a')
    assert.ok(seen.answered, JSON.stringify(seen))
    assert.deepEqual([seen.value.closed, seen.value.open], [null, null])
  })

  for (const { away, code } of [
    { away: 1_400, code: null },
    { away: LONG, code: 'went-silent' },
  ])
    test(`a package after which the proxy answers ${code ? 'for ever' : 'for a while'}`, LIMIT, async (t) => {
      const place = await device(t, 502, away)
      const bench = benchOf(place.port)
      const [update] = bench.statement.updates
      assert.ok(update)
      const upload = {
        service: 'web',
        account: 'owner',
        method: 'POST' as const,
        target: '/update',
        body: '{{package}}',
      }
      const of = { file: 'p', version: '1.0.1' }
      const offer = makeOffering(bench, { ...update, packages: { genuine: of } }, uploadWay(bench, upload))
      const offered = await offer({ rope: [Buffer.from('package')], of })
      const { text, exchange } = offered.versionAfter
      if (code === null) {
        assert.deepEqual([offered.cameBack, offered.versionBefore.text, text], [true, '1.0.0', '1.0.1'])
        assert.ok(offered.downtime >= 500_000, String(offered.downtime))
        return
      }
      assert.deepEqual([offered.cameBack, text, exchange.failure], [false, null, null])
      const cite = { kind: 'update-refusal', subject: 'a', at: '' } as never
      const { silence: _, ...unlooked } = offered
      const { message, certainty } = goneAway({ id: 'x', ...unlooked }, undefined, {}, cite)
      assert.deepEqual([message.code.split('.').at(-1), certainty], [code, 'suspect'])
    })
})
