import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { defaultRoutes, planOf, type Machine } from '../lab/bench-network.ts'
import { configurationOf, recordIn } from '../lab/services/dnsmasq.ts'
import { openRecords } from '../lab/services/records.ts'
import { startSmtp, type Mail } from '../lab/services/smtp.ts'
import { bilingual } from '../reports/locales/index.ts'
import type { BenchNetwork } from '../reports/report.ts'
import { camseal } from './support/camseal.ts'

const LIMIT = { timeout: 30_000 }

const folder = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'bench-up-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const ROUTE_HEAD = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n'
const NOWHERE = '0'.repeat(32)
const machine = (over: Partial<Machine> = {}): Machine => ({
  platform: 'linux',
  capabilities: 0x1ffn << 5n,
  routes: { ipv4: ROUTE_HEAD, ipv6: '' },
  interfaces: {
    lo: [{ address: '127.0.0.1', netmask: '255.0.0.0', family: 'IPv4', mac: '', internal: true, cidr: '127.0.0.1/8' }],
    lab0: [
      {
        address: '10.77.5.1',
        netmask: '255.255.255.0',
        family: 'IPv4',
        mac: '',
        internal: false,
        cidr: '10.77.5.1/24',
      },
      { address: 'fe80::1', netmask: '', family: 'IPv6', mac: '', internal: false, cidr: 'fe80::1/64', scopeid: 3 },
      {
        address: 'fd00:c5::1',
        netmask: '',
        family: 'IPv6',
        mac: '',
        internal: false,
        cidr: 'fd00:c5::1/64',
        scopeid: 0,
      },
    ],
  },
  hasDnsmasq: true,
  ...over,
})
const NETWORK: BenchNetwork = {
  interface: 'lab0',
  leases: {
    ipv4: { first: '10.77.5.100', last: '10.77.5.150' },
    ipv6: { first: 'fd00:c5::100', last: 'fd00:c5::1ff' },
  },
  names: [{ name: 'cloud.example', address: '10.77.5.1' }],
}

test('everything that speaks against serving a network is said at once, in words', () => {
  const faultsOf = (network: Partial<BenchNetwork>, over: Partial<Machine> = {}, allowed = false): string[] => {
    const plan = planOf({ ...NETWORK, ...network }, machine(over), allowed)
    const codes = 'faults' in plan ? plan.faults.map((f) => f.code) : []
    for (const code of codes) assert.ok(bilingual('faults', code), code)
    return codes
  }
  assert.deepEqual(faultsOf({}), [])
  assert.deepEqual(faultsOf({}, { platform: 'darwin' }), ['bench-linux'])
  assert.deepEqual(faultsOf({}, { capabilities: 0n }), ['bench-privilege'])
  assert.deepEqual(faultsOf({}, { capabilities: 1n << 10n }), ['bench-privilege'])
  assert.deepEqual(faultsOf({}, { hasDnsmasq: false }), ['bench-dnsmasq'])
  assert.deepEqual(faultsOf({ services: ['ntp', 'mail'] }, { hasDnsmasq: false }), [])
  assert.deepEqual(faultsOf({ interface: 'lab9', leases: {}, services: ['ntp'] }), ['bench-interface'])
  assert.deepEqual(faultsOf({ interface: 'lab0\nuser=root' })[0], 'bench-interface')
  assert.deepEqual(faultsOf({ interface: 'lo', leases: {}, services: ['ntp'] }), ['bench-loopback'])
  const routes = { ipv4: `${ROUTE_HEAD}lab0\t00000000\t0105A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`, ipv6: '' }
  assert.deepEqual(faultsOf({}, { routes }), ['bench-default-route'])
  assert.deepEqual(faultsOf({}, { routes }, true), [])
  const six = (name: string, flags: string) =>
    `${NOWHERE} 00 ${NOWHERE} 00 ${NOWHERE} 00000400 00000001 00000000 ${flags} ${name}\n`
  assert.deepEqual(faultsOf({}, { routes: { ipv4: '', ipv6: six('lab0', '00000003') } }), ['bench-default-route'])
  // The kernel's own "there is no route" is none.
  assert.deepEqual([...defaultRoutes({ ipv4: '', ipv6: six('lo', '00200200') })], [])
  assert.deepEqual([...defaultRoutes({ ipv4: 'x\n\n\0', ipv6: 'y' })], [])
  const leases = (first: string, last: string) => faultsOf({ leases: { ipv4: { first, last } } })
  for (const [first, last] of [
    ['10.77.5.150', '10.77.5.100'],
    ['10.77.4.100', '10.77.5.100'],
    ['10.77.5.1', '10.77.5.9'],
    ['10.77.5.9', '10.77.6.9'],
    ['fd00:c5::9', 'fd00:c5::10'],
    ['10.77.5.9', 'x\nport=53'],
  ] as const)
    assert.deepEqual(leases(first, last), ['bench-range'], `${first} ${last}`)
  assert.deepEqual(faultsOf({ leases: {} }), ['bench-no-leases'])
  assert.deepEqual(faultsOf({ names: [{ name: 'a b\n', address: 'x' }] }), ['bench-name', 'bench-address'])
  assert.deepEqual(faultsOf({ interface: 'lab9', names: [{ name: '', address: '::' }] }, { capabilities: 0n }), [
    'bench-privilege',
    'bench-interface',
    'bench-no-address',
    'bench-no-address',
    'bench-name',
  ])
})

