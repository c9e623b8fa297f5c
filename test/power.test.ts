import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { RunBench } from '../lab/bench.ts'
import type { Hooks } from '../lab/hooks.ts'
import { entryOf } from '../lab/look.ts'
import { portState, setPower, type PoePort } from '../lab/poe.ts'
import { INSIDE } from '../lab/isolation.ts'
import { powerOf } from '../lab/power.ts'
import { powerSources, variablesOf } from '../lab/power-table.ts'
import type { PowerTable } from '../reports/report.ts'
import type { RunDirectory } from '../reports/run-directory.ts'
import { messageText } from '../reports/locales/index.ts'
import { faultText } from '../reports/verbs/terminal.ts'
import { wasOff } from '../suites/facts/power.ts'
import type { Fault } from '../suites/fault.ts'
import type { Message } from '../suites/observation.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { startPoeSwitch, snmp, type PoeSwitch } from './support/poe-switch.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { has } from './support/programs.ts'

/** A door and nothing else. */
const DOOR = `${process.execPath} -e 'require("net").createServer((s)=>s.end()).listen(80)'`
const skip = has('snmpd') && has('snmpget') ? false : 'needs snmpd and snmp'

inPrivateNetwork(import.meta.url, 1, 90, () => {
  const work = mkdtempSync(join(tmpdir(), 'camseal-power-'))
  let poe: PoeSwitch
  before(async () => {
    if (skip) return
    poe = await startPoeSwitch(join(work, 'switch'), 3, DOOR)
  })
  after(async () => {
    await poe?.stop()
    rmSync(work, { recursive: true, force: true })
  })

  const port = (as: PoePort['agent']['as'], over: Partial<PoePort> = {}): PoePort => ({
    by: 'poe',
    agent: { address: poe.address, port: 161, as },
    group: 1,
    interface: 7,
    ifIndex: poe.ifIndex,
    ...over,
  })
  const writer = () => port({ community: poe.logins.write })

  function unit(source: PoePort | null, off = 8) {
    const notes: Message[] = []
    const faults: Fault[] = []
    const lines = () => notes.map((about) => ({ type: 'note', about }))
    const append = (l: { about: Message }) => notes.push(l.about)
    const run = { lines, append } as unknown as RunDirectory
    const blame = (code: string, values: Fault['values']) => faults.push({ code, values })
    const hooks = { has: () => false, blame } as unknown as Hooks
    const statement = emptyStatement({
      services: [{ id: 'web', transport: 'tcp', port: 80, protocol: 'http', families: ['ipv4'], purpose: 'web' }],
    })
    const [sample] = statement.samples
    assert.ok(sample)
    sample.addresses.ipv4 = poe.device
    const seconds = { off, on: 10 }
    const power = powerOf({ statement, sample, source, run, hooks, confirm: null, seconds })
    assert.ok(power)
    const bench = testBench(statement, { sources: () => [poe.address] }) as unknown as RunBench
    return { power, bench, notes, faults }
  }

  test('the state of a port as the clients of Net-SNMP read it, by community and by user', { skip }, async () => {
    const said = snmp('get', ['-v2c', '-c', poe.logins.read], poe.address, [
      '1.3.6.1.2.1.105.1.1.1.3.1.7',
      '1.3.6.1.2.1.105.1.1.1.6.1.7',
      `1.3.6.1.2.1.2.2.1.8.${poe.ifIndex}`,
    ])
    assert.deepEqual(
      [...said.matchAll(/INTEGER: (\d)/g)].map(([, n]) => n),
      ['1', '3', '1'],
    )
    const { name, auth, privacy } = poe.logins.user
    const user = {
      user: name,
      auth: { protocol: 'sha256' as const, password: auth },
      privacy: { protocol: 'aes' as const, password: privacy },
    }
    for (const as of [{ community: poe.logins.read }, user])
      assert.deepEqual(await portState(port(as)), {
        state: { enabled: true, detection: 'deliveringPower', link: 'up' },
      })
    const elsewhere = port({ community: poe.logins.read }, { interface: 8, ifIndex: 999 })
    assert.deepEqual(await portState(elsewhere), { state: { enabled: null, detection: null, link: null } })
  })

  test('who may not, may not: nothing is said of the secret', { skip }, async () => {
    const wrong = await portState(port({ community: 'wrong-4711' }))
    assert.ok('failure' in wrong && wrong.failure.code === 'silent', JSON.stringify(wrong))
    const reader = await setPower(port({ community: poe.logins.read }), false)
    assert.equal(reader?.code, 'refused')
    const user = { user: 'lab', auth: { protocol: 'sha256' as const, password: 'wrong-4711-pass' } }
    const stranger = await portState(port(user))
    assert.ok('failure' in stranger, JSON.stringify(stranger))
    assert.doesNotMatch(JSON.stringify([wrong, reader, stranger]), /4711/)
    const noBody = await portState({ ...writer(), agent: { ...writer().agent, port: 162 } })
    assert.ok('failure' in noBody)
  })

  test(
    'power is cut and given with proof: doors, port and link; the journal has it in both languages',
    { skip },
    async () => {
      const { power, bench, notes, faults } = unit(writer())
      const cycle = await power.cycle(bench)
      assert.ok(cycle)
      assert.ok(wasOff(cycle), JSON.stringify(cycle))
      assert.deepEqual(cycle.off, { closed: true, port: { enabled: false, detection: 'disabled', link: 'down' } })
      assert.equal(cycle.cameBack, true)
      assert.deepEqual([cycle.on.port?.enabled, cycle.on.port?.detection], [true, 'deliveringPower'])
      assert.deepEqual(
        notes.map((n) => n.code.replace('run.power-', '')),
        ['cut', 'port-off', 'off', 'port-on', 'given', 'back'],
      )
      for (const note of notes)
        for (const language of ['en', 'vi'] as const)
          assert.doesNotMatch(messageText(language, note), /^run\.|\{[a-z]+\}|4711/, note.code)
      assert.deepEqual(faults, [])
      await power.restore()
      assert.equal(notes.length, 6, 'nothing was left off')
      notes.push({ code: 'run.power-cut', values: { sample: 'a' } })
      await power.restore()
      assert.deepEqual(
        notes.slice(7).map((n) => n.code),
        ['run.power-port-on', 'run.power-given'],
      )
    },
  )

  test(
    'a unit that stays on, or whose port cannot be switched, is a fault of the bench that says how to mend it',
    { skip },
    async () => {
      const denied = unit(port({ community: poe.logins.read }))
      assert.equal(await denied.power.cycle(denied.bench), null)
      assert.deepEqual(
        denied.faults.map((f) => f.code),
        ['poe-failed'],
      )
      poe.disobey()
      const { power, bench, notes, faults } = unit(writer())
      const cycle = await power.cycle(bench)
      assert.ok(cycle && !wasOff(cycle) && !cycle.off.closed)
      assert.ok(notes.some((n) => n.code === 'run.power-still-on'))
      assert.deepEqual(
        faults.map((f) => f.code),
        ['poe-still-on'],
      )
      for (const f of [...denied.faults, ...faults])
        for (const language of ['en', 'vi'] as const) assert.doesNotMatch(faultText(language, f), /4711|\{[a-z]+\}/)
    },
  )
})

