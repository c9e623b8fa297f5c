import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bilingual } from '../reports/locales/index.ts'
import type { Criterion } from '../suites/criterion.ts'
import { criterion } from '../suites/encryption/no-plain-addresses.ts'
import { parseMessage } from '../suites/facts/http-message.ts'
import { addressesInPage, addressOf } from '../suites/facts/told-addresses.ts'
import type { Observation, ObservationKind } from '../suites/observation.ts'
import { kind as httpAnonymous, type HttpAnonymous } from '../suites/observations/http-anonymous.ts'
import { kind as operations, type OnvifAsked } from '../suites/observations/onvif-operations.ts'
import { kind as services } from '../suites/observations/services.ts'
import { kind as tcpPorts } from '../suites/observations/tcp-ports.ts'
import type { Service, Statement } from '../suites/statement.ts'
import { misfits } from './support/authentication.ts'
import { emptyStatement } from './support/bench.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { asked, exchange, onvif } from './support/unit.ts'

/** Addresses without encryption in answers over TLS, judged as one regulation or another asks. */
const KINDS: ObservationKind[] = [httpAnonymous, operations, services, tcpPorts]
const SUBJECT = 'a/ipv4/00443'
const CORE = { addresses: 'violation', declaredStreams: 'noted' }

const service = (id: string, port: number, protocol: Service['protocol'], over: Partial<Service> = {}): Service => ({
  id,
  transport: 'tcp',
  port,
  protocol,
  families: ['ipv4'],
  purpose: 'test',
  ...over,
})
const WEB = service('web', 443, 'https')
const unit = (list: Service[] = [WEB, service('stream', 554, 'rtsp')], over: Partial<Statement> = {}): Statement =>
  emptyStatement({
    samples: [
      { id: 'a', serial: 'S1', arrives: 'in-service', addresses: { ipv4: '10.0.0.2', ipv6: 'fd00::2' }, macs: [] },
    ],
    services: list,
    ...over,
  })