test('dnsmasq is told to serve one interface, to ask nobody, and to lead nowhere', () => {
  const plan = planOf(NETWORK, machine(), false)
  assert.ok('serving' in plan)
  const lines = (over: Partial<BenchNetwork> = {}, off: object = {}) =>
    configurationOf({ ...plan.serving, ...off, network: { ...NETWORK, ...over }, directory: '/x' }).split('\n')
  const all = lines()
  for (const line of [
    'interface=lab0',
    'except-interface=lo',
    'bind-interfaces',
    'no-resolv',
    'local=/#/',
    'address=/cloud.example/10.77.5.1',
    'dhcp-range=10.77.5.100,10.77.5.150,255.255.255.0,1h',
    'dhcp-option=option:router',
    'ra-param=lab0,10,0',
  ])
    assert.ok(all.includes(line), line)
  assert.ok(!all.some((l) => l.startsWith('server=')))
  assert.ok(lines({ otherNames: 'lab' }).includes('address=/#/fd00:c5::1'))
  assert.ok(lines({}, { dhcp: false }).every((l) => !l.startsWith('dhcp-range')))
  assert.ok(lines({}, { dns: false }).includes('port=0'))
})

test('the log of dnsmasq is read line by line, and nothing a device says makes a line of its own', () => {
  const MAC = '5a:18:26:12:b6:4f'
  const read = (line: string) => recordIn(line, 7)
  assert.deepEqual(read(`Nov 22 07:58:54 dnsmasq-dhcp[99]: 1846 DHCPACK(lab0) 10.77.5.142 ${MAC} camera`), {
    at: 7,
    service: 'dhcp',
    source: MAC,
    what: 'DHCPACK',
    told: `10.77.5.142 ${MAC} camera`,
  })
  assert.equal(read(`dnsmasq-dhcp: DHCPDISCOVER(lab0) ${MAC} `)?.source, MAC)
  assert.deepEqual(read('Nov  2 07:58:54 dnsmasq[9]: query[AAAA] a from b from 10.77.5.142'), {
    at: 7,
    service: 'dns',
    source: '10.77.5.142',
    type: 'AAAA',
    name: 'a from b',
  })
  for (const line of [
    '',
    'dnsmasq: started',
    'dnsmasq-dhcp: RTR-ADVERT(lab0) fd00:c5::',
    'dnsmasq: config x is 10.77.5.1',
  ])
    assert.equal(read(line), null, line)
  assert.equal(JSON.stringify(read(`dnsmasq: query[A] ${'x'.repeat(9000)} from 10.77.5.9`)).length < 700, true)
})

