import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createServer as createHttp } from 'node:http'
import { createServer, type Server } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { places } from '../lab/budget.ts'
import { rangesIn, selectedPorts } from '../lab/port-selection.ts'
import { checkValue } from '../profiles/yaml-file.ts'
import { insecureService } from '../suites/facts/insecure-services.ts'
import { probe as servicesProbe } from '../lab/probes/services.ts'
import { sweepPorts } from '../lab/instruments/port-sweep.ts'
import { probe as portsProbe } from '../lab/probes/tcp-ports.ts'
import { ALL_PORTS, portsIn, rangesOf } from '../suites/facts/port-ranges.ts'
import { serviceProtocol } from '../suites/facts/service-protocol.ts'
import type { Seen } from '../suites/observation.ts'
import { kind as servicesKind } from '../suites/observations/services.ts'
import { kind as portsKind, portsOpen, type Sweep, type TcpPorts } from '../suites/observations/tcp-ports.ts'
import { emptyStatement, testBench, type TestBench } from './support/bench.ts'
import { certificates, has, output, type Certificates } from './support/programs.ts'

const ADDRESS = '127.91.7.2'
const SOURCE = '127.91.7.1'
const fast = { connections: 4, attemptsPerSecond: 100_000 }
const child = fileURLToPath(new URL('support/sweep-child.ts', import.meta.url))

/** Every port is told exactly once. */
const told = (s: Sweep): number =>
  s.open.length +
  portsIn(s.refused) +
  portsIn(s.silent) +
  portsIn(s.voided) +
  portsIn(s.errors.map((e) => [e.from, e.to]))

const statementFor = (address: string, declared: number[]) =>
  emptyStatement({
    samples: [{ id: 'a', serial: 'S1', arrives: 'in-service', addresses: { ipv4: address, ipv6: null }, macs: [] }],
    services: declared.map((port) => ({
      id: `s${port}`,
      transport: 'tcp',
      port,
      protocol: 'other',
      families: ['ipv4'],
      purpose: 'test',
    })),
  })

function valueOf<T>(seen: Seen<T>): T {
  assert.ok(seen.answered, JSON.stringify(seen).slice(0, 500))
  return seen.value
}

const listen = (server: Server, port: number, host = ADDRESS) =>
  new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))

