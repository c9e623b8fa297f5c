import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bilingual } from '../reports/locales/index.ts'
import type { Criterion } from '../suites/criterion.ts'
import { criterion as declaredPresent } from '../suites/exposed-ports/declared-services-present.ts'
import { criterion as noInformation } from '../suites/exposed-ports/no-information-before-login.ts'
import { criterion as noInsecure } from '../suites/exposed-ports/no-insecure-services.ts'
import { criterion as undeclaredUdp } from '../suites/exposed-ports/undeclared-udp-services.ts'
import { insecureService } from '../suites/facts/insecure-services.ts'
import { ECHOED } from '../suites/facts/small-services.ts'
import { isAnswerTo, snmpOf } from '../suites/facts/udp-answer.ts'
import { udpRows, udpRowsFor } from '../suites/facts/udp-catalogue.ts'
import { informationIn } from '../suites/facts/unit-information.ts'
import type { Observation, ObservationKind } from '../suites/observation.ts'
import { kind as httpAnonymous } from '../suites/observations/http-anonymous.ts'
import { kind as rtspAnonymous } from '../suites/observations/rtsp-anonymous.ts'
import { kind as services, type Services, type ServiceSeen } from '../suites/observations/services.ts'
import { kind as tcpPorts, type TcpPorts } from '../suites/observations/tcp-ports.ts'
import { kind as udpServices, type UdpAsk, type UdpServices } from '../suites/observations/udp-services.ts'
import type { Service, Statement } from '../suites/statement.ts'
import { emptyStatement } from './support/bench.ts'
import { answered, catalogueFile, codes, fixture, judgeBy } from './support/judging.ts'

/** What a device of MiniDLNA, avahi, inetutils and busybox answered, judged as it is and with one thing changed. */
const SUBJECT = 'a/ipv4'
const KINDS: ObservationKind[] = [services, tcpPorts, udpServices, httpAnonymous, rtspAnonymous]
/** Questions that the catalogue got after the recording count as silent. */
function recordedUdp(): UdpServices {
  const value = structuredClone(fixture('udp-services/cheap-ipv4.json')) as UdpServices
  const silent = (): UdpAsk[] => [ask('silent'), ask('silent')]
  value.rows = udpRowsFor(catalogueFile('udp-services').data, 'ipv4').map(({ id, port, payload, to }) => {
    const row = value.rows.find((r) => r.id === id)
    return row ?? { id, port, payload, to: to?.ipv4 ?? value.address, sent: '', asks: silent() }
  })
  return value
}
const recordedServices = () => structuredClone(fixture('udp-services/cheap-services-ipv4.json')) as Services
const recordedTcp = () =>
  structuredClone(fixture('tcp-ports/telnet.json')) as { statement: Statement; ports: TcpPorts; services: Services }
const b64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')

const udp = (port: number, over: Partial<Service> = {}): Service => ({
  id: `u${port}`,
  transport: 'udp',
  port,
  protocol: 'other',
  families: ['ipv4'],
  purpose: 'test',
  ...over, // prettier-ignore
})
const unit = (over: Partial<Statement> = {}) =>
  emptyStatement({
    dut: { maker: { name: 'M' }, model: 'T', hardware: '1', firmware: { version: 'V4.02.R11.00002510', link: 'version-string-only' } }, // prettier-ignore
    samples: [{ id: 'a', serial: 'IPC1A2B3C4D5E6', arrives: 'in-service', addresses: { ipv4: '10.77.0.12', ipv6: null }, macs: [] }], // prettier-ignore
    ...over,
  })

function judged<P>(criterion: Criterion<never, P>, statement: Statement, seen: Observation[], parameters = {}) {
  const found = judgeBy(criterion as unknown as Criterion, { statement, observations: seen, kinds: KINDS, parameters })
  const judgement = found.find((j) => j.state === 'in-service' && j.subject === SUBJECT) ?? found[0]
  assert.ok(judgement)
  for (const { message } of judgement.findings)
    if (!message.code.startsWith('framework.'))
      assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), message.code)
  return judgement
}