test('records end where the file is full, and are not written over others', (t) => {
  const directory = folder(t)
  const records = openRecords(directory, 200)
  for (let i = 0; i < 9; i++) records.add({ at: i, service: 'dns', source: '10.77.5.9', name: 'a\nb' })
  assert.deepEqual(records.count(), { written: 3, left: 6 })
  records.close()
  const file = join(directory, 'records.ndjson')
  assert.equal(readFileSync(file, 'utf8').trim().split('\n').length, 3)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.throws(() => openRecords(directory), /EEXIST/)
})

test(
  'mail is taken with its envelope; a password is not kept; noise and floods end a connection alone',
  LIMIT,
  async (t) => {
    const mails: Mail[] = []
    const started = await startSmtp({ address: '127.0.0.1', port: 0, onMail: (m) => mails.push(m) })
    assert.ok('port' in started, JSON.stringify(started))
    t.after(() => started.close())
    const talk = (bytes: string | Buffer): Promise<string> =>
      new Promise((done) => {
        let said = ''
        const socket = connect(started.port, '127.0.0.1', () => socket.write(bytes))
        socket.setTimeout(400, () => socket.end())
        socket.on('data', (d) => (said += d.toString('latin1')))
        socket.on('error', () => undefined)
        socket.once('close', () => done(said))
      })
    const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')
    const codes = (said: string) => said.split('\r\n').flatMap((l) => /^(\d{3})(?: |$)/.exec(l)?.[1] ?? [])
    const body =
      'MAIL FROM:<cam@x> SIZE=9\r\nRCPT TO:<owner@y>\r\nDATA\r\nSubject: motion\r\n\r\n..dot\r\n.\r\nQUIT\r\n'
    const said = await talk(`EHLO camera\r\nAUTH LOGIN\r\n${base64('cam')}\r\n${base64('geheim')}\r\n${body}`)
    assert.deepEqual(codes(said), ['220', '250', '334', '334', '235', '250', '250', '354', '250', '221'])
    await talk(`EHLO camera\r\nAUTH PLAIN ${base64('\0cam\0geheim')}\r\n${body}`)
    await talk(`HELO camera\n${body.replaceAll('\r\n', '\n')}`)
    assert.deepEqual(
      mails.map((m) => [m.helo, m.user, m.sender, m.recipients.join(), Buffer.from(m.head).toString()]),
      ['cam', 'cam', null].map((user) => ['camera', user, 'cam@x', 'owner@y', 'Subject: motion\r\n\r\n.dot\r\n']),
    )
    assert.ok(!JSON.stringify(mails).includes('geheim') && !JSON.stringify(mails).includes(base64('geheim')))
    assert.deepEqual(codes(await talk('DATA\r\nRCPT TO:<a>\r\nAUTH NTLM\r\nVRFY x\r\n')), [
      '220',
      '503',
      '503',
      '504',
      '502',
    ])
    let state = 5
    const noise = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24
    await Promise.all(Array.from({ length: 12 }, () => talk(Buffer.from(Array.from({ length: 3000 }, noise)))))
    assert.ok((await talk('x'.repeat(20_000))).startsWith('220'))
    const long = `MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n${'y'.repeat(1000).concat('\r\n').repeat(200)}.\r\n`
    await talk(long)
    assert.deepEqual([mails.at(-1)?.bytes, mails.at(-1)?.head.length], [200 * 1002, 64 * 1024])
  },
)

test('without a network in the bench file nothing is started', LIMIT, async (t) => {
  const out = join(folder(t), 'out')
  const ran = await camseal(['bench', 'up', '--bench', 'docs/examples/bench.yaml', '--out', out])
  assert.equal(ran.code, 3)
  assert.match(ran.stderr, /names no network/)
})
