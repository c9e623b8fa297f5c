import assert from 'node:assert/strict'
import { test } from 'node:test'
import { criterion as noBasicInClear } from '../suites/authentication/no-basic-in-clear.ts'
import { criterion as defaults } from '../suites/authentication/no-default-onvif-credentials.ts'
import { criterion as protectedOperations } from '../suites/authentication/onvif-operations-protected.ts'
import { criterion as replayRefused } from '../suites/authentication/onvif-token-replay-refused.ts'
import type { Criterion } from '../suites/criterion.ts'
import { onvifOperations } from '../suites/facts/catalogue.ts'
import { parseMessage, type HttpMessage } from '../suites/facts/http-message.ts'
import {
  deviceTime,
  onvifLikeness,
  onvifOutcome,
  responseTo,
  serviceAddresses,
  speaksOnvif,
} from '../suites/facts/onvif.ts'
import { soapOf } from '../suites/facts/soap.ts'
import { readXml } from '../suites/facts/xml.ts'
import { verdictOf } from '../suites/judge.ts'
import type { ObservationKind } from '../suites/observation.ts'
import type { Challenges } from '../suites/observations/challenges.ts'
import type { CredentialTries } from '../suites/observations/credential-tries.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import {
  kind as operations,
  type OnvifAsked,
  type OnvifOperations,
  type OnvifWays,
} from '../suites/observations/onvif-operations.ts'
import type { OnvifTokenReplay } from '../suites/observations/onvif-token-replay.ts'
import { kind as services } from '../suites/observations/services.ts'
import { kind as tcpPorts } from '../suites/observations/tcp-ports.ts'
import type { Statement } from '../suites/statement.ts'
import { catalogueData, judged, misfits } from './support/authentication.ts'
import { emptyStatement } from './support/bench.ts'
import { answered, codes, judgeBy } from './support/judging.ts'

const SOAP_12 = 'http://www.w3.org/2003/05/soap-envelope'
const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/'
const TDS = 'http://www.onvif.org/ver10/device/wsdl'
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'

const http = (status: number, body: string, head = ''): string =>
  `HTTP/1.1 ${status} X\r\n${head}Content-Type: application/soap+xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const message = (text: string): HttpMessage => parseMessage(Uint8Array.from(text, (c) => c.charCodeAt(0)))

/** The same answers in the manners of different makers: other prefixes, default namespaces, old SOAP, a broken end. */
const given = (operation: string, inner = '<tds:A>1</tds:A>'): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="${SOAP_12}" xmlns:tds="${TDS}" xmlns:ter="http://www.onvif.org/ver10/error">` +
  `<SOAP-ENV:Header></SOAP-ENV:Header><SOAP-ENV:Body><tds:${operation}Response>${inner}</tds:${operation}Response></SOAP-ENV:Body></SOAP-ENV:Envelope>`
const givenByDefault = (operation: string): string =>
  `<Envelope xmlns="${SOAP_12}"><Body><${operation}Response xmlns="${TDS}"><B/></${operation}Response></Body></Envelope>`
const fault = (sub: string, reason = 'Sender not Authorized'): string =>
  `<e:Envelope xmlns:e="${SOAP_12}" xmlns:t="http://www.onvif.org/ver10/error" xmlns:wsse="${WSSE}"><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value>` +
  `${sub && `<e:Subcode><e:Value>${sub}</e:Value></e:Subcode>`}</e:Code><e:Reason><e:Text xml:lang="en">${reason}</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>`
const nested = `<e:Envelope xmlns:e="${SOAP_12}" xmlns:x="http://www.onvif.org/ver10/error"><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>x:InvalidArgVal</e:Value><e:Subcode><e:Value>x:NotAuthorized</e:Value></e:Subcode></e:Subcode></e:Code></e:Fault></e:Body></e:Envelope>`
const old = `<s:Envelope xmlns:s="${SOAP_11}" xmlns:w="${WSSE}"><s:Body><s:Fault><faultcode>w:FailedAuthentication</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>`