const ask = (outcome: UdpAsk['outcome'], reply?: string, code: string | null = null): UdpAsk => ({
  at: 1,
  outcome,
  code,
  replies: reply === undefined ? [] : [{ elapsed: 1, port: 1900, bytes: b64(reply) }],
})
/** Nothing answered; every port but the control is silent. */
function quiet(change: (value: UdpServices) => void = () => undefined): UdpServices {
  const value = recordedUdp()
  for (const row of value.rows) row.asks = [ask('silent'), ask('silent')]
  change(value)
  return value
}
const rowOf = (value: UdpServices, id: string) => {
  const row = value.rows.find((r) => r.id === id)
  assert.ok(row)
  return row
}

describe('undeclared UDP services', () => {
  const judge = (value: UdpServices, statement = unit()) =>
    judged(undeclaredUdp as never, statement, [answered(udpServices, SUBJECT, value)])

  test('SSDP that answers its group only, and mDNS: fail, each port once', () => {
    const judgement = judge(recordedUdp())
    assert.equal(judgement.verdict, 'fail')
    const violations = judgement.findings.filter((f) => f.is === 'violation')
    assert.deepEqual(violations.map((f) => f.message.values['port']), [1900, 5353]) // prettier-ignore
    assert.deepEqual(violations[0]?.cites.map((c) => c.at), ['/rows/1']) // prettier-ignore
  })

  test('the same declared: pass; declared and silent is noted', () => {
    const judgement = judge(recordedUdp(), unit({ services: [udp(1900), udp(5353), udp(514), udp(4444)] }))
    assert.equal(judgement.verdict, 'pass')
    assert.deepEqual(codes(judgement), ['declared-answers', 'declared-answers', 'declared-silent', 'declared-not-asked', 'asked']) // prettier-ignore
    assert.equal(
      judge(recordedUdp(), unit({ services: [udp(1900), udp(5353, { families: ['ipv6'] })] })).verdict,
      'fail',
    )
    assert.equal(judge(recordedUdp(), unit({ services: [udp(1900), udp(5353, { transport: 'tcp' })] })).verdict, 'fail')
  })

  test('silence passes only between two signs of a working path', () => {
    assert.equal(judge(quiet()).verdict, 'pass')
    const lost = judge(quiet((v) => (v.control.after = ask('silent'))))
    assert.deepEqual([lost.verdict, codes(lost)], ['inconclusive', ['path-lost']])
    const dropping = quiet((v) => {
      v.control.before = ask('silent')
      v.control.after = ask('error', undefined, 'EHOSTUNREACH')
    })
    assert.deepEqual(codes(judge(dropping)), ['path-not-shown'])
    assert.equal(judge(dropping).verdict, 'inconclusive')
  })

  test('one answer of two tries is a suspicion', () => {
    const value = quiet((v) => (rowOf(v, 'sip').asks = [ask('answered', 'SIP/2.0 200 OK'), ask('silent')]))
    assert.deepEqual(codes(judge(value)), ['undeclared-once?', 'asked'])
    assert.equal(judge(value).verdict, 'inconclusive')
  })

  test('a group is listened to for answers: the questions of others do not count', () => {
    const query = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]).toString('latin1')
    const value = quiet((v) => (rowOf(v, 'mdns-multicast').asks = [ask('answered', query), ask('answered', query)]))
    assert.equal(judge(value).verdict, 'pass')
  })

  test('a range for clients excuses what speaks no known protocol, and nothing else', () => {
    const clientPorts: Statement['clientPorts'] = [{ transport: 'udp', first: 32768, last: 60999, purpose: 'RTP' }]
    const answer = (text: string) => quiet((v) => (rowOf(v, 'hikvision-sadp').asks = [ask('answered', text), ask('answered', text)])) // prettier-ignore
    const rtp = judge(answer('\x80\x60\x00\x01'), unit({ clientPorts }))
    assert.deepEqual([rtp.verdict, codes(rtp)[0]], ['inconclusive', 'client-port-answers?'])
    assert.equal(judge(answer('<?xml?><ProbeMatch><DeviceSN>'), unit({ clientPorts })).verdict, 'fail')
  })

  test('what was in use before the device came is not the device', () => {
    const value = recordedUdp()
    value.baseline = { at: 0, ports: [1900, 5353] }
    assert.deepEqual([judge(value).verdict, codes(judge(value)).slice(0, 2)], ['inconclusive', ['in-baseline', 'in-baseline']]) // prettier-ignore
  })

  test('questions that were not put, or could not be sent, keep it from passing', () => {
    const left = judge(quiet((v) => v.rows.splice(3, 1)))
    assert.deepEqual([left.verdict, codes(left)], ['inconclusive', ['not-asked', 'asked']])
    const unsent = judge(quiet((v) => (rowOf(v, 'coap').asks = [ask('error', undefined, 'ENOBUFS')])))
    assert.deepEqual([unsent.verdict, codes(unsent)], ['inconclusive', ['lab-error', 'asked']])
    const onLoopback = quiet((v) => {
      v.link = 'loopback'
      v.rows = v.rows.filter((r) => r.to === v.address)
    })
    assert.deepEqual([judge(onLoopback).verdict, codes(judge(onLoopback))], ['pass', ['asked', 'no-link']])
  })

  test('a device or service that stops answering is told', () => {
    const dead = judge(quiet((v) => v.liveness.forEach((l, i) => (l.alive = i < 2))))
    assert.deepEqual([dead.verdict, codes(dead)], ['inconclusive', ['device-died?', 'asked']])
    assert.equal(dead.findings[0]?.message.values['group'], 'media')
  })
})

