import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import { ropeOf } from '../lab/packages/rope.ts'
import { probe } from '../lab/probes/update-refusal.ts'
import { makeAuthority, makeServers } from '../lab/services/server-certificates.ts'
import { conditionOf, shownHeaders, shownTarget } from '../lab/services/update-requests.ts'
import { startUpdateServer, type UpdateServer } from '../lab/services/update-server.ts'
import { loadStatement } from '../profiles/statement-file.ts'
import { validatorOf } from '../profiles/validator.ts'
import { t } from '../reports/locales/index.ts'
import type { Criterion } from '../suites/criterion.ts'
import { fetchSchema } from '../suites/observations/update-fetch.ts'
import { VARIANTS, type UpdateRefusal } from '../suites/observations/update-refusal.ts'
import { registry } from '../suites/registry.generated.ts'
import type { Statement } from '../suites/statement.ts'
import { liveBench } from './support/live-bench.ts'
import { judgedAt } from './support/update-judging.ts'

/** Packages that the device fetches from the lab's update server. */
const directory = mkdtempSync(join(tmpdir(), 'camseal-online-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const validateRequests = validatorOf(fetchSchema.properties.requests)
const validateFetch = (fetched: { requests: unknown }): boolean => validateRequests(fetched.requests)
const SUBJECT = 'a/update/web-update-server'
const AREA = [...registry.criteria.values()].filter(
  (c) => c.area === 'update-integrity' && c.over.id === probe.kind.id,
) as Criterion<UpdateRefusal, unknown>[]

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

/** Of the criteria that concern a path without upload, those that do not pass. */
const notPassed = (value: UpdateRefusal, statement: Statement): Record<string, string> =>
  Object.fromEntries(
    AREA.filter((c) => c.concerns?.(statement, SUBJECT) ?? true).flatMap((c) => {
      const { verdict, codes } = judgedAt(SUBJECT, c, value, statement)
      return verdict === 'pass' ? [] : [[c.id, `${verdict} ${codes.join()}`]]
    }),
  )

describe('the reference camera', { concurrency: true, timeout: 60_000 }, () => {
  const cases: [string | null, string][] = [
    [null, '1.6.0'],
    ['update-online-unchecked', '1.6.0'],
    ['update-rollback-accepted', '1.3.0'],
  ]
  for (const [i, [id, version]] of cases.entries())
    test(`${id ?? 'as it should be'}, by its update server alone`, async () => {
      const address = `127.77.5.${20 + i}`
      const camera = await startReferenceCamera({
        addresses: { ipv4: address, ipv6: null },
        ports: { https: 0, rtsp: 0 },
        weaknesses: id ? [id] : [],
        serial: 'T-1',
        syslog: null,
        updatePort: await freePort(),
        lock: { failures: 5, windowSeconds: 60, lockSeconds: 60 },
        bootSeconds: 0.2,
        factoryFresh: false,
        adminPassword: 'Owner-Pass-1x',
        users: [{ name: 'spare', password: 'Spare-Pass-1x', role: 'viewer', spare: true }],
      })
      try {
        await camera.writePackages(mkdtempSync(join(directory, 'packages-')))
        const statement = camera.statement()
        const [channel] = statement.logging.channels
        assert.ok(channel)
        channel.port = await freePort()
        statement.updates = statement.updates.filter((u) => u.online)
        const bench = liveBench(statement, { owner: 'Owner-Pass-1x', spare: 'Spare-Pass-1x' })
        const seen = await probe.run(bench, SUBJECT)
        assert.ok(seen.answered, JSON.stringify(seen))
        const { value } = seen
        const weakness = weaknesses.find((w) => w.id === id)
        const expected = [
          ...(weakness?.criteria ?? []).map((c) => [c, 'fail']),
          ...(weakness?.undecided ?? []).map((c) => [c, 'inconclusive']),
        ]
        assert.deepEqual(
          Object.entries(notPassed(value, statement))
            .map(([c, got]) => [c, got.split(' ')[0]])
            .sort(),
          expected.sort(),
          JSON.stringify(notPassed(value, statement)),
        )
        assert.equal(camera.firmwareVersion, version)
        assert.ok(bench.undone.includes(`update-server/${SUBJECT}/server`))
        if (id !== null) return
        assert.deepEqual(
          value.variants.map((v) => v.id),
          VARIANTS.filter(
            (v) =>
              ![
                'middle-bit',
                'first-bit',
                'last-bit',
                'signature-missing',
                'signature-empty',
                'maker-unsigned',
                'interrupted',
              ].includes(v),
          ),
        )
        for (const v of [...value.variants, value.genuine ?? assert.fail()]) {
          assert.equal(v.upload, undefined)
          const { requests, covered } = v.fetch ?? assert.fail()
          assert.deepEqual([covered, v.tries], [v.bytes, 1], JSON.stringify(requests))
          assert.deepEqual(
            requests.map((r) => [r.method, r.target.replace(/\?.*/, ''), r.status, r.sent === r.promised]),
            [
              ['GET', '/RC-1.json', 200, true],
              ['GET', '/RC-1-1.6.0.csfw', 200, true],
            ],
          )
        }
        assert.deepEqual(value.doors, [])
        assert.deepEqual(value.older?.fetch?.requests.length, 1, 'the manifest was enough')
        assert.match(value.online?.after ?? '', new RegExp(String(statement.updates[0]?.online?.port)))
      } finally {
        await camera.stop()
      }
    })
})

const whole = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 3))
const fileOf = (name: string, bytes: Uint8Array): string => {
  const path = join(directory, name)
  writeFileSync(path, bytes)
  return path
}
/** Written once: the tests run side by side. */
const WHOLE = fileOf('whole', whole)
const curl = (...args: string[]) =>
  new Promise<{ status: number | null; out: Buffer; err: string }>((done) => {
    const child = spawn('curl', ['-s', '-S', '--max-time', '10', ...args])
    const out: Buffer[] = []
    let err = ''
    child.stdout.on('data', (d: Buffer) => out.push(d))
    child.stderr.on('data', (d: Buffer) => (err += d.toString()))
    child.once('close', (status) => done({ status, out: Buffer.concat(out), err }))
  })

