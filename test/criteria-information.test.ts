import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { makeIdentity } from '../lab/cameras/certificate.ts'
import { bilingual } from '../reports/locales/index.ts'
import type { Criterion } from '../suites/criterion.ts'
import { criterion } from '../suites/exposed-ports/no-information-before-login.ts'
import { informationIn } from '../suites/facts/unit-information.ts'
import type { Observation, ObservationKind } from '../suites/observation.ts'
import { kind as httpAnonymous } from '../suites/observations/http-anonymous.ts'
import { kind as operations } from '../suites/observations/onvif-operations.ts'
import { kind as rtspAnonymous } from '../suites/observations/rtsp-anonymous.ts'
import { kind as services, type Services } from '../suites/observations/services.ts'
import { kind as tcpPorts } from '../suites/observations/tcp-ports.ts'
import { kind as tlsHandshakes, type TlsHandshakes } from '../suites/observations/tls-handshakes.ts'
import { kind as tlsOffers } from '../suites/observations/tls-offers.ts'
import { kind as udpServices } from '../suites/observations/udp-services.ts'
import type { Statement } from '../suites/statement.ts'
import { misfits } from './support/authentication.ts'
import { answered, codes, judgeBy } from './support/judging.ts'
import { asked, exchange, onvif, onvifAnswer, unit } from './support/unit.ts'

/** What certificates and ONVIF tell to somebody who did not log in. */
const KINDS: ObservationKind[] = [services, tcpPorts, udpServices, httpAnonymous, rtspAnonymous, tlsHandshakes, tlsOffers, operations] // prettier-ignore
const SERIAL = 'EX100-0001'
const MAC = '02:00:5e:10:00:01'
const ENDPOINT = 'a/ipv4/00443'

const quiet: Services = { address: '10.0.0.2', family: 'ipv4', sourceAddress: '10.0.0.1', services: [], unasked: [] }

/** An endpoint whose certificate, genuine of its kind, has this name and these alternative names. */
async function certificate(name: string, addresses = ['10.0.0.2']): Promise<Observation> {
  const { certificate: pem } = await makeIdentity('P-256', addresses, name)
  const chain = [new X509Certificate(pem).raw.toString('base64')]
  const peer = { at: 1, elapsed: 1, signatures: null, suite: 'TLS_AES_128_GCM_SHA256', chain, failure: null }
  const value: TlsHandshakes = {
    address: '10.0.0.2',
    family: 'ipv4',
    port: 443,
    sourceAddress: '10.0.0.1',
    hellos: [],
    peers: [peer],
    control: null,
  }
  assert.deepEqual(misfits(tlsHandshakes, { answered: true, value, controls: [], artifacts: [] }), [])
  return answered(tlsHandshakes, ENDPOINT, value)
}

/** Findings on what was said, without those on what these fixtures leave out. */
function judge(seen: Observation[], statement = unit({}, [MAC]), parameters: Record<string, unknown> = {}) {
  const observations = [answered(services, 'a/ipv4', quiet), ...seen]
  const [judgement] = judgeBy(criterion as unknown as Criterion, { statement, observations, kinds: KINDS, parameters })
  assert.ok(judgement)
  for (const { message } of judgement.findings)
    if (!message.code.startsWith('framework.'))
      assert.ok(bilingual(`criteria/${criterion.id}`, `messages.${message.code}`), message.code)
  return { ...judgement, codes: codes(judgement).filter((c) => c !== 'not-observed') }
}

const anonymous = (operation: string, inner: string) =>
  asked(operation, '', { anonymous: exchange(onvifAnswer(operation, inner)), genuine: null })
const hostname = (name: string) =>
  onvif([anonymous('GetHostname', `<tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>${name}</tt:Name></tds:HostnameInformation>`)]) // prettier-ignore

