import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpClient } from '../lab/instruments/http.ts'
import { presentValue } from '../lab/instruments/onvif-present.ts'
import { probe } from '../lab/probes/anonymous-changes.ts'
import { wrongPassword } from '../lab/probes/log-in-place.ts'
import { criterion } from '../suites/authentication/no-anonymous-changes.ts'
import { readXml } from '../suites/facts/xml.ts'
import type { AnonymousChanges } from '../suites/observations/anonymous-changes.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import type { Statement } from '../suites/statement.ts'
import { doorOf, withWatcher } from './support/door.ts'

const LIMIT = { timeout: 60_000 }

const telling = (exchange: Exchange, status: number, body: string): Exchange => {
  const raw = Buffer.from(`HTTP/1.1 ${status} X\r\nContent-Type: text/html\r\n\r\n${body}`, 'latin1').toString('base64')
  return { ...exchange, failure: null, rounds: [{ elapsed: 1, answer: { raw, length: raw.length, end: 'closed' } }] }
}
const silent = (exchange: Exchange): Exchange => ({
  ...exchange,
  rounds: [],
  failure: { code: 'timeout', detail: 'no byte of an answer' },
})
const soap = (inner: string): string =>
  `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>${inner}</e:Body></e:Envelope>`
const fault = (code: string): string =>
  soap(`<e:Fault><e:Code><e:Value>e:${code}</e:Value></e:Code><e:Reason><e:Text>no</e:Text></e:Reason></e:Fault>`)