async function served(test: TestContext, over: { peers?: string[]; names?: string[] } = {}) {
  const authority = over.names ? await makeAuthority('CN=Test authority') : null
  const [identity] = authority ? await makeServers(authority, over.names ?? []) : []
  const started = await startUpdateServer({
    address: '127.0.0.1',
    port: 0,
    now: () => Math.round(performance.now() * 1000),
    peers: over.peers ?? ['127.0.0.1'],
    identity: identity ?? null,
  })
  assert.ok('server' in started)
  const { server, port } = started
  test.after(() => server.close())
  const rope = ropeOf(WHOLE) ?? assert.fail()
  server.serve(
    [
      { target: '/check.json', contentType: 'application/json', content: [Buffer.from('{"v":1}')], tag: '"m"' },
      { target: '/fw.bin', contentType: 'application/octet-stream', content: rope, tag: '"p"' },
    ],
    1,
  )
  return { server, port, authority, url: `http://127.0.0.1:${port}` }
}
const ends = (server: UpdateServer) => server.fetched().requests.map((r) => `${r.method} ${r.status} ${r.end}`)
const until = async (is: () => boolean) => {
  for (let i = 0; i < 100 && !is(); i++) await sleep(20)
}

describe('the update server, asked by curl', { concurrency: true, timeout: 30_000 }, () => {
  test('GET, HEAD, POST and what is not there', async (t) => {
    const { server, url } = await served(t)
    assert.deepEqual((await curl(`${url}/fw.bin?model=x&token=abcd`)).out, whole)
    assert.equal((await curl('-X', 'POST', '-d', 'id=1', `${url}/check.json`)).out.toString(), '{"v":1}')
    const head = (await curl('-I', `${url}/fw.bin`)).out.toString()
    assert.match(head, /^HTTP\/1.1 200[^]*content-length: 3000000/i)
    assert.match((await curl('-i', `${url}/no`)).out.toString(), /^HTTP\/1.1 404/)
    assert.match((await curl('-i', '-X', 'DELETE', `${url}/fw.bin`)).out.toString(), /^HTTP\/1.1 405/)
    const { requests, covered } = server.fetched()
    assert.deepEqual(
      requests.map((r) => [r.method, r.file, r.status, r.promised, r.sent, r.bodyBytes]),
      [
        ['GET', 1, 200, 3_000_000, 3_000_000, 0],
        ['POST', 0, 200, 7, 7, 4],
        ['HEAD', 1, 200, 0, 0, 0],
        ['GET', null, 404, 0, 0, 0],
        ['DELETE', 1, 405, 0, 0, 0],
      ],
    )
    assert.equal(requests[0]?.target, '/fw.bin?model=x&token=****')
    assert.equal(covered, whole.length)
  })

  test('a download in parts, one that goes on where it was broken off, and one that is only broken off', async (t) => {
    const { server, url } = await served(t)
    const parts = await Promise.all(
      ['0-999999', '1000000-1999999', '2000000-'].map((r) => curl('-r', r, `${url}/fw.bin`)),
    )
    assert.deepEqual(Buffer.concat(parts.map((p) => p.out)), whole)
    await until(() => server.fetched().covered === whole.length)
    assert.equal(server.fetched().covered, whole.length)
    const [range] = (await curl('-D', '-', '-o', '/dev/null', '-r', '5-9', `${url}/fw.bin`)).out
      .toString()
      .split('\r\n\r\n')
    assert.match(range ?? '', /206[^]*content-range: bytes 5-9\/3000000/i)

    const other = await served(t)
    const path = join(directory, 'resumed')
    const cut = await curl('--max-filesize', '99', `${other.url}/fw.bin`)
    assert.equal(cut.status, 63, 'curl hangs up on what is too large')
    await until(() => ends(other.server).some((e) => e.endsWith('broken-off')))
    assert.deepEqual(ends(other.server), ['GET 200 broken-off'])
    assert.equal(other.server.fetched().covered, 0)
    writeFileSync(path, whole.subarray(0, 1_200_000))
    const first = other.server.fetched().requests[0]?.sent ?? 0
    await curl('-C', '-', '-o', path, `${other.url}/fw.bin`)
    assert.deepEqual(readFileSync(path), whole)
    await until(() => ends(other.server).length === 2 && other.server.fetched().covered > 1_000_000)
    // What it had before it asked to go on counts only as far as it had gone out.
    assert.equal(other.server.fetched().covered, first >= 1_200_000 ? whole.length : 1_800_000)
  })

  test('over TLS: for who trusts the authority, by name', async (t) => {
    const { server, port, authority } = await served(t, { names: ['updates.example', '127.0.0.1'] })
    const pem = fileOf('ca.pem', Buffer.from(authority?.certificate.toString('pem') ?? ''))
    const to = ['--resolve', `updates.example:${port}:127.0.0.1`, `https://updates.example:${port}/fw.bin`]
    assert.deepEqual((await curl('--cacert', pem, ...to)).out, whole)
    assert.equal((await curl(...to)).status, 60, 'nobody else takes the certificate')
    await until(() => server.fetched().covered === whole.length)
    assert.deepEqual(ends(server), ['GET 200 complete'])
  })

  test('strangers get nothing; what is no HTTP ends nothing', async (t) => {
    const { server, url } = await served(t, { peers: ['127.0.0.2'] })
    assert.notEqual((await curl(`${url}/fw.bin`)).status, 0)
    assert.equal((await curl('--interface', '127.0.0.2', `${url}/check.json`)).out.toString(), '{"v":1}')
    assert.equal(server.strangers(), 1)
    const open = await served(t)
    let seed = 7
    const next = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most
    for (let i = 0; i < 60; i++) {
      const line = `GET /fw.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=${next(5)}-${next(3)},x\r\n\r\n`
      const bytes = Buffer.from(line, 'latin1').map((b) => (next(12) === 0 ? next(256) : b))
      await new Promise<void>((done) => {
        const socket = connect(open.port, '127.0.0.1', () => socket.end(bytes.subarray(0, 1 + next(bytes.length))))
        socket.on('error', () => done())
        socket.on('data', () => socket.destroy())
        socket.on('close', () => done())
      })
    }
    assert.equal((await curl(`${open.url}/check.json`)).out.toString(), '{"v":1}')
    assert.ok(validateFetch(open.server.fetched()))
  })

  test('400 MiB go out without being held', async (t) => {
    const { server, url } = await served(t)
    const big = fileOf('big', Buffer.from('header'))
    truncateSync(big, 400 * 1024 * 1024)
    server.serve([{ target: '/big', contentType: 'x', content: ropeOf(big) ?? [], tag: '"b"' }], 0)
    const before = process.memoryUsage().rss
    let most = before
    const clock = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
    const got = await curl('-o', '/dev/null', '-w', '%{size_download}', `${url}/big`)
    clearInterval(clock)
    assert.equal(got.out.toString(), String(400 * 1024 * 1024))
    assert.ok(most - before < 150 * 1024 * 1024, `${Math.round((most - before) / 1048576)} MiB`)
  })
})