describe('insecure services', () => {
  const judge = (value: Services, over: UdpServices | null = quiet()) =>
    judged(noInsecure as never, unit(), [
      answered(services, SUBJECT, value),
      ...(over ? [answered(udpServices, SUBJECT, over)] : []),
    ])
  const only = (...ports: number[]) => {
    const value = recordedServices()
    value.services = value.services.filter((s) => ports.includes(s.port))
    return value
  }
  const greeting = (text: string, port = 4000): Services => {
    const value = only(22)
    value.services = value.services.map((s) => ({ ...s, port, greeting: b64(text) }))
    return value
  }

  test('telnet and a shell without a log-in, as recorded: fail', () => {
    const judgement = judge(recordedServices())
    assert.equal(judgement.verdict, 'fail')
    const violations = judgement.findings.filter((f) => f.is === 'violation').map((f) => [f.message.code, f.message.values['port']]) // prettier-ignore
    assert.deepEqual(violations, [['telnet', 23], ['shell', 9527]]) // prettier-ignore
  })

  test('SSH, HTTP, RTSP and MQTT: pass', () => {
    const judgement = judge(only(22, 80, 554, 1883, 8080, 8200))
    assert.equal(judgement.verdict, 'pass')
    assert.ok(codes(judgement).includes('udp-gives-none'))
  })

  test('services are told by what they say, not by their port', () => {
    const told: [string, string | null][] = [
      ['220 (vsFTPd 3.0.3)\r\n', 'ftp'],
      ['220 camera ESMTP Postfix\r\n', null],
      ['\x01rlogind: Permission denied.\r\n', 'r-service'],
      ['# ', 'shell'],
      ['\r\n\x1b[32mroot@cam\x1b[0m:/# ', 'shell'],
      ['[root@IPC ~]# ', 'shell'],
      ["BusyBox v1.20.2 (2018-01-01) built-in shell (ash)\r\nEnter 'help'", 'shell'],
      ['hisilicon # ', 'shell'],
      ['debug> ', 'console'],
      ['-> ', 'console'],
      ['LocalHost login: ', 'telnet'],
      ['<stream:stream>', null],
      ['RFB 003.008\n', null],
      ['SSH-2.0-dropbear_2022.83\r\n', null],
      ['* OK IMAP4 ready [a#]\r\n', null],
    ]
    for (const [said, service] of told) {
      const [row] = greeting(said).services
      assert.ok(row)
      assert.equal(insecureService(row), service, JSON.stringify(said))
    }
    assert.equal(judge(greeting('220 (vsFTPd 3.0.3)\r\n')).verdict, 'fail')
    const authTls = Buffer.from('234 Proceed with negotiation.\r\n').toString('base64')
    const [ftp] = greeting('220 (vsFTPd 3.0.3)\r\n').services
    assert.ok(ftp)
    assert.deepEqual([insecureService({ ...ftp, authTls }), insecureService({ ...ftp, tls: true })], [null, null])
    assert.equal(insecureService({ ...ftp, authTls: Buffer.from('530 No.\r\n').toString('base64') }), 'ftp')
  })

  test('what is not recognised is no pass; at a port known for such a service it is a suspicion', () => {
    const unknown = judge(greeting('\x00\x00'))
    assert.deepEqual([unknown.verdict, codes(unknown)], ['inconclusive', ['unrecognised', 'udp-gives-none']])
    const known = judge(greeting('', 9530))
    assert.deepEqual([known.verdict, codes(known)[0]], ['inconclusive', 'quiet?'])
    const nothing = judge(only())
    assert.deepEqual([nothing.verdict, codes(nothing)[0]], ['inconclusive', 'nothing-open'])
    const many = only(22)
    many.unasked = [[5000, 5100]]
    assert.equal(judge(many).verdict, 'inconclusive')
  })

  test('SNMP with a known community, and TFTP', () => {
    const get = (error: number) => Buffer.from(`3029020100${'04067075626c6963'}a21c0204` + `37f0c5a90201${error.toString(16).padStart(2, '0')}0201003` + '00e300c06082b060102010101000500', 'hex').toString('latin1') // prettier-ignore
    assert.deepEqual(snmpOf(Buffer.from(get(0), 'latin1')), { version: 0, error: 0 })
    const snmp = (answer: string) => quiet((v) => (rowOf(v, 'snmp-v1-public').asks = [ask('answered', answer)]))
    const judgement = judge(only(22), snmp(get(2)))
    assert.equal(judgement.verdict, 'fail')
    const violation = judgement.findings.find((f) => f.is === 'violation')
    assert.deepEqual(violation?.message, {
      code: 'snmp-v1',
      values: { port: 161, family: 'ipv4', community: 'public' },
    })
    assert.equal(judge(only(22), snmp(get(16))).verdict, 'pass', 'authorizationError')
    assert.equal(judge(only(22), snmp('nonsense')).verdict, 'pass')
    const tftp = quiet((v) => (rowOf(v, 'tftp').asks = [ask('answered', '\x00\x05\x00\x01File not found\x00')]))
    assert.deepEqual(codes(judge(only(22), tftp)), ['speaks', 'tftp', 'udp-gives-none'])
    const ours = snmp(get(0))
    ours.baseline = { at: 0, ports: [161] }
    assert.equal(judge(only(22), ours).verdict, 'inconclusive')
  })

  test('services nobody needs over UDP, in the words of real ones', () => {
    const chargen = [...Array(72).keys()].map((i) => String.fromCharCode(0x20 + i)).join('') + '\r\n'
    const memcached = '\xc5\xad\x00\x00\x00\x01\x00\x00VERSION 1.6.18\r\n'
    const told: [id: string, answer: string, code: string | null][] = [
      ['echo', ECHOED, 'small-service'],
      ['echo', 'camseal', null],
      ['daytime', 'Sun Nov 22 21:36:29 2026\r\n', 'small-service'],
      ['daytime', 'Sun Nov 22', null],
      ['qotd', 'Whoever asks is told.\r\n', 'small-service'],
      ['qotd', '\x00\x01\x02\x03\x04', null],
      ['chargen', chargen, 'small-service'],
      ['chargen', chargen.slice(0, 20), null],
      ['time', '\xee\xad\xde\xdd', 'small-service'],
      ['time', '\xee\xad\xde\xdd\x00\x00\x00\x00', 'small-service'],
      ['time', '\x00\x00\x00\x01', null],
      ['memcached', memcached, 'memcached'],
      ['memcached', 'VERSION 1.6.18\r\n', null],
    ]
    for (const [id, answer, code] of told) {
      const judgement = judge(only(22), quiet((v) => (rowOf(v, id).asks = [ask('answered', answer), ask('answered', answer)]))) // prettier-ignore
      const found = judgement.findings.filter((f) => f.is === 'violation').map((f) => f.message.code)
      assert.deepEqual([judgement.verdict, found], code === null ? ['pass', []] : ['fail', [code]], `${id} ${answer}`)
    }
  })

  test('rpcbind is shown, and fails only where nobody declared it', () => {
    const reply = Buffer.from('c5a1b1c2000000010000000000000000'.padEnd(48, '0'), 'hex').toString('latin1')
    const value = quiet((v) => (rowOf(v, 'rpcbind').asks = [ask('answered', reply), ask('answered', reply)]))
    assert.deepEqual([judge(only(22), value).verdict, codes(judge(only(22), value))], ['pass', ['speaks', 'noted', 'udp-gives-none']]) // prettier-ignore
    const undeclared = (statement: Statement) =>
      judged(undeclaredUdp as never, statement, [answered(udpServices, SUBJECT, value)]).verdict
    assert.deepEqual([undeclared(unit()), undeclared(unit({ services: [udp(111)] }))], ['fail', 'pass'])
  })

  test('without the UDP side it is open', () => {
    assert.deepEqual(codes(judge(only(22), null)), ['speaks', 'udp-not-observed'])
    assert.equal(judge(only(22), null).verdict, 'inconclusive')
    const lost = quiet((v) => (v.control.after = ask('silent')))
    assert.deepEqual(codes(judge(only(22), lost)), ['speaks', 'udp-path-not-shown'])
    const unasked = quiet((v) => (rowOf(v, 'tftp').asks = []))
    assert.deepEqual(codes(judge(only(22), unasked)), ['speaks', 'udp-not-asked'])
  })
})