test('nobody changes anything of the conforming camera, over HTTP or ONVIF', LIMIT, async (t) => {
  const door = await doorOf(t, 70)
  const seen = await door.seen(probe)
  const sound = door.judged(criterion, seen)
  assert.deepEqual(
    [sound.verdict, sound.codes],
    ['pass', [...new Array<string>(4).fill('nobody-may-not'), 'nobody-may-not-set']],
  )
  assert.deepEqual(
    seen.value.actions.map((a) => a.id),
    ['log setting syslog', 'password of somebody else', 'setting', 'time setting'],
  )
  assert.ok(seen.controls.length === 1 && seen.controls.every((c) => c.ok))
  assert.deepEqual(door.judged(criterion, await door.seen(probe)).verdict, 'pass', 'everything is as before')

  const changed = (change: (v: AnonymousChanges, s: Statement) => void): [string, string[]] => {
    const { verdict, codes } = door.judged(criterion, seen, { change })
    return [verdict, codes.filter((c) => c !== 'nobody-may-not' && c !== 'nobody-may-not-set')]
  }
  const first = (body: string, status = 200) =>
    changed(({ actions: [one] }) => (one!.nobody = telling(one!.nobody, status, body)))

  assert.deepEqual(
    changed(({ actions: [one] }) => (one!.nobody = one!.administrator)),
    ['fail', ['nobody-does']],
  )
  assert.deepEqual(
    changed(({ actions: [one] }) => {
      one!.nobody = one!.administrator
      one!.decoy = one!.administrator
    }),
    ['inconclusive', ['says-done-to-all']],
    'a camera that says so to whatever is asked has not said that it was done',
  )
  assert.deepEqual(first('{"result":"setting changed"}', 401), ['inconclusive', ['says-done-to-all']])
  assert.deepEqual(
    changed(({ actions: [one] }) => (one!.administrator = one!.nobody)),
    ['inconclusive', ['action-unproven']],
    'a camera that takes no password twice',
  )
  assert.deepEqual(
    changed(({ actions: [one] }) => (one!.nobody = silent(one!.nobody))),
    ['inconclusive', ['unclear']],
  )
  // In the manners of other makers: all of them say no.
  for (const [status, body] of [
    [302, ''],
    [400, 'Bad Request'],
    [404, '<h1>Not found</h1>'],
    [419, 'Page expired'],
    [200, '<form><input name="p" type="password"></form>'],
    [200, '<html><h1>Error</h1>Access denied</html>'],
  ] as const)
    assert.deepEqual(first(body, status), ['pass', []], `${status} ${body}`)
  for (const [status, body] of [
    [200, ''],
    [200, '<html>Welcome</html>'],
    [429, 'too many requests'],
    [500, 'oops'],
    [503, 'busy'],
  ] as const)
    assert.deepEqual(first(body, status), ['inconclusive', ['unclear']], `${status} ${body}`)
  const byCode = (nobody: string) =>
    changed(({ actions: [one] }) => {
      one!.done = '"code":0'
      one!.administrator = telling(one!.administrator, 200, '{"code":0}')
      one!.nobody = telling(one!.nobody, 200, nobody)
    })
  assert.deepEqual(byCode('{"code":-2}'), ['pass', []])
  assert.deepEqual(byCode('{"code":0}')[0], 'fail')

  assert.deepEqual(
    changed(({ sets: [one] }) => (one!.nobody = one!.genuine)),
    ['fail', ['nobody-sets']],
  )
  assert.deepEqual(
    changed(({ sets: [one] }) => (one!.nobody = silent(one!.nobody))),
    ['inconclusive', ['set-unclear']],
  )
  const answered = (body: string, status = 400) =>
    changed(({ sets: [one] }) => (one!.nobody = telling(one!.nobody, status, body)))
  assert.deepEqual(answered(fault('Sender')), ['pass', []], 'the log-in is all that the message lacked')
  assert.deepEqual(answered(fault('Receiver')), ['inconclusive', ['set-unclear']], 'it may be busy')
  assert.deepEqual(answered('<html>log in</html>', 401), ['pass', []])
  assert.deepEqual(answered(soap('<SetHostnameResponse xmlns="urn:x"/>'), 200), ['inconclusive', ['set-unclear']])
  assert.deepEqual(
    changed(({ sets: [one] }) => (one!.genuine = one!.nobody)),
    ['inconclusive', ['sets-unproven']],
    'an account that may set nothing shows nothing',
  )
  assert.deepEqual(
    changed((v) => (v.sets = [])),
    ['inconclusive', ['sets-unproven']],
  )
  assert.deepEqual(
    changed((v, s) => {
      v.sets = []
      for (const service of s.services) delete service.onvif
    }),
    ['pass', []],
    'where ONVIF is not declared, nothing of it is asked for',
  )
  assert.deepEqual(
    changed((v, s) => {
      v.sets = []
      v.actions = []
      for (const service of s.services) delete service.onvif
    }),
    ['inconclusive', ['nothing-declared']],
  )
  assert.deepEqual(
    changed((v) => (v.complete = false)),
    ['inconclusive', ['incomplete']],
  )
  assert.equal(
    door.judged(criterion, { ...seen, controls: [{ ...seen.controls[0]!, ok: false }] }).verdict,
    'inconclusive',
  )
})

test('a name that anybody sets over ONVIF fails, and is as before', LIMIT, async (t) => {
  const door = await doorOf(t, 71, { weaknesses: ['onvif-set-open'] })
  const seen = await door.seen(probe)
  const { verdict, codes } = door.judged(criterion, seen)
  assert.deepEqual([verdict, codes.filter((c) => c !== 'nobody-may-not')], ['fail', ['nobody-sets']])
  assert.ok(seen.controls.every((c) => c.ok))
})

test(
  'an account that may only look proves nothing over ONVIF, and who logs in by a page tries no page',
  LIMIT,
  async (t) => {
    const door = await doorOf(t, 72, {}, (s) => {
      for (const service of s.services) if (service.onvif) service.onvif.account = 'lab-spare'
      for (const action of [s.actions.changePassword, s.actions.setting?.change])
        if (action) action.browser = [{ goto: '/' }]
      return s
    })
    const seen = await door.seen(probe)
    assert.deepEqual(
      seen.value.actions.map((a) => a.id),
      ['log setting syslog', 'time setting'],
    )
    const { verdict, codes } = door.judged(criterion, seen)
    assert.deepEqual([verdict, codes.at(-1)], ['inconclusive', 'sets-unproven'])
  },
)

