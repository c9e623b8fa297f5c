import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import type { CameraOptions } from '../lab/cameras/options.ts'
import { onvifClient } from '../lab/instruments/onvif.ts'
import type { Bench, Probe } from '../lab/probe.ts'
import { probe as credentials } from '../lab/probes/onvif-credentials.ts'
import { probe as operations } from '../lab/probes/onvif-operations.ts'
import { probe as replay } from '../lab/probes/onvif-token-replay.ts'
import { criterion as defaults } from '../suites/authentication/no-default-onvif-credentials.ts'
import { criterion as protectedOperations } from '../suites/authentication/onvif-operations-protected.ts'
import { criterion as replayRefused } from '../suites/authentication/onvif-token-replay-refused.ts'
import { takes } from '../suites/authentication/onvif-ways.ts'
import type { Criterion } from '../suites/criterion.ts'
import { answerOf } from '../suites/facts/answer.ts'
import { responseTo } from '../suites/facts/onvif.ts'
import type { OnvifOperations } from '../suites/observations/onvif-operations.ts'
import type { Statement } from '../suites/statement.ts'
import { catalogueData, judged, misfits } from './support/authentication.ts'
import { emptyStatement, testBench } from './support/bench.ts'

const LIMIT = { timeout: 60_000 }
const SECRETS = { owner: 'Abc-123-xyz', 'lab-spare': 'Spa-123-pqr' }
const PAIRS = [
  [operations, protectedOperations],
  [credentials, defaults],
  [replay, replayRefused],
] as unknown as [Probe, Criterion][]

let next = 30

interface Found {
  /** Verdicts that are no pass, by criterion. */
  notPassed: Record<string, string>
  /** Codes by criterion. */
  codes: Record<string, string[]>
}