describe('declared services', () => {
  function judge(change: (r: ReturnType<typeof recordedTcp>) => void = () => undefined) {
    const r = recordedTcp()
    change(r)
    const seen = [answered(tcpPorts, SUBJECT, r.ports), answered(services, SUBJECT, r.services)]
    return judged(declaredPresent as never, r.statement, seen)
  }
  const tcp = (port: number, protocol: Service['protocol'], over: Partial<Service> = {}): Service => ({
    id: `t${port}`,
    transport: 'tcp',
    port,
    protocol,
    families: ['ipv4'],
    purpose: 'test',
    ...over, // prettier-ignore
  })

  test('all there: pass', () => {
    assert.deepEqual([judge().verdict, codes(judge())], ['pass', ['there', 'there']])
  })

  test('one that refuses every connection after a question is not shown to stay: inconclusive', () => {
    const died = judge((r) => r.services.services.forEach((s) => (s.closedAfter = 'http')))
    assert.deepEqual([died.verdict, codes(died)], ['inconclusive', ['closed-after?', 'closed-after?']])
  })

  test('refused in both sweeps: fail; with a declared condition it is excused', () => {
    const missing = judge((r) => r.statement.services.push(tcp(5000, 'other')))
    assert.deepEqual([missing.verdict, codes(missing)], ['fail', ['there', 'not-there', 'there']])
    const excused = judge((r) => r.statement.services.push(tcp(5000, 'other', { when: 'during an RTSP session' })))
    assert.deepEqual([excused.verdict, codes(excused)[1]], ['pass', 'absent-as-declared'])
    const elsewhere = judge((r) => r.statement.services.push(tcp(5000, 'other', { families: ['ipv6'] })))
    assert.equal(elsewhere.verdict, 'pass')
  })

  test('no answer is a suspicion, a voided window a gap', () => {
    const silent = judge((r) => {
      r.statement.services.push(tcp(5000, 'other'))
      for (const s of r.ports.sweeps) s.refused = s.refused.map(([a = 0, b = 0]) => (a <= 5000 && b >= 5000 ? [5001, b] : [a, b])) // prettier-ignore
    })
    assert.deepEqual([silent.verdict, codes(silent)[1]], ['inconclusive', 'no-answer?'])
    const voided = judge((r) => {
      r.statement.services.push(tcp(5000, 'other'))
      const [, second] = r.ports.sweeps
      assert.ok(second)
      second.refused = [[1, 4000]]
      second.voided = [[4001, 6000]]
    })
    assert.deepEqual([voided.verdict, codes(voided)[1]], ['inconclusive', 'voided'])
    const noCanary = judge((r) => {
      r.statement.services.push(tcp(5000, 'other'))
      for (const s of r.ports.sweeps) s.canary = { port: null, asked: 0, missed: 0 }
    })
    assert.equal(noCanary.verdict, 'inconclusive')
  })

  test('another protocol than the declared one: fail', () => {
    const as = (protocol: Service['protocol']) => judge((r) => r.statement.services.forEach((s) => s.id === 'web' && (s.protocol = protocol))) // prettier-ignore
    assert.equal(as('http').verdict, 'fail', 'it speaks TLS')
    assert.equal(as('rtsps').verdict, 'fail')
    assert.equal(as('other').verdict, 'pass')
    const plain = judge((r) => r.services.services.forEach((s) => (s.tls = false)))
    assert.deepEqual(codes(plain), ['there', 'speaks-other'])
    const both = judge((r) => r.services.services.forEach((s) => s.port === 8443 && (s.rtspAnswer = b64('RTSP/1.0 200 OK')))) // prettier-ignore
    assert.equal(both.verdict, 'pass', 'RTSP through HTTP answers both')
  })

  test('nothing declared', () => {
    assert.equal(judge((r) => (r.statement.services = [])).verdict, 'not-applicable')
    const other = judge((r) => (r.statement.services = [tcp(80, 'http', { families: ['ipv6'] })]))
    assert.deepEqual(codes(other), ['none-declared'])
  })
})