test('a lock that earlier steps set off is waited out', LIMIT, async (t) => {
  const door = await doorOf(t, 73)
  const [login] = door.statement.logins
  const to = door.bench.endpoint('ipv4', door.statement.services[0]!.port, true)
  assert.ok(login && to)
  const client = httpClient(door.bench, to)
  for (let i = 0; i < 6; i++)
    await client.send({ method: 'GET', target: login.target, credential: wrongPassword('admin') })
  client.close()
  assert.equal(door.judged(criterion, await door.seen(probe)).verdict, 'pass')
})

test('what is set over ONVIF is what was told, or nothing', () => {
  const TDS = 'http://www.onvif.org/ver10/device/wsdl'
  const TT = 'http://www.onvif.org/ver10/schema'
  const body = (operation: string, inner: string): string | null => {
    const { root } = readXml(`<r xmlns="${TDS}" xmlns:tt="${TT}">${inner}</r>`)
    assert.ok(root)
    return presentValue(operation, root)
  }
  const name = (dhcp: string, text: string) =>
    `<HostnameInformation><tt:FromDHCP>${dhcp}</tt:FromDHCP>${text && `<tt:Name>${text}</tt:Name>`}</HostnameInformation>`
  assert.equal(body('SetHostname', name('false', 'a&amp;b')), '<Name>a&#38;b</Name>')
  assert.equal(body('SetHostname', name('true', 'cam')), null, 'it would no longer come by DHCP')
  assert.equal(body('SetHostname', name('false', '')), null)
  assert.equal(
    body('SetDiscoveryMode', '<DiscoveryMode>Discoverable</DiscoveryMode>'),
    '<DiscoveryMode>Discoverable</DiscoveryMode>',
  )
  assert.equal(body('SetDiscoveryMode', ''), null)
  const scope = (def: string, item: string) =>
    `<Scopes><tt:ScopeDef>${def}</tt:ScopeDef><tt:ScopeItem>${item}</tt:ScopeItem></Scopes>`
  assert.equal(
    body(
      'SetScopes',
      scope('Fixed', 'onvif://a') + scope('Configurable', 'onvif://b') + scope('Configurable', 'onvif://c'),
    ),
    '<Scopes>onvif://b</Scopes><Scopes>onvif://c</Scopes>',
  )
  assert.equal(body('SetScopes', scope('Fixed', 'onvif://a')), null, 'it would take all others away')
  assert.equal(body('SetScopes', scope('Configurable', '')), null)
  const ntp = (dhcp: string, servers: string) =>
    `<NTPInformation><tt:FromDHCP>${dhcp}</tt:FromDHCP>${servers}</NTPInformation>`
  const server = '<tt:NTPManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>192.0.2.1</tt:IPv4Address></tt:NTPManual>'
  assert.equal(
    body('SetNTP', ntp('false', server)),
    `<FromDHCP>false</FromDHCP><NTPManual><Type xmlns="${TT}">IPv4</Type><IPv4Address xmlns="${TT}">192.0.2.1</IPv4Address></NTPManual>`,
  )
  assert.equal(body('SetNTP', ntp('true', server)), '<FromDHCP>true</FromDHCP>')
  assert.equal(body('SetNTP', ntp('false', '')), null)
  assert.equal(body('SetNTP', ''), null)
  assert.equal(body('SystemReboot', name('false', 'cam')), null)
  assert.equal(body('toString', name('false', 'cam')), null)
})

test('the password set as it is belongs to an account of that service', LIMIT, async (t) => {
  const door = await doorOf(t, 202, {}, withWatcher)
  const seen = await door.seen(probe)
  assert.equal(door.judged(criterion, seen).verdict, 'pass')
})
