import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { criterion as examined } from '../suites/exposed-ports/interfaces-examined.ts'
import type { Observation } from '../suites/observation.ts'
import { kind as tcpPorts, type TcpPorts } from '../suites/observations/tcp-ports.ts'
import type { Statement } from '../suites/statement.ts'
import { answered, fixture } from './support/judging.ts'
import { asked, judged, onvif, readings, unit } from './support/unit.ts'

/** Which interfaces of the unit were examined. */
describe('no interface passes by silence', () => {
  const { ports } = fixture('tcp-ports/telnet.json') as { ports: TcpPorts }
  const swept = answered(tcpPorts, 'a/ipv4', ports)
  const CORE = { byNote: ['sd-card', 'usb'] }
  const LAN = { id: 'lan', type: 'ethernet' as const }
  const judge = (
    interfaces: Statement['interfaces'],
    more: Observation[] = [swept],
    parameters: Record<string, unknown> = CORE,
  ) => judged(examined as never, unit({ interfaces }), [readings([]), ...more], parameters)

  test('a unit with Ethernet alone passes by the sweeps of its addresses', () => {
    const cable = judge([LAN])
    assert.deepEqual([cable.verdict, cable.codes], ['pass', ['examined']])
    assert.deepEqual(cable.findings[0]?.cites, [{ kind: 'tcp-ports', subject: 'a/ipv4', state: 'in-service', at: '/sweeps' }]) // prettier-ignore
    assert.deepEqual(judge([LAN], []).codes, ['not-swept', 'nothing-open'])
    const shut = structuredClone(ports)
    for (const sweep of shut.sweeps) sweep.open = []
    assert.deepEqual(judge([LAN], [answered(tcpPorts, 'a/ipv4', shut)]).codes, ['nothing-open'])
  })

  test('what the lab cannot reach is named and leaves it open', () => {
    for (const type of ['wifi', 'soft-ap', 'bluetooth', 'serial', 'app', 'cloud', 'other'] as const) {
      const judgement = judge([LAN, { id: 'x', type, note: 'off as delivered' }])
      assert.deepEqual([judgement.verdict, judgement.codes], ['inconclusive', ['not-examined', 'examined']], type)
      assert.deepEqual(judgement.findings[0]?.message.values, { id: 'x', type })
    }
    assert.deepEqual(judge([]).codes, ['none-declared'])
    assert.equal(judge([]).verdict, 'inconclusive')
    assert.deepEqual(judge([{ id: 'radio', type: 'wifi' }]).codes, ['not-examined', 'no-cable'])
    assert.deepEqual(judge([LAN, { id: 'lan2', type: 'ethernet' }]).codes, ['several-cables'])
  })

  test('a memory card passes by the note of the maker where the regulation says so, and never without one', () => {
    const noted = judge([LAN, { id: 'card', type: 'sd-card', note: 'recordings' }])
    assert.deepEqual([noted.verdict, noted.codes], ['pass', ['examined-beside']])
    assert.equal(noted.findings[0]?.message.values['rest'], 'card (sd-card): recordings')
    assert.deepEqual(judge([LAN, { id: 'card', type: 'sd-card' }]).codes, ['note-missing', 'examined'])
    assert.deepEqual(judge([LAN, { id: 'card', type: 'sd-card', note: 'recordings' }], [swept], {}).codes, ['not-examined', 'examined']) // prettier-ignore
  })

  test('a radio that the unit lists in use and nobody declares: fail; a name or one that is off accuses nobody', () => {
    const listed = (inner: string, enabled = true) =>
      onvif([asked('GetNetworkInterfaces', `<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name></tt:Info></tds:NetworkInterfaces><tds:NetworkInterfaces token="wlan0"><tt:Enabled>${enabled}</tt:Enabled>${inner}</tds:NetworkInterfaces>`)]) // prettier-ignore
    const byType = '<tt:Link><tt:InterfaceType>71</tt:InterfaceType></tt:Link>'
    const bySettings = '<tt:Extension><tt:InterfaceType>6</tt:InterfaceType><tt:Dot11><tt:SSID>x</tt:SSID></tt:Dot11></tt:Extension>' // prettier-ignore
    for (const inner of [byType, bySettings]) {
      const judgement = judge([LAN], [swept, listed(inner)])
      assert.deepEqual([judgement.verdict, judgement.codes], ['fail', ['examined', 'undeclared']])
    }
    assert.deepEqual(judge([LAN], [swept, listed(byType, false)]).codes, ['examined', 'undeclared-off?'])
    assert.deepEqual(judge([LAN], [swept, listed('')]).codes, ['examined', 'undeclared?'])
    assert.equal(judge([LAN], [swept, listed('', false)]).verdict, 'pass', 'the firmware knows other models too')
    assert.equal(judge([LAN], [swept, listed('<tt:Link><tt:InterfaceType>6</tt:InterfaceType></tt:Link>', false)]).verdict, 'pass') // prettier-ignore
    assert.deepEqual(judge([LAN, { id: 'radio', type: 'wifi' }], [swept, listed(byType)]).codes, ['not-examined', 'examined']) // prettier-ignore
  })
})