test('answers are told by their content, whatever status, prefix and version of SOAP they come with', () => {
  const outcome = (text: string) => onvifOutcome('GetUsers', 'device', message(text))
  for (const status of [200, 400, 401, 500]) {
    for (const body of [fault('t:NotAuthorized'), fault('wsse:FailedAuthentication'), nested, old])
      assert.equal(outcome(http(status, body)), 'refused', `${status} ${body}`)
    assert.equal(outcome(http(status, given('GetUsers'))), 'given')
    assert.equal(outcome(http(status, givenByDefault('GetUsers'))), 'given')
  }
  assert.equal(outcome(http(200, given('GetUsers', ''))), 'empty')
  assert.equal(outcome(http(200, given('GetScopes'))), 'other', 'the answer to something else')
  assert.equal(
    outcome(http(200, given('GetUsers').replace(TDS, 'urn:x'))),
    'other',
    'the right prefix of another namespace',
  )
  assert.equal(outcome(http(400, fault('ter:NotAuthorized'))), 'fault', 'a prefix that is bound to nothing')
  assert.equal(outcome(http(400, fault('wsse:NotAuthorized'))), 'fault', 'the right name in another namespace')
  assert.equal(outcome(http(400, fault('t:ActionNotSupported'))), 'fault')
  assert.equal(outcome(http(401, '<html>log in</html>')), 'refused')
  assert.equal(outcome(http(404, 'not found')), 'other')
  assert.equal(outcome(http(200, given('GetUsers').slice(0, -60))), 'given', 'cut off')
  assert.equal(onvifOutcome('GetUsers', 'device', null), 'no-answer')
  assert.equal(speaksOnvif(message(http(200, given('GetSystemDateAndTime')))), true)
  assert.equal(speaksOnvif(message(http(500, old))), true)
  assert.equal(speaksOnvif(message(http(500, fault('')))), false, 'any SOAP server may say so')
  assert.equal(speaksOnvif(message(http(200, '<html></html>'))), false)
})

test('a log-in is granted by an answer of ONVIF only', () => {
  const [good, bad] = [message(http(200, given('GetUsers'))), message(http(200, fault('t:NotAuthorized')))]
  assert.equal(onvifLikeness(good, good, bad), 'granted')
  assert.equal(onvifLikeness(bad, good, bad), 'refused')
  assert.equal(onvifLikeness(message(http(200, 'Ok')), good, bad), 'unclear')
  assert.equal(
    onvifLikeness(message(http(400, fault('', 'denied'))), good, message(http(400, fault('', 'denied')))),
    'refused',
  )
  assert.equal(
    onvifLikeness(message(http(400, fault('', 'busy'))), good, message(http(400, fault('', 'denied')))),
    'unclear',
  )
  assert.equal(onvifLikeness(good, good, good), 'unclear', 'a wrong password opens it too')
})

test('time and addresses are read, and only as far as they are there', () => {
  const time =
    '<tt:UTCDateTime xmlns:tt="urn:tt"><tt:Time><tt:Hour>3</tt:Hour><tt:Minute>4</tt:Minute><tt:Second>5</tt:Second></tt:Time><tt:Date><tt:Year>2031</tt:Year><tt:Month>2</tt:Month><tt:Day>1</tt:Day></tt:Date></tt:UTCDateTime>'
  const response = (inner: string) => responseTo('GetUsers', 'device', message(http(200, given('GetUsers', inner))))
  assert.deepEqual(deviceTime(response(time)), [2031, 2, 1, 3, 4, 5])
  assert.equal(deviceTime(response(time.replace('>3<', '>x<'))), null)
  assert.equal(deviceTime(null), null)
  const listed = response(
    '<tds:Service><tds:Namespace>urn:m</tds:Namespace><tds:XAddr>http://h/m</tds:XAddr></tds:Service><tds:Media><tds:XAddr> http://h/2 </tds:XAddr></tds:Media>',
  )
  assert.deepEqual(listed && serviceAddresses(listed), [
    { of: 'urn:m', address: 'http://h/m' },
    { of: 'Media', address: 'http://h/2' },
  ])
})