test('ranges as RFC 9110 section 14 has them', () => {
  const of = (range: string, more: Record<string, string> = {}) => {
    const { status, from, to } = conditionOf({ range, ...more }, 100, '"t"')
    return `${status} ${from}-${to}`
  }
  assert.deepEqual(
    [
      'bytes=0-9',
      'bytes=90-',
      'bytes=-10',
      'bytes=50-500',
      'bytes=100-',
      'bytes=-0',
      'bytes=9-1',
      'bytes=1-2,5-6',
      'x',
    ].map((r) => of(r)),
    ['206 0-10', '206 90-100', '206 90-100', '206 50-100', '416 0-0', '416 0-0', '200 0-100', '200 0-100', '200 0-100'],
  )
  assert.equal(of('bytes=5-', { 'if-range': '"t"' }), '206 5-100')
  assert.equal(of('bytes=5-', { 'if-range': '"other"' }), '200 0-100')
  assert.equal(conditionOf({ 'if-none-match': 'W/"t"' }, 100, '"t"').status, 304)
})

test('what a device sends of itself is kept by name and length', () => {
  assert.equal(shownTarget('/c?model=A&fw=1.0&auth_token=s3cret&sn'), '/c?model=A&fw=1.0&auth_token=******&sn')
  assert.deepEqual(shownHeaders(['Host', 'x', 'Authorization', 'Bearer abc', 'X-Dev\x01ice', 'é']), [
    ['Host', 'x'],
    ['Authorization', '**********'],
    ['X-Dev?ice', '*'],
  ])
})