test(
  'an agent that answers nonsense is one that does not answer, and nothing breaks',
  { timeout: 60_000 },
  async (t) => {
    if (process.env[INSIDE] !== undefined) return
    let seed = 20261122
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
    const agent = createSocket('udp4')
    t.after(() => agent.close())
    /** Each question comes back bent: as a response with a few bytes changed, cut off or lengthened. */
    agent.on('message', (question, from) => {
      for (let i = 0; i < 20; i++) {
        const bytes = Buffer.concat([question, Buffer.alloc(random(3) * 20, random(256))])
        for (let k = random(4); k >= 0; k--) bytes[random(bytes.length)] = random(256)
        const tag = bytes.indexOf(0xa0)
        if (tag > 0) bytes[tag] = 0xa2
        agent.send(bytes.subarray(0, bytes.length - random(8)), from.port, from.address)
      }
    })
    await new Promise<void>((ready) => agent.bind(0, '127.0.0.1', ready))
    const { port } = agent.address()
    const users = [
      { community: 'write-4711' },
      { user: 'lab', auth: { protocol: 'sha256' as const, password: 'auth-Pass-4711' } },
    ]
    const began = performance.now()
    const asked = Array.from({ length: 12 }, (_, i) =>
      portState({
        by: 'poe',
        agent: { address: '127.0.0.1', port, as: users[i % 2] ?? assert.fail() },
        group: 1,
        interface: 1,
        ifIndex: 1,
      }),
    )
    for (const answer of await Promise.all(asked)) assert.doesNotMatch(JSON.stringify(answer), /4711/)
    assert.ok(performance.now() - began < 15_000)
  },
)