test('XML is read within bounds: no document type, no depth, no faults passed over', () => {
  assert.deepEqual(readXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), { root: null, whole: false })
  const deep = (n: number) => '<a>'.repeat(n) + '</a>'.repeat(n)
  assert.equal(readXml(deep(64)).whole, true)
  assert.deepEqual(readXml(deep(65)), { root: null, whole: false })
  assert.equal(readXml('<a><b></a>').whole, false)
  assert.equal(readXml('<p:a/>').whole, false, 'a prefix that is bound to nothing')
  assert.equal(readXml('').root, null)
  assert.equal(readXml('\ufeff<a/>').whole, true)
  assert.equal(readXml(`<a>${'<b/>'.repeat(30_000)}</a>`).root, null)
  assert.equal(readXml('<a x="1" p:y="2" xmlns:p="q">t<![CDATA[<]]></a>').root?.text, 't<')
  const started = performance.now()
  let seed = 77
  const random = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
  for (let i = 0; i < 3000; i++) {
    const text = [...[given('GetUsers'), nested, old][i % 3]!]
    for (let k = 0; k <= random(6); k++)
      text[random(text.length)] = ['<', '>', '&', '/', '"', ':', '\0', ' ', '!'][random(9)]!
    const cut = text.slice(0, random(text.length)).join('')
    soapOf(message(http(200, cut)))
    onvifOutcome('GetUsers', 'device', message(cut))
  }
  assert.ok(performance.now() - started < 10_000)
})

// ---------------------------------------------------------------------------------------------------- criteria

const exchange = (text: string | null, scheme: Exchange['request']['scheme'] = 'none'): Exchange => ({
  at: 1,
  elapsed: 1,
  connection: 0,
  sourceAddress: '127.0.0.1',
  request: {
    method: 'POST',
    target: '/onvif/device_service',
    headers: [],
    bodyBytes: 1,
    credential: scheme === 'none' ? null : { user: 'admin', secret: 'owner', published: false },
    scheme,
  },
  rounds:
    text === null
      ? []
      : [
          {
            elapsed: 1,
            answer: { raw: Buffer.from(text, 'latin1').toString('base64'), length: text.length, end: 'complete' },
          },
        ],
  failure: text === null ? { code: 'timeout', detail: '' } : null,
})
const NO = http(400, fault('t:NotAuthorized'))
const CLOCK = http(200, given('GetSystemDateAndTime'))

const withOnvif = (): Statement =>
  emptyStatement({
    services: [
      {
        id: 'web',
        transport: 'tcp',
        port: 80,
        protocol: 'http',
        families: ['ipv4'],
        purpose: 'web',
        onvif: { target: '/onvif/device_service', authentication: ['username-token'], account: 'owner' },
      },
    ],
  })
const SUBJECT = 'a/ipv4/00080'

const asked = (
  operation: string,
  over: Partial<Record<'anonymous' | 'wrong' | 'genuine', string | null>> = {},
): OnvifAsked => {
  const { anonymous = NO, wrong = NO, genuine = http(200, given(operation)) } = over
  return {
    service: 'device',
    operation,
    target: '/onvif/device_service',
    anonymous: exchange(anonymous),
    wrong: wrong === null ? null : exchange(wrong, 'username-token'),
    genuine: genuine === null ? null : exchange(genuine, 'username-token'),
  }
}
const seenOperations = (list: OnvifAsked[], over: Partial<OnvifOperations> = {}): OnvifOperations => ({
  family: 'ipv4',
  port: 80,
  tls: false,
  target: '/onvif/device_service',
  opening: exchange(CLOCK),
  services: exchange(CLOCK),
  elsewhere: [],
  asked: list,
  closing: exchange(CLOCK),
  complete: true,
  ...over,
})
const judgeOperations = (value: OnvifOperations, statement = withOnvif()) => {
  const seen = { answered: true as const, value, controls: [], artifacts: [] }
  assert.deepEqual(misfits(operations, seen), [])
  const { verdict, codes: found } = judged(protectedOperations, seen, { statement, subject: SUBJECT })
  return `${verdict} ${found.join()}`
}