describe('names in certificates', () => {
  test('a name that tells nothing passes, and so does the number of the certificate itself', async () => {
    assert.deepEqual(judge([await certificate('camera')]).codes, ['looked'])
    assert.deepEqual(judge([await certificate('camera-0001')]).codes, ['looked'], 'an end of the serial number')
  })

  test('the serial number as common or alternative name: fail, cited', async () => {
    const common = judge([await certificate(SERIAL)])
    assert.deepEqual([common.verdict, common.codes], ['fail', ['serial-told', 'looked']])
    assert.deepEqual(common.findings[0]?.cites[0], { kind: 'tls-handshakes', subject: ENDPOINT, state: 'in-service', at: '/peers/0/chain/0' }) // prettier-ignore
    assert.equal(judge([await certificate('camera', [`${SERIAL}.local`])]).verdict, 'fail')
    assert.equal(judge([await certificate('EX-100 firmware 1.4.0')]).verdict, 'fail')
  })

  test('where identities of devices have their number, it accuses nobody', async () => {
    const attribute = judge([await certificate(`camera, 2.5.4.5=${SERIAL}`)])
    assert.deepEqual([attribute.verdict, attribute.codes], ['inconclusive', ['serial-perhaps?', 'looked']])
    const both = judge([await certificate(`${SERIAL}, 2.5.4.5=${SERIAL}`)])
    assert.deepEqual([both.verdict, both.codes], ['fail', ['serial-told', 'looked']])
  })

  test('an organisation that has a user’s name is no user', async () => {
    const accounts: Statement['accounts'] = [{ id: 'x', user: 'acme', password: { prompt: true }, role: 'viewer' }]
    assert.deepEqual(judge([await certificate('camera, O=Acme')], unit({ accounts })).codes, ['looked'])
  })
})

describe('what ONVIF tells everybody', () => {
  test('a host name or an address with the serial number: fail, cited', () => {
    assert.deepEqual(judge([hostname('camera')]).codes, ['looked'])
    const told = judge([hostname(SERIAL)])
    assert.deepEqual([told.verdict, told.codes], ['fail', ['serial-told', 'looked']])
    assert.deepEqual(told.findings[0]?.message.values, { value: SERIAL, where: 'TCP 443 GetHostname' })
    assert.equal(told.findings[0]?.cites[0]?.at, '/asked/0/anonymous')
    const address = exchange(onvifAnswer('GetServices', `<tds:XAddr>https://${SERIAL}.local/onvif</tds:XAddr>`))
    assert.equal(judge([onvif([], { services: address })]).verdict, 'fail')
    const version = anonymous('GetDeviceInformation', '<tds:FirmwareVersion>1.4.0</tds:FirmwareVersion>')
    assert.deepEqual(judge([onvif([version])]).codes, ['firmware-told', 'looked'])
  })

  test('what it tells after the log-in is no matter', () => {
    assert.deepEqual(judge([onvif([asked('GetDeviceInformation', `<tds:SerialNumber>${SERIAL}</tds:SerialNumber>`)])]).codes, ['looked']) // prettier-ignore
  })

  test('a network address is noted; a serial number that is one is a suspicion', () => {
    const noted = judge([hostname('cam-02005E100001')])
    assert.deepEqual(noted.codes, ['mac-noted', 'looked'])
    assert.deepEqual(judge([hostname('cam-02005E100001')], unit({}, [MAC]), { kinds: ['serial'] }).codes, ['looked'])
    const samples = unit({}, [MAC]).samples.map((s) => ({ ...s, serial: '02005E100001' }))
    for (const parameters of [{}, { kinds: ['serial'] }]) {
      const same = judge([hostname('cam-02005E100001')], unit({ samples }), parameters)
      assert.deepEqual([same.verdict, same.codes[0]], ['inconclusive', 'serial-perhaps?'])
    }
  })

  test('an address of the network is known in every spelling, and only by itself', () => {
    const found = (text: string) => informationIn(text, { serials: [], versions: [], users: [], macs: [MAC] }).length
    for (const text of [
      '02:00:5E:10:00:01',
      '02-00-5e-10-00-01',
      '0200.5e10.0001',
      'urn:uuid:1419d68a-1dd2-11b2-a105-02005e100001',
    ])
      // prettier-ignore
      assert.equal(found(text), 1, text)
    for (const text of ['02:00:5E:10:00:02', 'a02005e100001', '02005e1000010', '02 00 5e 10 00 01', ''])
      assert.equal(found(text), 0, text)
    assert.equal(informationIn('x', { serials: [], versions: [], users: [], macs: ['no address', ''] }).length, 0)
  })

  test('a port that answers nothing to ONVIF told nothing by it, unless ONVIF is declared there', () => {
    const silent = (cause: 'lab' | 'device'): Observation => ({
      ...onvif([]),
      seen: { answered: false, cause, why: { code: 'onvif-operations.no-answer', values: {} }, artifacts: [] },
    })
    const missed = (statement: Statement, cause: 'lab' | 'device') =>
      judge([silent(cause)], statement).findings.some((f) => f.message.values['kind'] === operations.id)
    const declared = unit({ services: unit().services.map((s) => ({ ...s, onvif: { target: '/o', authentication: ['digest'], account: 'owner' } })) }) // prettier-ignore
    assert.deepEqual([missed(unit(), 'device'), missed(unit(), 'lab'), missed(declared, 'device')], [false, true, true])
  })
})