test('a bench file is wrong in many ways at once, and each is named', async () => {
  if (process.env[INSIDE] !== undefined) return
  const { samples } = emptyStatement()
  const poe = { address: '192.0.2.2', group: 1, interface: 3 }
  const wrong: [PowerTable, string[]][] = [
    [{ b: { operator: true } }, ['/power/b power-sample']],
    [{ a: {} }, ['/power/a power-either']],
    [{ a: { operator: true, poe } }, ['/power/a power-either']],
    [{ a: { poe: { ...poe, address: 'switch' } } }, ['/power/a/poe/address power-address', '/power/a/poe power-login']],
    [
      { a: { poe: { ...poe, address: '127.0.0.1', community: { env: 'CAMSEAL_TEST_NOWHERE' } } } },
      ['/power/a/poe/address power-address-dut', '/power/a/poe/community power-secret-missing'],
    ],
    [
      {
        a: {
          poe: { ...poe, user: { name: 'lab', privacy: { protocol: 'aes', password: { env: 'CAMSEAL_TEST_SHORT' } } } },
        },
      },
      ['/power/a/poe/user/privacy power-privacy', '/power/a/poe/user/privacy/password power-password-short'],
    ],
  ]
  process.env.CAMSEAL_TEST_SHORT = 'seven77'
  for (const [table, expected] of wrong) {
    const read = await powerSources(table, samples, '.', null)
    assert.ok(!read.ok)
    assert.deepEqual(
      read.faults.map((f) => `${f.field} ${f.code}`),
      expected,
    )
    for (const f of read.faults)
      for (const language of ['en', 'vi'] as const) {
        const text = faultText(language, f)
        assert.doesNotMatch(text, /\{[a-z]+\}|seven77/)
        assert.ok(!text.includes(`${f.code}:`) && text !== f.code, text)
      }
  }
  process.env.CAMSEAL_TEST_SHORT = 'eight-888'
  const good = await powerSources(
    { a: { poe: { ...poe, community: { env: 'CAMSEAL_TEST_SHORT' }, ifIndex: 10103 } } },
    samples,
    '.',
    null,
  )
  assert.ok(good.ok)
  assert.deepEqual(good.value.get('a'), {
    by: 'poe',
    agent: { address: '192.0.2.2', port: 161, as: { community: 'eight-888' } },
    group: 1,
    interface: 3,
    ifIndex: 10103,
  })
  assert.deepEqual(variablesOf({ a: { poe: { ...poe, community: { env: 'CAMSEAL_TEST_SHORT' } } } }), [
    'CAMSEAL_TEST_SHORT',
  ])
})

test('what `ip` lists of a neighbour is read or left alone, whatever it says', () => {
  const row = { dst: '10.9.1.10', dev: 'port1', lladdr: '02:00:00:00:00:01', used: 1, confirmed: 3, state: ['STALE'] }
  const text = JSON.stringify([row])
  assert.deepEqual(entryOf(text), { lladdr: row.lladdr, states: ['STALE'], confirmed: 3 })
  for (const other of ['', '[]', '[null]', '{}', JSON.stringify([row, row])]) assert.equal(entryOf(other), null, other)
  assert.deepEqual(entryOf('[{"lladdr":7,"state":"STALE"}]'), { lladdr: null, states: [], confirmed: null })
  for (let i = 0; i < 300; i++)
    entryOf(text.slice(0, i % text.length) + String.fromCharCode(i) + text.slice((i * 7) % text.length))
})
