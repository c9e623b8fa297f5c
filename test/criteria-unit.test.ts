import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { macOf, serialLikeness, versionLikeness } from '../suites/facts/unit-marks.ts'
import type { Observation } from '../suites/observation.ts'
import { unitReadings as readingsOf } from '../suites/observations/unit-readings.ts'
import { criterion as asDeclared } from '../suites/update-integrity/unit-as-declared.ts'
import { asked, judged, onvif, readings, told, unit } from './support/unit.ts'

/** Whether the unit on the bench is the declared one, by what it tells of itself. */
const MAC = '02:00:00:00:00:20'

describe('the unit is the declared one', () => {
  const judge = (seen: Observation[], statement = unit()) => {
    return judged(asDeclared as never, statement, seen)
  }
  const SERIAL = told('serial', 'EX100-0001')
  const VERSION = told('firmware', '1.4.0', 'updates/web-update')

  test('serial number and version as declared: pass, cited', () => {
    const judgement = judge([readings([SERIAL, VERSION])])
    assert.deepEqual([judgement.verdict, judgement.codes], ['pass', ['serial-same', 'version-same']])
    assert.deepEqual(
      judgement.findings.map((f) => f.cites[0]?.at),
      ['/readings/0', '/readings/1'],
    )
  })

  test('another firmware or another unit: fail', () => {
    const older = judge([readings([SERIAL, told('firmware', '1.3.0', 'updates/web-update')])])
    assert.deepEqual([older.verdict, older.codes], ['fail', ['serial-same', 'version-other']])
    assert.deepEqual(older.findings[1]?.message.values, {
      from: 'updates/web-update',
      told: '1.3.0',
      declared: '1.4.0',
    })
    const foreign = judge([readings([told('serial', 'EX100-0002'), VERSION])])
    assert.deepEqual([foreign.verdict, foreign.codes], ['fail', ['serial-other', 'version-same']])
    const byBoth = judge([
      readings([SERIAL, told('firmware', '1.3.0'), told('firmware', '1.4.0', 'updates/web-update')]),
    ])
    assert.equal(byBoth.verdict, 'fail', 'a declared reading of the firmware is its plain word')
  })

  test('nothing that can be read leaves it open, and so does a reading that tells nothing', () => {
    const none = judge([readings([])])
    assert.deepEqual([none.verdict, none.codes], ['inconclusive', ['serial-not-read', 'version-not-read']])
    const silent = judge([readings([SERIAL, told('firmware', null, 'updates/web-update')])])
    assert.deepEqual([silent.verdict, silent.codes], ['inconclusive', ['serial-same', 'version-not-read', 'not-read']])
    const masked = judge([readings([told('serial', '{secret:owner}'), VERSION])])
    assert.equal(masked.verdict, 'inconclusive', 'a secret stood there')
    assert.equal(judge([]).verdict, 'inconclusive')
  })

  test('forms of writing accuse nobody', () => {
    const passes: [string, string][] = [
      ['ex1000001', 'V1.4.0'],
      ['EX-100 20260101 EX1000001', 'version 1.4.0'],
      [' EX100-0001\n', ' 1.4.0 '],
    ]
    for (const [serial, version] of passes)
      assert.equal(
        judge([readings([told('serial', serial), told('firmware', version)])]).verdict,
        'pass',
        `${serial} ${version}`,
      )
    for (const version of ['1.4.0 build 170725', '1.4.0.7', '1.4', '1.4.0-rc1', 'EX-100 v1.4.0'])
      assert.deepEqual(
        judge([readings([SERIAL, told('firmware', version)])]).codes,
        ['serial-same', 'version-part'],
        version,
      )
    assert.deepEqual(judge([readings([told('serial', '000-02'), VERSION])]).codes, ['serial-other', 'version-same'])
    assert.deepEqual(judge([readings([told('serial', '1000001'), VERSION])]).codes, ['serial-part', 'version-same'])
  })

  test('the version of another part of the unit is not that of its firmware', () => {
    const parts = judge([readings([SERIAL, VERSION, told('firmware', '3.2', 'updates/detector')])])
    assert.deepEqual([parts.verdict, parts.codes], ['pass', ['serial-same', 'version-same']])
  })

  test('a reading that does not say what it reads is believed where it fits, and accuses nobody', () => {
    const fits = judge([readings([told('unsaid', 'EX100-0001'), VERSION])])
    assert.deepEqual([fits.verdict, fits.codes], ['pass', ['serial-same', 'version-same']])
    const hostname = judge([readings([SERIAL, VERSION, told('unsaid', 'camera-7', 'identity/2')])])
    assert.deepEqual([hostname.verdict, hostname.codes.at(-1)], ['inconclusive', 'unsaid'])
    assert.equal(judge([readings([SERIAL, VERSION, told('other', 'camera-7', 'identity/2')])]).verdict, 'pass')
  })

  test('what ONVIF tells counts where no declared reading does, and accuses nobody alone', () => {
    const about = (version: string, serial: string) =>
      onvif([asked('GetDeviceInformation', `<tds:FirmwareVersion>${version}</tds:FirmwareVersion><tds:SerialNumber>${serial}</tds:SerialNumber>`)]) // prettier-ignore
    const alone = judge([readings([]), about('1.4.0', 'EX100-0001')])
    assert.deepEqual([alone.verdict, alone.codes], ['pass', ['serial-same', 'version-same']])
    assert.deepEqual(alone.findings[0]?.cites[0], { kind: 'onvif-operations', subject: 'a/ipv4/00443', state: 'in-service', at: '/asked/0/genuine' }) // prettier-ignore
    const other = judge([readings([]), about('9.9', 'SN-OTHER')])
    assert.deepEqual([other.verdict, other.codes], ['inconclusive', ['serial-other?', 'version-other?']])
    assert.equal(judge([readings([SERIAL, VERSION]), about('2.60', '0')]).verdict, 'pass', 'a form of its own')
    const lie = judge([readings([SERIAL, told('firmware', '1.3.0')]), about('1.4.0', 'EX100-0001')])
    assert.equal(lie.verdict, 'fail', 'the declared reading tells another version')
  })

  test('the address on the link is compared where addresses are declared', () => {
    const seen = (mac: string | null, more: Observation[] = [], rows = [SERIAL, VERSION]) =>
      judge([readings(rows, { mac }), ...more], unit({}, ['02-00-00-00-00-20']))
    assert.deepEqual(seen(MAC).codes, ['serial-same', 'version-same', 'mac-same'])
    assert.equal(seen(null).verdict, 'pass', 'behind a router nothing is seen')
    assert.deepEqual(
      [seen('02:00:00:00:00:99').verdict, seen('02:00:00:00:00:99').codes.at(-1)],
      ['inconclusive', 'mac-other?'],
    )
    const interfaces = (mac: string) => [onvif([asked('GetNetworkInterfaces', `<tds:NetworkInterfaces><tt:Info><tt:HwAddress>${mac}</tt:HwAddress></tt:Info></tds:NetworkInterfaces>`)])] // prettier-ignore
    assert.equal(seen(null, interfaces(MAC)).codes.at(-1), 'mac-same')
    assert.equal(seen(null, interfaces('02:00:00:00:00:99')).codes.at(-1), 'mac-other?')
    assert.equal(seen(null, [], [SERIAL, VERSION, told('mac', '02:00:00:00:00:99', 'identity/2')]).verdict, 'fail')
    assert.equal(judge([readings([SERIAL, VERSION], { mac: '02:00:00:00:00:99' })]).verdict, 'pass', 'none declared')
    const byLinkAlone = seen(MAC, [], [VERSION])
    assert.deepEqual([byLinkAlone.verdict, byLinkAlone.codes], ['pass', ['version-same', 'mac-same']])
  })

  test('each declared reading is made once', () => {
    const reading = { service: 'web', target: '/v', pattern: '(.*)' }
    const update = { version: reading, format: 'opaque' as const, signed: true, packages: { genuine: { file: 'f', version: '2' } }, bootSeconds: 1 } // prettier-ignore
    const found = readingsOf(unit({ identity: [{ ...reading, what: 'serial' }, reading], updates: [{ id: 'x', ...update }, { id: 'y', ...update }] })) // prettier-ignore
    assert.deepEqual(
      found.map((f) => [f.from, f.what]),
      [
        ['identity/1', 'serial'],
        ['identity/2', 'unsaid'],
        ['updates/x', 'firmware'],
      ],
    )
  })

  test('no text of a device breaks the comparison', () => {
    for (const text of ['', ' ', '\x00\xff', 'v', '.', '(', 'a'.repeat(100_000), '1.4.0'.repeat(20_000)]) {
      for (const declared of ['', '1.4.0', 'EX100-0001']) {
        assert.ok(['same', 'part', 'other'].includes(serialLikeness(text, declared)))
        assert.ok(['same', 'part', 'other'].includes(versionLikeness(text, declared)))
      }
      assert.equal(macOf(text), null)
    }
    assert.equal(versionLikeness('', ''), 'other')
    assert.equal(serialLikeness('', ''), 'other')
  })
})