describe('information before log-in', () => {
  const plain = (text: string): ServiceSeen => ({
    port: 80,
    asked: ['greeting'],
    greeting: b64(text),
    tlsAnswer: '',
    tls: false,
    httpAnswer: '',
    rtspAnswer: '',
    mqttAnswer: '', // prettier-ignore
  })
  const judge = (value: Services, over: UdpServices = quiet(), statement = unit(), parameters = {}) =>
    judged(noInformation as never, statement, [answered(services, SUBJECT, value), answered(udpServices, SUBJECT, over)], parameters) // prettier-ignore
  const saying = (text: string): Services => ({ ...recordedServices(), services: [plain(text)] })

  test('serial number and firmware version in a TXT record of avahi: fail, cited', () => {
    const judgement = judge(saying('SSH-2.0-x'), recordedUdp())
    assert.equal(judgement.verdict, 'fail')
    assert.deepEqual(codes(judgement), ['serial-told', 'firmware-told', 'looked'])
    assert.ok(judgement.findings[0]?.cites.every((c) => c.kind === 'udp-services'))
  })

  test('kinds that count come from the regulation', () => {
    assert.deepEqual(codes(judge(saying('x'), recordedUdp(), unit(), { kinds: ['user'] })), ['looked'])
    assert.deepEqual(codes(judge(saying('x'), recordedUdp(), unit(), { kinds: ['firmware'] })), ['firmware-told', 'looked']) // prettier-ignore
  })

  test('nothing told: pass; nothing said, or not observed: open', () => {
    assert.equal(judge(saying('SSH-2.0-dropbear\r\n')).verdict, 'pass')
    assert.deepEqual(codes(judge({ ...recordedServices(), services: [] })), ['nothing-said'])
    const unseen = judged(noInformation as never, unit(), [answered(services, SUBJECT, saying('x'))])
    assert.deepEqual([unseen.verdict, codes(unseen)], ['inconclusive', ['not-observed', 'looked']])
    const short = unit({ samples: unit().samples.map((s) => ({ ...s, serial: 'S1' })) })
    assert.deepEqual(codes(judge(saying('x'), quiet(), short)), ['serial-too-short', 'looked'])
  })

  test('what is found, and what only looks alike', () => {
    const about = { serials: ['RC1-000123'], versions: ['2.4.0'], users: ['admin', 'van.nguyen', 'tester'] }
    const found = (text: string, versions = about.versions) =>
      informationIn(text, { ...about, versions }).map((f) => `${f.kind}${f.certain ? '' : '?'}`).join() // prettier-ignore
    for (const [text, expected] of [
      ['WWW-Authenticate: Digest realm="rc1-000123"', 'serial'],
      [[...'sn=RC1-000123;'].join('\x00'), 'serial'],
      ['RC1-0001234 XRC1-000123', ''],
      ['HTTP/1.1 200 OK\r\nServer: IPCam/2.4.0\r\n', 'firmware'],
      ['HTTP/1.1 200 OK\r\nServer: IPCam/2.4.0.1\r\n', ''],
      ['<firmwareVersion>2.4.0</firmwareVersion>', 'firmware'],
      ['{"fw":"2.4.0"}', 'firmware'],
      ['jquery-2.4.0.min.js 2.4.0', ''],
      ['main.js?v=2.4.0', 'firmware?'],
      ['Version 2.4.0', 'firmware?'],
      ['footer v2.4.0 here', 'firmware?'],
      ['user=admin <a href="/admin/">Administrator</a>', ''],
      ['"userName":"van.nguyen"', 'user'],
      ['page by a tester', 'user?'],
      ['fastest testers', ''],
    ] as const)
      assert.equal(found(text), expected, text)
    const ofModel = (text: string) => informationIn(text, { ...about, models: ['FM-1'] }).map((f) => `${f.kind}${f.certain ? '' : '?'}`).join() // prettier-ignore
    for (const [text, expected] of [
      ['0\x29\x04\x13FM-1 recorder 2.4.0', 'firmware'],
      ['FM-1/2.4.0', 'firmware'],
      ['FM-1 lighttpd/2.4.0', ''],
      ['FM-1\n2.4.0', ''],
      ['XFM-1 2.4.0', ''],
    ] as const)
      assert.equal(ofModel(text), expected, text)
    assert.equal(found('FM-1 recorder 2.4.0'), '')
    assert.equal(found('RTSP/1.0 200 OK <?xml version="1.0"?> UPnP/1.0', ['1.0']), '')
    assert.equal(found('Server: Boa/0.94', ['0.94']), 'firmware?')
  })
})