test('operations count as protected beside the right log-in only', () => {
  const users = asked('GetUsers')
  const judge = (...list: OnvifAsked[]) => judgeOperations(seenOperations(list))
  assert.equal(judge(users), 'pass refused')
  assert.equal(judge(users, asked('GetScopes')), 'pass refused')
  assert.equal(judge(asked('GetUsers', { anonymous: http(200, given('GetUsers')) })), 'fail given')
  assert.equal(
    judge(users, asked('GetScopes', { wrong: http(200, given('GetScopes')) })),
    'fail given-to-wrong,refused',
  )
  assert.equal(
    judge(users, asked('GetScopes', { anonymous: http(200, given('GetScopes', '')) })),
    'inconclusive empty,refused',
  )
  assert.equal(judge(users, asked('GetScopes', { anonymous: http(500, 'oops') })), 'inconclusive unclear,refused')
  assert.equal(judge(users, asked('GetScopes', { anonymous: null })), 'inconclusive unclear,refused')
  assert.equal(judge(users, asked('GetDNS', { genuine: http(400, fault('t:ActionNotSupported')) })), 'pass refused')
  assert.equal(judge(), 'inconclusive none-comparable', 'nothing was asked')
  assert.equal(
    judge(asked('GetUsers', { genuine: NO })),
    'inconclusive none-comparable',
    'the right log-in does not work',
  )
  assert.equal(judge(asked('GetUsers', { genuine: null })), 'inconclusive none-comparable')
  assert.equal(judge(asked('GetScopes')), 'inconclusive refused,none-comparable', 'a viewer')
  assert.equal(
    judge(users, asked('GetHostname', { anonymous: http(200, given('GetHostname')) })),
    'pass refused',
    'open on purpose',
  )
  const odd = http(500, fault('', 'authority failure'))
  assert.equal(
    judge(users, asked('GetScopes', { anonymous: odd, wrong: odd })),
    'pass refused',
    'a fault that the right log-in alone avoids',
  )
  assert.equal(judge(users, asked('GetScopes', { anonymous: odd, wrong: null })), 'inconclusive unclear,refused')
  assert.equal(judgeOperations(seenOperations([users], { complete: false })), 'inconclusive incomplete,refused')
})

test('an endpoint without ONVIF is one where it is not declared', () => {
  const silent = { opening: exchange(http(404, 'none')), services: null, closing: null }
  assert.equal(judgeOperations(seenOperations([], silent)), 'inconclusive declared-silent')
  const elsewhere = withOnvif()
  elsewhere.services = elsewhere.services.map((s) => ({ ...s, port: 8000 }))
  assert.equal(judgeOperations(seenOperations([], silent), elsewhere), 'pass no-onvif')
  assert.equal(
    judgeOperations(seenOperations([], { ...silent, opening: exchange(null) }), elsewhere),
    'inconclusive no-answer',
  )
})

test('ONVIF that nobody declared contradicts the statement; without it nothing is to judge', () => {
  const statement = withOnvif()
  statement.services = statement.services.map(({ onvif: _, ...s }) => s)
  const kinds = [operations, services, tcpPorts] as unknown as ObservationKind[]
  for (const criterion of [protectedOperations, defaults, replayRefused] as unknown as Criterion[]) {
    const judge = (value: OnvifOperations) => {
      const [one] = judgeBy(criterion, {
        statement,
        observations: [answered(operations, SUBJECT, value)],
        kinds: [...kinds, criterion.over],
      })
      return `${one?.verdict} ${codes(one).join()}`
    }
    assert.equal(judge(seenOperations([])), 'fail onvif-undeclared')
    assert.equal(
      judge(seenOperations([], { opening: exchange(http(404, 'none')) })),
      'not-applicable no-onvif-declared',
    )
  }
})

/** Codes of what was not tried, of a log-in where everything that was tried was refused. */
function notTriedOf(
  authentication: ('digest' | 'username-token')[],
  value: OnvifOperations,
  endpoint = SUBJECT,
): string {
  const statement = withOnvif()
  for (const s of statement.services) if (s.onvif) s.onvif.authentication = authentication
  const findings = defaults.judge(
    { answered: true, value: refusedTries(), controls: [], artifacts: [] },
    { ...contextOf(statement, 'a/onvif/web/digest', value, endpoint), catalogue: catalogueData },
  )
  assert.ok(findings.some((f) => f.message.code === 'defaults-refused'))
  return findings.flatMap((f) => (f.is === 'gap' ? f.message.code : [])).join()
}

/** Verdict and codes of a log-in over TLS alone beside one ONVIF endpoint. */
function clearCodes(value: OnvifOperations): string[] {
  const challenges = {
    ...{ protocol: 'http', family: 'ipv4', port: 443, tls: true, target: '/', fresh: [], kept: [] },
    ...{ genuine: exchange(USERS), replay: null, undiscovered: [], clear: [] },
  } as Challenges
  const context = contextOf(withOnvif(), 'a/login/web', value, SUBJECT)
  const findings = noBasicInClear.judge({ answered: true, value: challenges, controls: [], artifacts: [] }, context)
  return [verdictOf(findings), ...findings.map((f) => f.message.code)]
}

