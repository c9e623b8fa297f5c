import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { criterion as noUndeclared } from '../suites/authentication/no-undeclared-accounts.ts'
import type { Observation } from '../suites/observation.ts'
import { asked, exchange, judged, onvif, readings, unit } from './support/unit.ts'

/** Accounts that the unit lists, held against those that are declared. */
describe('no account is hidden', () => {
  const accountList = { service: 'web', account: 'owner', target: '/api/users', pattern: '"name":"([^"]+)"' }
  const listing = unit({ accountList })
  const withOnvif = unit({
    services: [
      { id: 'web', transport: 'tcp', port: 443, protocol: 'https', families: ['ipv4'], purpose: 'web', onvif: { target: '/onvif/device_service', authentication: ['digest'], account: 'owner' } }, // prettier-ignore
    ],
  })
  const OK = 'HTTP/1.1 200 OK\r\n\r\n'
  const list = (names: string[], account: string | null = 'owner', more = false, raw: string | null = OK) =>
    readings([], { accounts: { exchange: exchange(raw), names, more, account } })
  const users = (...names: string[]) =>
    onvif([asked('GetUsers', names.map((n) => `<tds:User><tt:Username>${n}</tt:Username><tt:UserLevel>${n === 'anyone' ? 'Anonymous' : 'User'}</tt:UserLevel></tds:User>`).join(''))]) // prettier-ignore
  const judge = (seen: Observation[], statement = listing) => {
    return judged(noUndeclared as never, statement, seen)
  }

  test('every listed account is declared: pass, by either list', () => {
    const read = judge([list(['admin'])])
    assert.deepEqual([read.verdict, read.codes], ['pass', ['listed']])
    assert.equal(judge([list(['ADMIN '])]).verdict, 'pass', 'written otherwise')
    const told = judge([readings([]), users('admin')], withOnvif)
    assert.deepEqual([told.verdict, told.findings[0]?.cites[0]?.at], ['pass', '/asked/0/genuine'])
  })

  test('a name that nobody declares: fail, named once', () => {
    const read = judge([list(['admin', 'service', 'Service'])])
    assert.deepEqual([read.verdict, read.codes], ['fail', ['undeclared', 'listed']])
    assert.deepEqual(read.findings[0]?.message.values, { name: 'service', from: '/api/users' })
    assert.equal(judge([readings([]), users('admin', 'root')], withOnvif).verdict, 'fail')
    assert.equal(judge([list(['service'], 'owner', true)]).verdict, 'fail', 'a part of the list is enough for that')
  })

  test('a list that is not whole, or of somebody who may not see all, does not pass', () => {
    const parts: [string, Observation][] = [
      ['without the own name', list(['labspare'])],
      ['cut off', list(['admin'], 'owner', true)],
      ['without an administrator', list(['admin'], null)],
      ['no name in it', list([])],
      ['no answer', list([], 'owner', false, null)],
    ]
    const accounts = [...unit().accounts, { id: 'lab', user: 'labspare', password: { prompt: true }, role: 'viewer' as const, spare: true }] // prettier-ignore
    for (const [what, seen] of parts)
      assert.deepEqual(judge([seen], unit({ accountList, accounts })).codes, ['no-whole-list'], what)
    assert.equal(judge([list(['admin', 'labspare'])], unit({ accountList, accounts })).verdict, 'pass')
    assert.equal(
      judge([readings([]), onvif([asked('GetUsers', '', { genuine: null })])], withOnvif).verdict,
      'inconclusive',
    )
  })

  test('a declared account that no list names is kept elsewhere, where others may be: not passed', () => {
    const accounts = [...unit().accounts, { id: 'maint', user: 'maint', password: { prompt: true }, role: 'administrator' as const }] // prettier-ignore
    const two = unit({ accountList, accounts })
    const read = judge([list(['admin'])], two)
    assert.deepEqual([read.verdict, read.codes], ['inconclusive', ['kept-elsewhere?', 'listed']])
    assert.equal(read.findings[0]?.message.values?.['names'], 'maint')
    assert.equal(judge([list(['admin', 'Maint'])], two).verdict, 'pass')
    assert.equal(judge([list(['admin', 'service'])], two).verdict, 'fail', 'a stranger stays one')
  })

  test('without any list it stays open, unless the maker claims that there are no accounts', () => {
    const open = judge([readings([])], unit())
    assert.deepEqual([open.verdict, open.codes], ['inconclusive', ['no-list-declared']])
    const claimed = unit({ notApplicable: [{ criterion: noUndeclared.id, reason: 'one fixed account' }] })
    assert.equal(judge([readings([])], claimed).verdict, 'not-applicable')
  })

  test('names in other forms, of the lab, or for nobody accuse nobody', () => {
    const accounts = [...unit().accounts, { id: 'vn', user: 'Người xem', password: { prompt: true }, role: 'viewer' as const }] // prettier-ignore
    const vietnamese = unit({ accountList, accounts })
    const asBytes = Buffer.from('Người xem', 'utf8').toString('latin1')
    for (const name of ['Người xem', asBytes]) assert.equal(judge([list(['admin', name])], vietnamese).verdict, 'pass')
    for (const name of ['Ng\\u01b0\\u1eddi xem', 'Ng&#x1b0;&#x1edd;i xem', '{secret:owner}'])
      assert.deepEqual(judge([list(['admin', name])], vietnamese).codes, ['undeclared?', 'listed'], name)
    assert.deepEqual(judge([list(['admin', 'cs000123456789'])]).codes, ['of-the-lab', 'listed'])
    assert.deepEqual(judge([readings([]), users('admin', 'anyone')], withOnvif).codes, ['undeclared?', 'listed'])
  })
})