const UPDATE = (online: string, more = '') => `camseal: statement/1
dut: {maker: {name: T}, model: T, hardware: "1", firmware: {version: "1.0", link: version-string-only}}
samples: [{id: a, serial: S, arrives: in-service, addresses: {ipv4: 127.0.0.1, ipv6: null}, macs: []}]
interfaces: []
services: [{id: web, transport: tcp, port: 80, protocol: http, families: [ipv4], purpose: web}]
accounts: []
logins: []
resources: []
bruteForce: []
logging: {channels: []}
updates:
  - id: u
    ${more}
    online: ${online}
    version: {service: web, target: /v, pattern: "(.)"}
    format: opaque
    signed: true
    packages: {genuine: {file: fw, version: "2"}}
    bootSeconds: 5
actions: {}
permit: destructive
`

test('what is wrong with the way packages take is said at once, each with its line', () => {
  const PACKAGE = '{target: /p, package: true}'
  const faultsOf = (text: string) => {
    const file = fileOf('statement.yaml', Buffer.from(text))
    const read = loadStatement(file)
    if (read.ok) return []
    const said = read.faults.map((f) => `${f.code} ${f.field}`)
    for (const f of read.faults)
      for (const language of ['en', 'vi'] as const)
        assert.doesNotMatch(t(language, 'faults', f.code, f.values), /^[a-z-]+$|\{[a-z-]+\}/, f.code)
    assert.ok(
      read.faults.every((f) => (f.line ?? 0) >= 12 && (f.line ?? 0) <= 14),
      JSON.stringify(read.faults),
    )
    return said.sort()
  }
  const at = '/updates/0/online'
  assert.deepEqual(faultsOf(UPDATE(`{protocol: http, port: 80, checkSeconds: 9, files: [${PACKAGE}]}`)), [])
  assert.deepEqual(
    faultsOf(
      UPDATE(
        `{protocol: http, port: 80, authority: {certificate: c, key: k}, files: [{target: /p, body: "{{package-md5}}", beside: .sig}, {target: "/p"}, {target: m, body: x}, {target: "/{{lab-port}}", body: x}]}`,
        'upload: {service: web, method: POST, target: /u}',
      ),
    ),
    [
      `authority-without-tls ${at}/authority`,
      `doubled ${at}/files/1/target`,
      `never-looks ${at}`,
      `one-package-file ${at}/files`,
      'two-update-paths /updates/0/upload',
      `unknown-placeholder ${at}/files/0/body`,
      `unknown-placeholder ${at}/files/3/target`,
      `update-file ${at}/files/0`,
      `update-file ${at}/files/1`,
      `update-target ${at}/files/2/target`,
    ].sort(),
  )
  const trust = '{service: web, method: PUT, target: /t}'
  assert.deepEqual(
    faultsOf(
      UPDATE(
        `{protocol: https, port: 80, trust: {install: ${trust}, remove: ${trust}}, authority: {certificate: c, key: k}, trigger: {service: nope, method: GET, target: "/{{package-url}}"}, files: [${PACKAGE}]}`,
      ),
    ),
    [`two-authorities ${at}/authority`, `unknown-placeholder ${at}/trigger`, `unresolved ${at}/trigger/service`],
  )
  assert.deepEqual(faultsOf(UPDATE('').replace('    online: \n', '')), ['no-update-path /updates/0'])
})
