import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bilingual } from '../reports/locales/index.ts'
import { criterion } from '../suites/exposed-ports/undeclared-tcp-ports.ts'
import type { State } from '../suites/observation.ts'
import { kind as laterTcpPorts, type LaterTcpPorts } from '../suites/observations/later-tcp-ports.ts'
import { kind as services, type Services } from '../suites/observations/services.ts'
import { kind as tcpPorts, type TcpPorts } from '../suites/observations/tcp-ports.ts'
import type { Statement } from '../suites/statement.ts'
import { answered, codes, fixture, judgeBy } from './support/judging.ts'

interface Recorded {
  origin: string
  statement: Statement
  ports: TcpPorts
  services: Services
}
const recorded = (name: string): Recorded => structuredClone(fixture(`tcp-ports/${name}.json`)) as Recorded

/** The second sweep once more, as if it had been made at the end. */
const laterOf = ({ address, family, sourceAddress, rtt, baseline, sweeps }: TcpPorts): LaterTcpPorts => {
  const [, sweep] = structuredClone(sweeps)
  assert.ok(sweep)
  return { address, family, sourceAddress, rtt, baseline, stream: null, sweep, again: [], services: [] }
}

/** One judgement of what was recorded, after a change to it. */
function judged(
  name: string,
  change: (r: Recorded) => void = () => undefined,
  options: {
    state?: State
    parameters?: Record<string, unknown>
    later?: (l: LaterTcpPorts) => LaterTcpPorts | null
  } = {},
) {
  const r = recorded(name)
  change(r)
  const { state = 'in-service', parameters = {}, later = (l) => l } = options
  if (state === 'factory-fresh') for (const s of r.statement.samples) s.arrives = 'factory-fresh'
  const seenLater = state === 'in-service' ? later(laterOf(r.ports)) : null
  const observations = [
    answered(tcpPorts, 'a/ipv4', r.ports, state),
    answered(services, 'a/ipv4', r.services, state),
    ...(seenLater ? [answered(laterTcpPorts, 'a/ipv4', seenLater, state)] : []),
  ]
  const found = judgeBy(criterion, {
    statement: r.statement,
    observations,
    kinds: [tcpPorts, services, laterTcpPorts],
    parameters,
  }).find((j) => j.state === state)
  assert.ok(found)
  for (const finding of found.findings.filter((f) => !f.message.code.startsWith('framework.')))
    assert.ok(
      bilingual('criteria/exposed-ports/undeclared-tcp-ports', `messages.${finding.message.code}`),
      finding.message.code,
    )
  return found
}