/** What a criterion is given, with one observation of ONVIF beside its own. */
const contextOf = (statement: Statement, subject: string, value: OnvifOperations, endpoint: string) => {
  const citing = (of: string) => (at: string) => ({ kind: 'x', subject: of, state: 'in-service' as const, at })
  return {
    ...{ statement, subject, parameters: {}, state: 'in-service' as const, cite: citing(subject) },
    catalogue: () => null,
    others: <T>() => [
      {
        subject: endpoint,
        seen: { answered: true as const, value: value as T, controls: [], artifacts: [] },
        cite: citing(endpoint),
      },
    ],
  }
}

/** The same operation by every way to log in. */
const byWays = (taken: Partial<Record<'challenge' | 'token' | 'text' | 'after', string>>): OnvifWays => ({
  service: 'device',
  operation: 'GetUsers',
  target: '/onvif/device_service',
  challenge: exchange(taken.challenge ?? NO, 'digest-sha-256'),
  token: exchange(taken.token ?? NO, 'username-token'),
  text: exchange(taken.text ?? NO, 'username-token'),
  after: exchange(taken.after ?? NO, 'username-token'),
})
const USERS = http(200, given('GetUsers'))

test('ways to log in that are taken and not declared contradict the statement, or were not tried', () => {
  const kinds = [operations, services, tcpPorts] as unknown as ObservationKind[]
  const judgeWith = (authentication: ('digest' | 'username-token')[], value: OnvifOperations) => {
    const statement = withOnvif()
    for (const s of statement.services) if (s.onvif) s.onvif.authentication = authentication
    const judgements = judgeBy(replayRefused as unknown as Criterion, {
      statement,
      observations: [answered(operations, SUBJECT, value)],
      kinds: [...kinds, replayRefused.over as ObservationKind],
    })
    return judgements.flatMap((j) => [j.verdict, ...codes(j)])
  }
  const users = asked('GetUsers')
  const withToken = seenOperations([users], { ways: byWays({ challenge: USERS, token: USERS, after: USERS }) })
  const withText = seenOperations([users], { ways: byWays({ challenge: USERS, text: USERS, after: USERS }) })
  const without = seenOperations([users], { ways: byWays({ challenge: USERS, after: USERS }) })
  assert.deepEqual(judgeWith(['digest'], withToken), ['fail', 'way-undeclared'])
  assert.deepEqual(judgeWith(['digest'], withText), ['fail', 'way-undeclared'])
  assert.deepEqual(judgeWith(['digest'], without), ['not-applicable', 'no-onvif-declared'])
  assert.deepEqual(
    judgeWith(['digest'], seenOperations([users], { ways: null })),
    ['not-applicable', 'no-onvif-declared'],
    'nothing could be compared',
  )
  const open = seenOperations([asked('GetUsers', { anonymous: USERS })], { ways: byWays({ token: USERS }) })
  assert.deepEqual(judgeWith(['digest'], open), ['not-applicable', 'no-onvif-declared'], 'given to anybody')

  assert.equal(notTriedOf(['digest'], withToken), 'way-not-tried')
  assert.equal(notTriedOf(['username-token'], withToken), 'way-not-tried', 'a challenge is answered')
  assert.equal(notTriedOf(['digest', 'username-token'], withToken), '')
  assert.equal(notTriedOf(['digest'], without), '')
  const elsewhere = { ...withToken, port: 8000 }
  assert.equal(notTriedOf(['digest', 'username-token'], elsewhere, 'a/ipv4/08000'), 'onvif-elsewhere')
  const silent = seenOperations([], { port: 8000, opening: exchange(http(404, 'none')), services: null, closing: null })
  assert.equal(notTriedOf(['digest'], silent, 'a/ipv4/08000'), '', 'no ONVIF there')
})

test('a username token with the password itself is a password in clear where nothing is encrypted', () => {
  const found = (tls: boolean, ways: OnvifWays | null) => clearCodes(seenOperations([asked('GetUsers')], { tls, ways }))
  assert.deepEqual(found(false, byWays({ text: USERS })), ['fail', 'text-token-accepted', 'nothing-in-clear'])
  assert.deepEqual(found(true, byWays({ text: USERS })), ['pass', 'nothing-in-clear'])
  assert.deepEqual(found(false, byWays({ token: USERS })), ['pass', 'nothing-in-clear'])
  assert.deepEqual(found(false, null), ['pass', 'nothing-in-clear'])
})