/** Open ports of the address as nmap sees them. */
function nmapOpen(address: string, ports: string, prefix: string[] = []): number[] {
  const [program = 'nmap', ...args] = [...prefix, 'nmap', '-n', '-Pn', '-sT', '-T4', '-p', ports, '-oG', '-', address]
  return [...output(program, args, 120).matchAll(/(\d+)\/open\//g)].map((m) => Number(m[1])).sort((a, b) => a - b)
}

function runChild(prefix: string[], task: object, seconds: number): Promise<Sweep> {
  const [program = '', ...args] = [...prefix, process.execPath, '--import', 'tsx', child, JSON.stringify(task)]
  return new Promise((resolve, reject) => {
    const running = spawn(program, args, { timeout: seconds * 1000, stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    running.stdout.on('data', (d: Buffer) => (out += d.toString('utf8')))
    running.stderr.on('data', (d: Buffer) => (err += d.toString('utf8')))
    running.on('close', () => {
      try {
        const { sweep } = JSON.parse(out) as { sweep?: Sweep }
        if (!sweep) throw new Error(out)
        resolve(sweep)
      } catch {
        reject(new Error(`${out.slice(0, 300)} ${err.slice(0, 2000)}`))
      }
    })
  })
}

test('ranges', () => {
  assert.deepEqual(rangesOf([1, 2, 3, 7, 9, 10]), [
    [1, 3],
    [7, 7],
    [9, 10],
  ])
  assert.equal(
    portsIn([
      [1, 3],
      [7, 7],
      [9, 10],
    ]),
    6,
  )
})

describe('a plain host on loopback', () => {
  let certs: Certificates
  const servers: { close(): unknown }[] = []
  const http = createHttp((_, response) => response.end('camera'))
  let value: TcpPorts
  let bench: TestBench

  before(
    async () => {
      certs = certificates()
      const ssh = createServer((s) => s.on('error', () => undefined).end('SSH-2.0-test\r\n'))
      const telnet = createServer((s) =>
        s.on('error', () => undefined).write(Buffer.from([255, 253, 24, 255, 253, 32])),
      )
      const rtsp = createServer((s) =>
        s.on('error', () => undefined).on('data', () => s.write('RTSP/1.0 400 Bad Request\r\n\r\n')),
      )
      const mqtt = createServer((s) =>
        s
          .on('error', () => undefined)
          .on('data', (d) => (d[0] === 0x10 ? s.write(Buffer.from([0x20, 2, 0, 5])) : s.destroy())),
      )
      const mute = createServer((s) => s.on('error', () => undefined))
      const https = createTls({ cert: readFileSync(certs.ec.cert), key: readFileSync(certs.ec.key) }, (s) =>
        s.on('error', () => undefined).on('data', () => s.end('HTTP/1.0 404 Not Found\r\n\r\n')),
      )
      https.on('tlsClientError', () => undefined)
      await Promise.all(
        [
          [ssh, 22],
          [telnet, 23],
          [http, 80],
          [https, 443],
          [rtsp, 554],
          [mqtt, 1883],
          [mute, 65_535],
        ].map(([s, p]) => listen(s as Server, p as number)),
      )
      servers.push(ssh, telnet, rtsp, mqtt, mute, https, http)
      const statement = statementFor(ADDRESS, [80, 443])
      bench = testBench(statement, {
        sources: () => [SOURCE],
        budgets: fast,
        attempt: () => (attempts++, Promise.resolve()),
      })
      value = valueOf(await portsProbe.run(bench, 'a/ipv4'))
    },
    { timeout: 120_000 },
  )
  after(() => {
    for (const server of servers) server.close()
    http.closeAllConnections()
    certs.remove()
  })
  let attempts = 0

  test('fits its schema and tells of every port in both sweeps', async () => {
    const checked = checkValue(portsKind.schema, value)
    assert.ok(checked.ok, JSON.stringify(checked))
    assert.equal(value.sourceAddress, SOURCE)
    assert.ok((value.rtt ?? 0) > 0)
    for (const sweep of value.sweeps) {
      assert.equal(told(sweep), ALL_PORTS)
      assert.deepEqual([sweep.silent, sweep.errors, sweep.voided], [[], [], []])
      assert.equal(sweep.canary.port, 80)
      assert.ok(sweep.canary.asked >= 132 && sweep.canary.missed === 0, JSON.stringify(sweep.canary))
      assert.ok(sweep.attempts >= ALL_PORTS + sweep.canary.asked)
    }
    assert.ok(attempts >= value.sweeps.reduce((n, s) => n + s.attempts, 0), 'every attempt was taken from the budget')
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(bench.open(), 0, 'every place in the budget was given back')
  })

  test('finds the ports that are open, and those nmap finds', (t) => {
    for (const port of [22, 23, 80, 443, 554, 1883, 65_535]) assert.ok(portsOpen(value).includes(port), String(port))
    if (!has('nmap')) return t.skip('needs nmap')
    assert.deepEqual(portsOpen(value), nmapOpen(ADDRESS, '1-65535'))
  })

  test('a rehearsal sweeps what it selects beside the declared ports', async () => {
    const selecting = testBench(bench.statement, {
      sources: () => [SOURCE],
      budgets: fast,
      ports: selectedPorts(['20-30', '1883', 'declared']),
    })
    const { sweeps } = valueOf(await portsProbe.run(selecting, 'a/ipv4'))
    for (const sweep of sweeps) {
      assert.deepEqual(
        sweep.open.map((o) => o.port),
        [22, 23, 80, 443, 1883],
      )
      assert.deepEqual(sweep.refused, [
        [20, 21],
        [24, 30],
      ])
      assert.equal(sweep.canary.missed, 0)
    }
    assert.deepEqual([selectedPorts(['declared']), selectedPorts()], [[], null])
    const words = ['8000-9000', '65536', '9-8', '0', 'all', '1-', '']
    assert.deepEqual(words.filter(rangesIn), ['8000-9000'])
  })

  test('hears greetings once, and only from those that greet', () => {
    const [first, second] = value.sweeps.map(({ open }) => new Map(open.map((o) => [o.port, o.greeting])))
    const heard = (port: number) => Buffer.from(first?.get(port) ?? '', 'base64').toString('latin1')
    assert.equal(heard(22), 'SSH-2.0-test\r\n')
    assert.equal(heard(23).charCodeAt(0), 255)
    assert.equal(first?.get(80), '')
    assert.deepEqual([second?.get(22), second?.get(80)], [null, null])
  })

  test('services say what they are', { timeout: 60_000 }, async () => {
    const seen = <T>() => [{ subject: 'a/ipv4', value: value as T }]
    const own = valueOf(
      await servicesProbe.run(testBench(statementFor(ADDRESS, [80]), { sources: () => [SOURCE], seen }), 'a/ipv4'),
    )
    const checked = checkValue(servicesKind.schema, own)
    assert.ok(checked.ok, JSON.stringify(checked))
    const spoken = Object.fromEntries(
      own.services.map((s) => [s.port, `${serviceProtocol(s)}${s.tls ? ' over TLS' : ''}`]),
    )
    const expected = {
      22: 'ssh',
      23: 'telnet',
      80: 'http',
      443: 'http over TLS',
      554: 'rtsp',
      1883: 'mqtt',
      65_535: 'unknown',
    }
    for (const [port, protocol] of Object.entries(expected)) assert.equal(spoken[port], protocol, port)
    assert.deepEqual(own.services.find((s) => s.port === 22)?.asked, ['greeting'])
  })

  /** What the services probe says of a port that was open and said nothing in the sweeps. */
  const seenAt = async (port: number) => {
    const sweeps = value.sweeps.map((sweep) => ({ ...sweep, open: [{ port, elapsed: 1, greeting: '' }] }))
    const seen = <T>() => [{ subject: 'a/ipv4', value: { ...value, sweeps } as T }]
    const bench = testBench(statementFor(ADDRESS, [80]), { sources: () => [SOURCE], seen })
    return valueOf(await servicesProbe.run(bench, 'a/ipv4')).services
  }
  const spokenAt = async (port: number) => (await seenAt(port)).map(serviceProtocol)

  test('a port that is away while services are asked is asked again', { timeout: 60_000 }, async (t) => {
    const late = createHttp((_, response) => response.end('late'))
    const opening = setTimeout(() => late.listen(8081, ADDRESS), 2000)
    t.after(() => {
      clearTimeout(opening)
      late.close()
      late.closeAllConnections()
    })
    assert.deepEqual(await spokenAt(8081), ['http'])
  })

  test('a port that greets late is not taken for mute', { timeout: 60_000 }, async (t) => {
    const slow = createServer((socket) => {
      socket.on('error', () => undefined)
      const greeting = setTimeout(() => socket.write('SSH-2.0-late\r\n'), 5_500)
      socket.on('close', () => clearTimeout(greeting))
    })
    await new Promise<void>((done) => slow.listen(8082, ADDRESS, done))
    t.after(() => slow.close())
    assert.deepEqual(await spokenAt(8082), ['ssh'])
  })

  test('a shell without a prompt is known by what it can do', { timeout: 60_000 }, async (t) => {
    // As ser2net runs one for every caller: it prints answers only.
    const silent = createServer((socket) => {
      const shell = spawn('/bin/sh', [], { stdio: ['pipe', 'pipe', 'ignore'] })
      socket.on('error', () => undefined).on('close', () => shell.kill())
      shell.stdin.on('error', () => undefined)
      socket.pipe(shell.stdin)
      shell.stdout.pipe(socket)
    })
    const echo = createServer((socket) => void socket.on('error', () => undefined).pipe(socket))
    for (const [server, port, service] of [
      [silent, 8083, 'shell'],
      [echo, 8084, 'small-service'],
    ] as const) {
      await new Promise<void>((done) => server.listen(port, ADDRESS, done))
      t.after(() => server.close())
      assert.deepEqual(await seenAt(port).then((rows) => rows.map(insecureService)), [service])
    }
  })

  test('likely open ports are asked within the budget of connections, and no place is kept', async () => {
    let taken = 0
    let given = 0
    const place = places(1)
    const bench = testBench(undefined, {
      budgets: { connections: 1, attemptsPerSecond: 100_000 },
      async connection() {
        const leave = await place()
        assert.equal(taken++, given, 'one at a time')
        return () => {
          given++
          leave()
        }
      },
    })
    const stop = (done: number): void => (done > 0 ? bench.abort() : undefined)
    const options = {
      to: { family: 'ipv4', address: ADDRESS } as const,
      source: SOURCE,
      canary: 8443,
      open: new Set([21, 22, 23]),
      rttMs: 1,
      progress: stop,
    }
    assert.deepEqual(await sweepPorts(bench, options), { cancelled: true })
    // Canaries before ports 1, 501, …, 4001, and the three.
    assert.ok(taken >= 9 + 3, String(taken))
    assert.equal(given, taken)
  })

  test('a canary that goes away voids what was asked after it', { timeout: 120_000 }, async () => {
    let left = 60
    const canary = createServer((s) => {
      s.destroy()
      if (--left === 0) canary.close()
    })
    await listen(canary, 8443)
    const options = {
      to: { family: 'ipv4', address: ADDRESS } as const,
      source: SOURCE,
      canary: 8443,
      open: new Set<number>(),
      rttMs: 1,
      progress: () => undefined,
    }
    const result = await sweepPorts(testBench(undefined, { budgets: fast }), options)
    assert.ok('sweep' in result)
    const { sweep } = result
    assert.equal(told(sweep), ALL_PORTS)
    assert.ok(
      portsIn(sweep.voided) > 10_000 && portsIn(sweep.voided) < ALL_PORTS - 10_000,
      String(portsIn(sweep.voided)),
    )
    assert.ok(
      sweep.open.some((o) => o.port === 65_535),
      'what is open stays open',
    )
  })

  test('single windows whose canary was missed three times are asked a fourth time', { timeout: 120_000 }, async () => {
    let taken = 0
    const canary = createServer((s) => {
      s.destroy()
      // The last canaries of the first walk, and all but the first of the next two.
      if (++taken < 131 || taken > 133) return
      canary.close()
      setTimeout(() => canary.listen(8443, ADDRESS), 500)
    })
    await listen(canary, 8443)
    const options = {
      to: { family: 'ipv4', address: ADDRESS } as const,
      source: SOURCE,
      canary: 8443,
      open: new Set<number>(),
      rttMs: 1,
      progress: () => undefined,
    }
    const result = await sweepPorts(testBench(undefined, { budgets: fast }), options)
    canary.close()
    assert.ok('sweep' in result)
    assert.equal(told(result.sweep), ALL_PORTS)
    assert.deepEqual(result.sweep.voided, [])
    assert.ok(result.sweep.canary.missed >= 3, String(result.sweep.canary.missed))
  })

  test('baseline, no declared service, and the address of the device as source', { timeout: 120_000 }, async (t) => {
    const own = testBench(statementFor(ADDRESS, []), {
      sources: () => [ADDRESS],
      budgets: fast,
      baseline: () => ({ at: 1, ports: [22] }),
    })
    const seen = valueOf(await portsProbe.run(own, 'a/ipv4'))
    assert.deepEqual(seen.baseline, { at: 1, ports: [22] })
    for (const sweep of seen.sweeps) {
      assert.equal(sweep.open.find((o) => o.port === 22)?.greeting, null, 'what was there before is left alone')
      assert.ok(
        sweep.canary.port !== null && sweep.canary.port !== 22 && sweep.canary.missed === 0,
        'an open port became the canary',
      )
      assert.equal(told(sweep), ALL_PORTS)
    }
    if (!has('nmap')) return t.skip('needs nmap')
    assert.deepEqual(
      portsOpen(seen),
      nmapOpen(ADDRESS, '1-65535').filter((p) => p !== 22),
      'no connection to itself is taken for an open port',
    )
  })

  test('cancelling ends it soon', async () => {
    const own = testBench(statementFor(ADDRESS, [80]), { sources: () => [SOURCE], budgets: fast })
    setTimeout(() => own.abort(), 300)
    const started = performance.now()
    const seen = await portsProbe.run(own, 'a/ipv4')
    assert.equal(!seen.answered && seen.why.code, 'tcp-ports.cancelled')
    assert.ok(performance.now() - started < 3000)
  })

  test('a source address the lab does not have is a fault of the lab', async () => {
    const seen = await portsProbe.run(
      testBench(statementFor(ADDRESS, [80]), { sources: () => ['203.0.113.9'], budgets: fast }),
      'a/ipv4',
    )
    assert.ok(!seen.answered)
    assert.deepEqual(
      [seen.cause, seen.why.code, seen.why.values['code']],
      ['lab', 'tcp-ports.lab-fault', 'EADDRNOTAVAIL'],
    )
  })

  test('too few files make it slower, not wrong', { timeout: 120_000 }, async () => {
    const task = { address: ADDRESS, family: 'ipv4', source: SOURCE, canary: 80, hold: 200 }
    const sweep = await runChild(['sh', '-c', 'ulimit -n 256; exec "$@"', 'sh'], task, 100)
    assert.deepEqual(
      sweep.open.map((o) => o.port),
      portsOpen(value),
    )
    assert.deepEqual(sweep.errors, [])
    assert.ok(
      sweep.attempts > ALL_PORTS + sweep.canary.asked,
      'some attempts failed for want of files and were made again',
    )
  })
})

describe('hosts behind a link', () => {
  const id = process.pid
  const [lab, camera] = [`cslab${id}`, `cscam${id}`]
  const reason =
    process.platform !== 'linux' || process.getuid?.() !== 0
      ? 'needs root on Linux (network namespaces)'
      : has('nft') && has('ip')
        ? null
        : 'needs ip and nft'
  const ip = (...args: string[]) => output('ip', args)
  const targets: ReturnType<typeof spawn>[] = []

  before(() => {
    if (reason) return
    for (const name of [lab, camera]) {
      ip('netns', 'add', name)
      ip('-n', name, 'link', 'set', 'lo', 'up')
    }
    ip('link', 'add', 'l0', 'netns', lab, 'type', 'veth', 'peer', 'name', 'c0', 'netns', camera)
    const rules = [
      'table inet f { chain in { type filter hook input priority 0;',
      'ip daddr 10.99.7.3 tcp dport != { 80, 9527 } drop;',
      'ip daddr 10.99.7.4 tcp dport != { 80, 9527 } limit rate over 2000/second burst 100 packets drop; }; }',
      '',
    ].join('\n')
    ip('-n', lab, 'addr', 'add', '10.99.7.1/24', 'dev', 'l0')
    for (const host of [2, 3, 4]) ip('-n', camera, 'addr', 'add', `10.99.7.${host}/24`, 'dev', 'c0')
    ip('-n', lab, 'addr', 'add', 'fd99:7::1/64', 'dev', 'l0', 'nodad')
    ip('-n', camera, 'addr', 'add', 'fd99:7::2/64', 'dev', 'c0', 'nodad')
    for (const [name, device] of [
      [lab, 'l0'],
      [camera, 'c0'],
    ] as const)
      ip('-n', name, 'link', 'set', device, 'up')
    assert.equal(spawnSync('ip', ['netns', 'exec', camera, 'nft', '-f', '-'], { input: rules }).status, 0)
    const script = `const n = require('net'); for (const p of [80, 9527]) n.createServer(s => s.on('error', () => {}).end()).listen(p, '0.0.0.0');
      for (const p of [80, 2323]) n.createServer(s => s.on('error', () => {}).end()).listen({ port: p, host: 'fd99:7::2', ipv6Only: true })`
    targets.push(spawn('ip', ['netns', 'exec', camera, process.execPath, '-e', script], { stdio: 'ignore' }))
    for (
      let i = 0;
      i < 50 &&
      spawnSync('ip', ['netns', 'exec', lab, 'nmap', '-n', '-Pn', '-sT', '-p', '80', '10.99.7.2']).stdout.indexOf(
        '80/tcp open',
      ) < 0;
      i++
    )
      spawnSync('sleep', ['0.1'])
  })
  after(() => {
    if (reason) return
    for (const target of targets) target.kill('SIGKILL')
    for (const name of [lab, camera]) spawnSync('ip', ['netns', 'del', name])
  })
  const inside = ['ip', 'netns', 'exec', lab]
  const openAt = async (address: string, canary: number | null, seconds: number) => {
    const family = address.includes(':') ? 'ipv6' : 'ipv4'
    const sweep = await runChild(
      inside,
      { address, family, source: family === 'ipv6' ? 'fd99:7::1' : '10.99.7.1', canary },
      seconds,
    )
    assert.equal(told(sweep), ALL_PORTS)
    return { sweep, open: sweep.open.map((o) => o.port) }
  }

  test('one that refuses', { timeout: 120_000 }, async (t) => {
    if (reason) return t.skip(reason)
    const { sweep, open } = await openAt('10.99.7.2', 80, 100)
    assert.deepEqual(open, [80, 9527])
    assert.deepEqual(open, nmapOpen('10.99.7.2', '1-65535', inside))
    assert.deepEqual([portsIn(sweep.refused), sweep.silent, sweep.voided], [ALL_PORTS - 2, [], []])
  })

  test('one that drops: silent is not refused', { timeout: 120_000 }, async (t) => {
    if (reason) return t.skip(reason)
    const { sweep, open } = await openAt('10.99.7.3', 80, 100)
    assert.deepEqual(open, [80, 9527])
    assert.deepEqual(
      [sweep.refused, portsIn(sweep.silent), sweep.voided, sweep.canary.missed],
      [[], ALL_PORTS - 2, [], 0],
    )
    assert.ok(sweep.attempts >= 2 * (ALL_PORTS - 2), 'silent ports are asked twice')
    t.diagnostic(`${(sweep.endedAt - sweep.startedAt) / 1e6} s`)
  })

  test('one that limits its refusals', { timeout: 120_000 }, async (t) => {
    if (reason) return t.skip(reason)
    const { sweep, open } = await openAt('10.99.7.4', 80, 100)
    assert.deepEqual(open, [80, 9527])
    assert.ok(
      portsIn(sweep.silent) > 10_000 && portsIn(sweep.refused) > 500,
      `${portsIn(sweep.silent)} ${portsIn(sweep.refused)}`,
    )
  })

  test('IPv6 has ports of its own', { timeout: 120_000 }, async (t) => {
    if (reason) return t.skip(reason)
    assert.deepEqual((await openAt('fd99:7::2', 80, 100)).open, [80, 2323])
  })

  test('one that is not there', { timeout: 120_000 }, async (t) => {
    if (reason) return t.skip(reason)
    const { sweep, open } = await openAt('10.99.7.77', null, 100)
    assert.deepEqual([open, sweep.refused], [[], []])
  })
})