/** A small generator with a fixed seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

test('hostile bytes make no parser throw or hang', () => {
  const random = seeded(20261122)
  const payloads = udpRows(catalogueFile('udp-services').data).map((r) => r.payload)
  const genuine = recordedUdp().rows.flatMap((r) => r.asks.flatMap((a) => a.replies.map((x) => Buffer.from(x.bytes, 'base64')))) // prettier-ignore
  const about = { serials: ['RC1-000123'], versions: ['2.4.0', '1.0'], users: ['van.nguyen'] }
  const row = recordedServices().services[0]
  assert.ok(row)
  for (let i = 0; i < 3000; i++) {
    const source = genuine[Math.floor(random() * genuine.length)] ?? Buffer.alloc(0)
    const bytes = i % 2 === 0 ? Buffer.from(source.subarray(0, Math.floor(random() * source.length))) : Buffer.alloc(Math.floor(random() * 300)) // prettier-ignore
    for (let k = 0; k < 6 && bytes.length > 0; k++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    snmpOf(bytes)
    isAnswerTo(payloads[i % payloads.length] ?? '', bytes)
    informationIn(bytes.toString('latin1'), about)
    insecureService({ ...row, greeting: bytes.toString('base64') })
  }
  const started = performance.now()
  for (const long of [
    'version '.repeat(9000),
    'a '.repeat(32000),
    '2.4.0 '.repeat(11000),
    'user='.repeat(13000),
    '~/'.repeat(32000),
  ]) {
    informationIn(long, about)
    insecureService({ ...row, greeting: b64(long) })
    isAnswerTo('sadp', Buffer.from(long))
    isAnswerTo('ws-discovery-any', Buffer.from('<Envelope '.repeat(6000)))
  }
  assert.ok(performance.now() - started < 10_000)
})