describe('undeclared TCP ports', () => {
  test('declared services only: pass, with both sweeps cited', () => {
    const judgement = judged('declared-only')
    assert.equal(judgement.verdict, 'pass')
    assert.deepEqual(codes(judgement), ['declared-seen', 'declared-seen', 'swept', 'swept', 'swept'])
    assert.ok(judgement.findings.some((f) => f.cites.some((c) => c.at === '/sweeps/1/canary')))
  })

  test('an undeclared telnet server in both sweeps: fail', () => {
    const judgement = judged('telnet')
    assert.equal(judgement.verdict, 'fail')
    const finding = judgement.findings.find((f) => f.is === 'violation')
    assert.deepEqual(finding?.message, {
      code: 'undeclared-open',
      values: { port: 2323, family: 'ipv4', protocol: 'telnet' },
    })
    assert.deepEqual(
      finding?.cites.map((c) => `${c.kind}${c.at}`),
      ['tcp-ports/sweeps/0/open/2', 'tcp-ports/sweeps/1/open/2', 'later-tcp-ports/sweep/open/2', 'services/services/1'],
    )
  })

  test('a sweep of the declared ports only: inconclusive', () => {
    const judgement = judged('declared-only', ({ ports }) => ports.sweeps.forEach((s) => (s.refused = [[24, 30]])))
    assert.equal(judgement.verdict, 'inconclusive')
    assert.deepEqual(codes(judgement), ['declared-seen', 'declared-seen', 'incomplete', 'incomplete', 'incomplete'])
  })

  test('a canary lost in one sweep: inconclusive', () => {
    const judgement = judged('canary-lost')
    assert.equal(judgement.verdict, 'inconclusive')
    assert.ok(codes(judgement).includes('voided'))
  })

  test('an undeclared port in one sweep only is a suspicion', () => {
    const judgement = judged('telnet', (r) => {
      const [, second] = r.ports.sweeps
      if (second) {
        second.open = second.open.filter((o) => o.port !== 2323)
        second.refused = [
          [1, 2023],
          [2025, 2221],
          [2223, 8442],
          [8444, 65535],
        ]
      }
    })
    assert.equal(judgement.verdict, 'inconclusive')
    assert.ok(codes(judgement).includes('undeclared-once?'))
  })

  test('a port that opens later: fail where it stays open, suspect where it closed again, excused where it is declared', () => {
    const telnet = recorded('telnet')
    const row = telnet.services.services.find((s) => s.port === 2323) ?? assert.fail()
    const opened = (again: boolean) => (l: LaterTcpPorts) => ({
      ...l,
      sweep: { ...laterOf(telnet.ports).sweep },
      again: [{ port: 2323, at: 1, open: again }],
      services: again ? [row] : [],
    })
    const stays = judged('declared-only', undefined, { later: opened(true) })
    assert.equal(stays.verdict, 'fail')
    const finding = stays.findings.find((f) => f.is === 'violation')
    assert.deepEqual(finding?.message, {
      code: 'undeclared-later',
      values: { port: 2323, family: 'ipv4', protocol: 'telnet' },
    })
    assert.deepEqual(
      finding?.cites.map((c) => `${c.kind}${c.at}`),
      ['later-tcp-ports/sweep/open/2', 'later-tcp-ports/again/0', 'later-tcp-ports/services/0'],
    )
    const closed = judged('declared-only', undefined, { later: opened(false) })
    assert.equal(closed.verdict, 'inconclusive')
    assert.ok(codes(closed).includes('undeclared-once?'))
    const client = { transport: 'tcp' as const, first: 2300, last: 2400, purpose: 'passive FTP' }
    const excused = judged('declared-only', (r) => (r.statement.clientPorts = [client]), { later: opened(true) })
    assert.equal(excused.verdict, 'pass')
    const when = (r: Recorded) => {
      const service = { id: 'late', transport: 'tcp' as const, port: 2323, protocol: 'telnet' as const, purpose: 'x' }
      r.statement.services.push({ ...service, families: ['ipv4'], when: 'after an update' })
    }
    assert.equal(judged('declared-only', when, { later: opened(true) }).verdict, 'pass')
    const foreign = (l: LaterTcpPorts) => ({ ...opened(true)(l), baseline: { at: 1, ports: [2222, 2323] } })
    assert.equal(judged('declared-only', undefined, { later: foreign }).verdict, 'pass')
  })

  test('without the sweep at the end nothing passes in service; before the first set-up there is none', () => {
    const missing = judged('declared-only', undefined, { later: () => null })
    assert.equal(missing.verdict, 'inconclusive')
    assert.ok(codes(missing).includes('later-not-swept'))
    assert.equal(judged('declared-only', undefined, { state: 'factory-fresh' }).verdict, 'pass')
    const blind = (l: LaterTcpPorts) => ({ ...l, sweep: { ...l.sweep, canary: { port: null, asked: 0, missed: 0 } } })
    assert.ok(codes(judged('declared-only', undefined, { later: blind })).includes('no-control'))
  })

  test('the baseline and declared client ports are not held against the device', () => {
    assert.equal(
      judged('declared-only', (r) => (r.ports.baseline = null)).verdict,
      'fail',
      'without the baseline the port of the host counts',
    )
    const client = { transport: 'tcp' as const, first: 2300, last: 2400, purpose: 'passive FTP' }
    assert.equal(judged('telnet', (r) => (r.statement.clientPorts = [client])).verdict, 'pass')
    assert.equal(judged('telnet', (r) => (r.statement.clientPorts = [{ ...client, transport: 'udp' }])).verdict, 'fail')
  })

  test('a service declared for another family or transport is undeclared here', () => {
    const also = (transport: 'tcp' | 'udp', families: ('ipv4' | 'ipv6')[]) => (r: Recorded) => {
      r.statement.services.push({ id: 'telnet', transport, port: 2323, protocol: 'telnet', families, purpose: 'x' })
    }
    assert.equal(judged('telnet', also('tcp', ['ipv4'])).verdict, 'pass')
    assert.equal(judged('telnet', also('tcp', ['ipv6'])).verdict, 'fail')
    assert.equal(judged('telnet', also('udp', ['ipv4'])).verdict, 'fail')
  })

  test('a declared service that is not there is suspect in service, and where the regulation asks', () => {
    const more = (r: Recorded) =>
      void r.statement.services.push({
        id: 'rtsp',
        transport: 'tcp',
        port: 554,
        protocol: 'rtsp',
        families: ['ipv4'],
        purpose: 'x',
      })
    assert.ok(codes(judged('declared-only', more)).includes('declared-not-seen?'))
    assert.equal(judged('declared-only', more).verdict, 'inconclusive')
    assert.equal(judged('declared-only', more, { parameters: { declaredMustAnswer: false } }).verdict, 'pass')
    assert.equal(judged('declared-only', more, { state: 'factory-fresh' }).verdict, 'pass')
    const hidden = (r: Recorded) =>
      void r.statement.services.push({
        id: 'x',
        transport: 'tcp',
        port: 2024,
        protocol: 'other',
        families: ['ipv4'],
        purpose: 'x',
      })
    assert.ok(codes(judged('declared-only', hidden)).includes('declared-in-baseline'))
  })

  test('no answer is not open; a fault of the lab, a missing canary and a port not told are gaps', () => {
    const first = (change: (s: TcpPorts['sweeps'][number]) => void) => (r: Recorded) => {
      const [sweep] = r.ports.sweeps
      if (sweep) change(sweep)
    }
    const silent = judged(
      'declared-only',
      first((s) => ([s.silent, s.refused] = [s.refused, []])),
    )
    assert.equal(silent.verdict, 'pass')
    assert.deepEqual(
      codes(
        judged(
          'declared-only',
          first((s) => (s.canary = { port: null, asked: 0, missed: 0 })),
        ),
      ).filter((c) => c === 'no-control'),
      ['no-control'],
    )
    assert.ok(
      codes(
        judged(
          'declared-only',
          first((s) => void s.refused.pop()),
        ),
      ).includes('incomplete'),
    )
    const faulty = (code: string) =>
      judged(
        'declared-only',
        first((s) => {
          s.refused = s.refused.map(([from, to]) => (to === 65535 ? [from, 65000] : [from, to]))
          s.errors = [{ from: 65001, to: 65535, code }]
        }),
      )
    assert.ok(codes(faulty('EMFILE')).includes('lab-error'))
    assert.equal(faulty('EHOSTUNREACH').verdict, 'pass')
  })

  test('an address that was not swept is inconclusive', () => {
    const { statement } = recorded('declared-only')
    const [judgement] = judgeBy(criterion, { statement, observations: [], kinds: [tcpPorts, services] })
    assert.equal(judgement?.verdict, 'inconclusive')
  })
})