test('a recorded token must be refused between fresh ones that work', () => {
  const OK = http(200, given('GetDeviceInformation'))
  const judge = (
    over: Partial<Record<'anonymous' | 'wrong' | 'genuine' | 'replayed' | 'stale' | 'closing', string | null>>,
  ) => {
    const text = { anonymous: NO, wrong: NO, genuine: OK, replayed: NO, stale: NO, closing: OK, ...over }
    const value: OnvifTokenReplay = {
      family: 'ipv4',
      port: 80,
      tls: false,
      target: '/onvif/device_service',
      operation: 'GetDeviceInformation',
      timed: true,
      anonymous: exchange(text.anonymous),
      wrong: exchange(text.wrong, 'username-token'),
      genuine: exchange(text.genuine, 'username-token'),
      replayed: exchange(text.replayed, 'username-token'),
      stale: exchange(text.stale, 'username-token'),
      staleSeconds: 86400,
      closing: exchange(text.closing, 'username-token'),
    }
    const seen = { answered: true as const, value, controls: [], artifacts: [] }
    assert.deepEqual(misfits(replayRefused.over as ObservationKind, seen), [])
    const { verdict, codes: found } = judged(replayRefused, seen, { statement: withOnvif() })
    return `${verdict} ${found.join()}`
  }
  assert.equal(judge({}), 'pass replayed-refused,stale-refused')
  assert.equal(judge({ replayed: OK }), 'fail replayed-accepted,stale-refused')
  assert.equal(judge({ stale: OK }), 'fail replayed-refused,stale-accepted')
  assert.equal(judge({ closing: NO }), 'inconclusive replayed-unclear,stale-unclear', 'the door closed meanwhile')
  assert.equal(judge({ replayed: null }), 'inconclusive replayed-unclear,stale-refused')
  assert.equal(judge({ genuine: NO }), 'inconclusive token-not-accepted')
  assert.equal(judge({ wrong: OK, replayed: OK }), 'inconclusive not-protected')
  assert.equal(judge({ anonymous: OK }), 'inconclusive not-protected')
})

const OK = http(200, given('GetDeviceInformation'))
const FAULT = http(200, fault('t:NotAuthorized'))

/** One listed credential, answered so, between log-ins with the right one. */
function refusedTries(tried = FAULT, control = OK): CredentialTries {
  const attempt = exchange(tried, 'username-token')
  return {
    family: 'ipv4',
    port: 80,
    tls: false,
    target: '/onvif/device_service',
    user: 'admin',
    declaredIsListed: false,
    anonymous: exchange(FAULT),
    knownGood: exchange(OK, 'username-token'),
    knownBad: exchange(FAULT, 'username-token'),
    batches: [
      {
        tries: [
          {
            ...attempt,
            request: { ...attempt.request, credential: { user: 'admin', secret: 'admin', published: true } },
          },
        ],
        control: exchange(control, 'username-token'),
        waited: 0,
      },
    ],
    repeats: [],
    complete: true,
    stopped: null,
  }
}

test('default credentials over ONVIF are judged by what was given', () => {
  const judge = (tried: string, control = OK) => {
    const value = refusedTries(tried, control)
    const { verdict, codes: found } = judged(
      defaults,
      { answered: true, value, controls: [], artifacts: [] },
      { statement: withOnvif() },
    )
    return `${verdict} ${found.join()}`
  }
  assert.equal(judge(FAULT), 'pass defaults-refused', 'refused with status 200')
  assert.equal(judge(OK), 'fail default-accepted')
  assert.equal(judge(FAULT, FAULT), 'inconclusive tries-undecided', 'the right one did not work after it')
  assert.equal(judge(http(500, 'oops')), 'inconclusive tries-undecided')
})

test('the catalogue names every operation once, with an access class', () => {
  const rows = onvifOperations(catalogueData('onvif-operations'))
  assert.ok(rows.length >= 30)
  assert.equal(new Set(rows.map((r) => `${r.service} ${r.operation}`)).size, rows.length)
  for (const { access } of rows) assert.match(access, /^(PRE_AUTH|READ_SYSTEM|READ_SYSTEM_SECRET|READ_MEDIA)$/)
  const open = rows.filter((r) => r.access === 'PRE_AUTH').map((r) => r.operation)
  for (const name of [
    'GetSystemDateAndTime',
    'GetCapabilities',
    'GetServices',
    'GetHostname',
    'GetWsdlUrl',
    'GetServiceCapabilities',
  ])
    assert.ok(open.includes(name), name)
  assert.ok(!open.includes('GetUsers'))
})