const answer = (head: string, body = '') => `HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const html = (body: string) => answer('200 OK\r\nContent-Type: text/html', body)

/** The start page and a protected page, of an endpoint over TLS unless something else is said. */
function pages(genuine: string | null, over: Partial<HttpAnonymous> = {}, subject = SUBJECT): Observation {
  const opening = exchange(html('<a href="/log-in">Log in</a>'))
  const visit = { target: '/live', source: 'declared', access: 'protected', holds: 'page' } as const
  const anonymous = exchange(answer('401 Unauthorized'))
  const visits = [{ ...visit, anonymous, genuine: genuine === null ? null : exchange(genuine) }]
  const value: HttpAnonymous = { family: 'ipv4', port: 443, tls: true, opening, visits, closing: opening, complete: true, ...over } // prettier-ignore
  assert.deepEqual(misfits(httpAnonymous, { answered: true, value, controls: [], artifacts: [] }), [])
  return answered(httpAnonymous, subject, value)
}

function judge(seen: Observation[], statement = unit(), parameters: Record<string, unknown> = CORE, subject = SUBJECT) {
  const found = judgeBy(criterion as unknown as Criterion, { statement, observations: seen, kinds: KINDS, parameters })
  const judgement = found.find((j) => j.subject === subject)
  assert.ok(judgement)
  for (const { message } of judgement.findings)
    if (!message.code.startsWith('framework.'))
      assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), message.code)
  return { verdict: judgement.verdict, codes: codes(judgement), findings: judgement.findings }
}

const SOUND = html('<img src="/snapshot.jpg"><script src="https://10.0.0.2/a.js"></script>')
const media = (operation: string, uri: string): OnvifAsked =>
  asked(operation, `<trt:MediaUri><tt:Uri>${uri}</tt:Uri></trt:MediaUri>`, { service: 'media' })

describe('addresses within a protected session', () => {
  test('relative and encrypted ones pass, with ONVIF and without', () => {
    const alone = judge([pages(SOUND)])
    assert.deepEqual([alone.verdict, alone.codes], ['pass', ['looked']])
    const both = judge([pages(SOUND), onvif([media('GetSnapshotUri', 'https://10.0.0.2/s.jpg'), media('GetStreamUri', 'rtsps://10.0.0.2/1')])]) // prettier-ignore
    assert.deepEqual([both.verdict, both.codes], ['pass', ['looked']])
    assert.equal(both.findings[0]?.message.values['addresses'], 3)
  })

  test('a snapshot without TLS, by ONVIF, a redirect, a part of a page or a form: fail, cited', () => {
    const byOnvif = judge([pages(SOUND), onvif([media('GetSnapshotUri', 'http://10.0.0.2:8080/s.jpg?x=1')])])
    assert.deepEqual([byOnvif.verdict, byOnvif.codes], ['fail', ['leads-out', 'looked']])
    assert.deepEqual(byOnvif.findings[0]?.message.values, { address: 'http://10.0.0.2:8080/s.jpg', by: 'ONVIF GetSnapshotUri' }) // prettier-ignore
    assert.deepEqual(byOnvif.findings[0]?.cites[0]?.at, '/asked/0/genuine')
    for (const page of [
      answer('302 Found\r\nLocation: http://10.0.0.2/live'),
      html("<IMG alt=x src='http://10.0.0.2/snapshot.jpg'>"),
      html('<form method=post action=http://10.0.0.2/log-in>'),
      html('<meta http-equiv="refresh" content="0; url=http://10.0.0.2/">'),
      html('<iframe src="http://[FD00:0:0::2]/live">'),
    ])
      assert.deepEqual(judge([pages(page)]).codes, ['leads-out', 'looked'], page)
    const services = asked(
      'GetServices',
      '<tds:Service><tds:XAddr>http://10.0.0.2/onvif/media</tds:XAddr></tds:Service>',
    )
    assert.equal(judge([pages(SOUND), onvif([], { services: services.genuine })]).verdict, 'fail')
  })

  test('the regulation decides whether it is noted, suspected or a violation', () => {
    const seen = [pages(SOUND), onvif([media('GetSnapshotUri', 'http://10.0.0.2/s.jpg')])]
    assert.deepEqual(judge(seen, unit(), {}).codes, ['leads-out?', 'looked'])
    assert.equal(judge(seen, unit(), {}).verdict, 'inconclusive')
    const noted = judge(seen, unit(), { addresses: 'noted' })
    assert.deepEqual([noted.verdict, noted.codes], ['pass', ['noted', 'looked']])
  })

  test('RTSP that is declared without TLS accuses nobody who asks for no more; undeclared RTSP does', () => {
    const seen = [pages(SOUND), onvif([media('GetStreamUri', 'rtsp://admin:x@10.0.0.2/live/main')])]
    const declared = judge(seen)
    assert.deepEqual([declared.verdict, declared.codes], ['pass', ['declared-stream', 'looked']])
    assert.equal(declared.findings[0]?.message.values['address'], 'rtsp://10.0.0.2/live/main')
    assert.equal(judge(seen, unit(), { ...CORE, declaredStreams: 'violation' }).verdict, 'fail')
    assert.equal(judge(seen, unit([WEB])).verdict, 'fail')
    assert.equal(judge(seen, unit([WEB, service('stream', 322, 'rtsps')])).verdict, 'fail')
  })

  test('what leads elsewhere is noted; a name may be the device itself; a link is the reader’s choice', () => {
    const old = judge([pages(SOUND), onvif([media('GetSnapshotUri', 'http://192.168.1.108/s.jpg')])])
    assert.deepEqual([old.verdict, old.codes], ['pass', ['elsewhere', 'looked']])
    const name = judge([pages(SOUND), onvif([media('GetSnapshotUri', 'http://camera.local/s.jpg')])])
    assert.deepEqual([name.verdict, name.codes], ['inconclusive', ['leads-out?', 'looked']])
    const maker = html('<a href="http://www.example.com/">M</a><img src="http://www.example.com/logo.png">')
    assert.deepEqual(judge([pages(maker)]).codes, ['looked'])
    const link = judge([pages(html('<a href="http://10.0.0.2/old">without TLS</a>'))])
    assert.deepEqual([link.verdict, link.codes], ['inconclusive', ['leads-out?', 'looked']])
    const words = html('<html xmlns="http://10.0.0.2/">Open http://10.0.0.2/ in your browser.')
    assert.deepEqual(judge([pages(words)]).codes, ['looked'], 'no address to go to')
    assert.deepEqual(judge([pages(answer('200 OK\r\nContent-Type: text/plain', '<img src="http://10.0.0.2/">'))]).codes, ['looked']) // prettier-ignore
  })

  test('what was not opened or not observed keeps it from passing', () => {
    assert.deepEqual(judge([pages(null)]).codes, ['not-opened', 'looked'])
    assert.equal(judge([pages(answer('401 Unauthorized'))]).verdict, 'inconclusive')
    const declared = unit([{ ...WEB, onvif: { target: '/onvif', authentication: ['digest'], account: 'owner' } }])
    assert.deepEqual(judge([pages(SOUND)], declared).codes, ['onvif-not-observed', 'looked'])
  })

  test('a port without TLS says nothing, and nothing passes where no port has TLS', () => {
    const both = unit([WEB, service('redirect', 80, 'http')])
    const redirect = pages(null, { tls: false, port: 80 }, 'a/ipv4/00080')
    const beside = judge([pages(SOUND), redirect], both, CORE, 'a/ipv4/00080')
    assert.deepEqual([beside.verdict, beside.codes], ['pass', ['without-tls']])
    const alone = judge([redirect], unit([service('web', 80, 'http')]), CORE, 'a/ipv4/00080')
    assert.deepEqual([alone.verdict, alone.codes], ['inconclusive', ['no-protected-session']])
  })

  test('addresses are read as they are written', () => {
    assert.deepEqual(addressOf(' HTTPS://[FE80::1]:8443/a?b#c ', true), { scheme: 'https', host: 'fe80::1', port: 8443, text: 'https://[FE80::1]:8443/a', isFollowed: true }) // prettier-ignore
    assert.equal(addressOf('rtsp://10.0.0.2/1', true)?.port, 554)
    for (const other of [
      '/live',
      '//10.0.0.2/',
      'mailto:a@b',
      'urn:uuid:1',
      'javascript:0',
      'onvif://x/y',
      'http://',
      '',
    ])
      assert.equal(addressOf(other, true), null, other)
  })

  test('no page breaks the reader', () => {
    let seed = 7
    const next = () => (seed = (seed * 1103515245 + 12345) % 2147483648)
    const pieces = [
      '<img src="',
      "'",
      '>',
      '<',
      'http://10.0.0.2',
      '<meta ',
      'url=',
      ' ',
      '\n',
      'href=',
      '\xff',
      '"',
      '=',
      '<a ',
    ]
    for (let i = 0; i < 300; i++) {
      const body = Array.from({ length: 60 }, () => pieces[next() % pieces.length]).join('')
      const text = html(body)
      addressesInPage(parseMessage(Uint8Array.from(text, (c) => c.charCodeAt(0))))
    }
    const long = html('<img '.repeat(50_000) + 'src=http://10.0.0.2 '.repeat(5_000))
    const began = performance.now()
    addressesInPage(parseMessage(Uint8Array.from(long, (c) => c.charCodeAt(0))))
    assert.ok(performance.now() - began < 2000)
  })
})