async function judgedOnvif(
  t: TestContext,
  options: Partial<CameraOptions> = {},
  prepare: (s: Statement, bench: Bench) => void | Promise<void> = () => undefined,
): Promise<Found> {
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.77.11.${next++}`, ipv6: null },
    ports: { https: 0, rtsp: 0, http: 0 },
    weaknesses: [],
    serial: 'P1',
    syslog: null,
    lock: { failures: 5, windowSeconds: 30, lockSeconds: 1 },
    bootSeconds: 1,
    factoryFresh: false,
    adminPassword: SECRETS.owner,
    users: [{ name: 'lab-spare', password: SECRETS['lab-spare'], role: 'viewer', spare: true }],
    ...options,
  })
  t.after(() => camera.stop())
  const statement = camera.statement()
  const bench = testBench(statement, { catalogue: catalogueData, secrets: SECRETS, sources: () => ['127.77.11.1'] })
  await prepare(statement, bench)
  const found: Found = { notPassed: {}, codes: {} }
  for (const [probe, criterion] of PAIRS)
    for (const subject of probe.kind.expected({ statement, state: 'in-service', seen: () => [] })) {
      const seen = await probe.run(bench, subject)
      assert.deepEqual(misfits(probe.kind, seen), [])
      const { verdict, codes } = judged(criterion, seen, { statement, subject })
      t.diagnostic(`${subject} ${criterion.id} ${verdict} ${codes.join()}`)
      found.codes[criterion.id] = [...(found.codes[criterion.id] ?? []), ...codes]
      if (verdict !== 'pass')
        found.notPassed[criterion.id] = [...new Set([found.notPassed[criterion.id], verdict])].filter(Boolean).join()
      assert.ok(!JSON.stringify(seen).includes(SECRETS.owner), 'the password is in no evidence')
    }
  await new Promise((done) => setTimeout(done, 100))
  assert.equal(bench.open(), 0, 'every connection was closed')
  return found
}

test('the conforming camera passes everything over ONVIF', LIMIT, async (t) => {
  const { notPassed, codes } = await judgedOnvif(t)
  assert.deepEqual(notPassed, {})
  assert.deepEqual(codes[protectedOperations.id]?.sort(), ['no-onvif', 'refused'])
  assert.deepEqual(codes[replayRefused.id], ['replayed-refused', 'stale-refused'])
  assert.equal(codes[defaults.id]?.length, 2, 'by Digest and by token')
})

const WEAK: [string, string][] = [
  ['onvif-open-operations', protectedOperations.id],
  ['onvif-default-password', defaults.id],
  ['onvif-replay-accepted', replayRefused.id],
]
for (const [weakness, criterion] of WEAK)
  test(`the weakness ${weakness} fails its criterion and no other`, LIMIT, async (t) => {
    assert.deepEqual((await judgedOnvif(t, { weaknesses: [weakness] })).notPassed, { [criterion]: 'fail' })
  })

test(
  'every way to log in is tried with the right password, declared or not, also over plain HTTP',
  LIMIT,
  async (t) => {
    const taken = async (weaknesses: string[], authentication: ('digest' | 'username-token')[]) => {
      const camera = await startReferenceCamera({
        addresses: { ipv4: `127.77.11.${next++}`, ipv6: null },
        ports: { https: 0, rtsp: 0, http: 0 },
        ...{ weaknesses, serial: 'P2', syslog: null, bootSeconds: 1, factoryFresh: false },
        lock: { failures: 5, windowSeconds: 30, lockSeconds: 1 },
        adminPassword: SECRETS.owner,
      })
      t.after(() => camera.stop())
      const statement = camera.statement()
      for (const { onvif } of statement.services) if (onvif) onvif.authentication = authentication
      const bench = testBench(statement, { catalogue: catalogueData, secrets: SECRETS, sources: () => ['127.77.11.1'] })
      const all: Record<string, string> = {}
      for (const subject of operations.kind.expected({ statement, state: 'in-service', seen: () => [] })) {
        const seen = await operations.run(bench, subject)
        assert.deepEqual(misfits(operations.kind, seen), [])
        assert.ok(!JSON.stringify(seen).includes(SECRETS.owner), 'the password is in no evidence')
        if (!seen.answered) continue
        const value = seen.value as OnvifOperations
        const ways = (['challenge', 'token', 'text'] as const).filter((way) => takes(value, way))
        all[value.tls ? 'https' : 'http'] = ways.join()
      }
      return all
    }
    assert.deepEqual(await taken([], ['digest']), { https: 'challenge,token', http: '' })
    assert.deepEqual(await taken(['onvif-text-password'], ['username-token']), {
      https: 'challenge,token,text',
      http: 'challenge,token,text',
    })
  },
)

test('a camera whose clock is wrong by years is asked by its own clock', LIMIT, async (t) => {
  const { notPassed } = await judgedOnvif(t, {}, async ({ services }, bench) => {
    const to = bench.endpoint('ipv4', services[0]?.port ?? 0, true)
    assert.ok(to)
    const time = '<Time><Hour>3</Hour><Minute>4</Minute><Second>5</Second></Time>'
    const date = '<Date><Year>2031</Year><Month>2</Month><Day>1</Day></Date>'
    const exchange = await onvifClient(bench, to).call({
      service: 'device',
      operation: 'SetSystemDateAndTime',
      target: '/onvif/device_service',
      body: `<DateTimeType>Manual</DateTimeType><DaylightSavings>false</DaylightSavings><UTCDateTime xmlns="http://www.onvif.org/ver10/schema">${time}${date}</UTCDateTime>`,
      as: { credential: bench.credential('owner'), scheme: 'digest' },
    })
    assert.equal(responseTo('SetSystemDateAndTime', 'device', answerOf(exchange))?.name, 'SetSystemDateAndTimeResponse')
  })
  assert.deepEqual(notPassed, {})
})

test('a credential that does not work, or may not see the users, passes nothing', LIMIT, async (t) => {
  const wrong = await judgedOnvif(t, { adminPassword: 'Other-123-xyz' })
  assert.deepEqual(wrong.notPassed, {
    [protectedOperations.id]: 'inconclusive',
    [defaults.id]: 'inconclusive',
    [replayRefused.id]: 'inconclusive',
  })
  const viewer = await judgedOnvif(t, {}, (s) => {
    for (const service of s.services) if (service.onvif) service.onvif.account = 'lab-spare'
  })
  assert.deepEqual(viewer.notPassed, { [protectedOperations.id]: 'inconclusive' })
})

test('ONVIF declared where there is none passes nothing', LIMIT, async (t) => {
  const elsewhere = (s: Statement): void => {
    for (const service of s.services) if (service.onvif) service.onvif.target = '/nothing'
  }
  assert.deepEqual((await judgedOnvif(t, {}, elsewhere)).notPassed, {
    [protectedOperations.id]: 'inconclusive',
    [defaults.id]: 'inconclusive',
    [replayRefused.id]: 'inconclusive',
  })
})

interface Strange {
  port: number
  /** Host headers and targets asked for. */
  asked: string[]
  failures: number
}

/**
 * A camera of another make, which shares no code with ours: text by regular expression, NotAuthorized with status 200, other
 * prefixes, service addresses at another host. After `most` failures in all it admits nobody for a second.
 */
async function strange(
  t: TestContext,
  { open = [] as string[], more = [] as string[], most = Infinity, dies = Infinity } = {},
): Promise<Strange> {
  const seen: Strange = { port: 0, asked: [], failures: 0 }
  let lockedUntil = 0
  const answer = (body: string): string =>
    `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.onvif.org/ver10/device/wsdl" xmlns:b="http://www.onvif.org/ver10/media/wsdl"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`
  const no =
    '<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value xmlns:q="http://www.onvif.org/ver10/error">q:NotAuthorized</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code></SOAP-ENV:Fault>'
  const allowed = (body: string): boolean => {
    const field = (name: string): string => new RegExp(`<\\w+:${name}(?: [^>]*)?>([^<]*)<`).exec(body)?.[1] ?? ''
    if (field('Username') === '') return false
    const wanted = createHash('sha1')
      .update(Buffer.from(field('Nonce'), 'base64'))
      .update(field('Created') + SECRETS.owner)
      .digest('base64')
    const isRight = Date.now() >= lockedUntil && field('Username') === 'admin' && field('Password') === wanted
    if (!isRight && ++seen.failures % most === 0) lockedUntil = Date.now() + 1000
    return isRight
  }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (d: Buffer) => (body += d.toString('utf8')))
    request.on('end', () => {
      seen.asked.push(`${request.headers.host} ${request.url}`)
      if (seen.asked.length > dies) return request.socket.destroy()
      const [, operation = '', namespace = ''] = /<(\w+) xmlns="([^"]*)"/.exec(body.split('Body>')[1] ?? '') ?? []
      const prefix = namespace.includes('media') ? 'b' : 'a'
      const known: Record<string, string> = {
        GetServices: `<a:Service><a:Namespace>http://www.onvif.org/ver10/media/wsdl</a:Namespace><a:XAddr>http://127.77.13.99:80/stolen</a:XAddr></a:Service>${more
          .map(
            (name) =>
              `<a:Service><a:Namespace>http://www.onvif.org/${name}/wsdl</a:Namespace><a:XAddr>http://127.77.13.2:${seen.port}/${name}</a:XAddr></a:Service>`,
          )
          .join('')}`,
        GetSystemDateAndTime: '<a:SystemDateAndTime/>',
        GetUsers: '<a:User/>',
        GetDeviceInformation: '<a:Model>X</a:Model>',
        GetProfiles: '<b:Profiles token="p&amp;1"/>',
        GetStreamUri: '<b:MediaUri/>',
      }
      const isMore = more.some((name) => request.url === `/${name}`)
      const inner = isMore ? '<x/>' : known[operation]
      const isPublic = ['GetSystemDateAndTime', ...open].includes(operation)
      const granted = isPublic || (operation === 'GetServices' && more.length === 0) || allowed(body)
      if (isMore && granted)
        return response.end(answer(`<${operation}Response xmlns="${namespace}">${inner}</${operation}Response>`))
      response.end(
        answer(
          inner === undefined && granted
            ? '<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Receiver</SOAP-ENV:Value></SOAP-ENV:Code></SOAP-ENV:Fault>'
            : granted
              ? `<${prefix}:${operation}Response>${inner}</${prefix}:${operation}Response>`
              : no,
        ),
      )
    })
  })
  server.listen(0, '127.77.13.2')
  await once(server, 'listening')
  t.after(() => server.close())
  seen.port = (server.address() as AddressInfo).port
  return seen
}

/** Operations and replay at a strange camera. */
async function judgedStrange(
  device: Strange,
  failures?: number,
): Promise<{ found: string[]; elsewhere: string[]; wrongs: number }> {
  const statement = emptyStatement({
    samples: [
      { id: 'a', serial: 'S', arrives: 'in-service', addresses: { ipv4: '127.77.13.2', ipv6: null }, macs: [] },
    ],
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port: device.port,
        protocol: 'http',
        families: ['ipv4'],
        purpose: 'ONVIF',
        onvif: { target: '/onvif/device_service', authentication: ['username-token'], account: 'owner' },
      },
    ],
    accounts: [{ id: 'owner', user: 'admin', password: { env: 'X' }, role: 'administrator' }],
    logins: [{ id: 'web', service: 'web', account: 'owner', target: '/' }],
    bruteForce: failures ? [{ login: 'web', protection: 'lock', failures, lockSeconds: 1, windowSeconds: 1 }] : [],
  })
  const bench = testBench(statement, { catalogue: catalogueData, secrets: SECRETS, sources: () => ['127.77.13.1'] })
  const subject = `a/ipv4/${String(device.port).padStart(5, '0')}`
  const seen = await operations.run(bench, subject)
  assert.deepEqual(misfits(operations.kind, seen), [])
  const first = judged(protectedOperations, seen, { statement, subject })
  const value = seen.answered ? seen.value : null
  const replayed = await replay.run(bench, 'a/onvif/web/username-token')
  const second = judged(replayRefused, replayed, { statement })
  return {
    found: [first, second].map(({ verdict, codes }) => `${verdict} ${codes.join()}`),
    elsewhere: value?.elsewhere ?? [],
    wrongs: value?.asked.filter((a) => a.wrong !== null).length ?? 0,
  }
}

test('a camera of another make is judged by what it says, and led nowhere else', LIMIT, async (t) => {
  const sound = await strange(t)
  const { found, elsewhere, wrongs } = await judgedStrange(sound)
  assert.deepEqual(found, ['pass refused', 'fail replayed-accepted,stale-accepted'])
  assert.deepEqual(elsewhere, ['http://127.77.13.99:80/stolen'])
  assert.ok(sound.asked.every((a) => a.startsWith('127.77.13.2:') && !a.includes('stolen')))
  assert.ok(sound.asked.some((a) => a.endsWith('/onvif/media_service')))
  assert.equal(wrongs, 1, 'no lock is declared: only a few wrong passwords, and two by other ways to log in')
  const open = await judgedStrange(await strange(t, { open: ['GetProfiles'] }))
  assert.equal(open.found[0], 'fail given,refused')
})

test(
  'services that the device lists are asked as well, also where the list itself needs a log-in',
  LIMIT,
  async (t) => {
    const more = ['ver20/ptz', 'ver20/media', 'ver20/unheard-of']
    const sound = await strange(t, { more })
    assert.equal((await judgedStrange(sound)).found[0], 'pass refused')
    const asked = (path: string) => sound.asked.filter((a) => a.endsWith(`/${path}`)).length
    assert.ok(asked('ver20/ptz') >= 8 && asked('ver20/media') >= 10, sound.asked.join())
    assert.deepEqual([asked('ver20/imaging'), asked('ver20/unheard-of')], [0, 0])
    assert.equal((await judgedStrange(await strange(t, { more, open: ['GetNodes'] }))).found[0], 'fail given,refused')
  },
)

test('a lock that the wrong passwords set off is waited out, and no other is sent', LIMIT, async (t) => {
  const { found, wrongs } = await judgedStrange(await strange(t, { most: 3 }), 8)
  assert.equal(found[0], 'pass refused')
  assert.ok(wrongs <= 3, `${wrongs} wrong passwords`)
})

test('a camera that stops answering passes nothing', LIMIT, async (t) => {
  for (const dies of [0, 1, 9]) {
    const { found } = await judgedStrange(await strange(t, { dies }))
    assert.ok(
      found.every((f) => f.startsWith('inconclusive')),
      found.join('; '),
    )
  }
})
