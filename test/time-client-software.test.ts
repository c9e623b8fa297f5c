import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { startCameraProcess } from '../lab/cameras/process.ts'
import { benchHere } from '../lab/inputs.ts'
import { askTime } from '../lab/instruments/ntp.ts'
import { randomPassword } from '../lab/secrets.ts'
import { startNtp } from '../lab/services/ntp.ts'
import type { Report } from '../reports/report.ts'
import { TIME_IMPOSTORS, type TimeImpostor } from '../suites/observations/time-sync.ts'
import { camseal } from './support/camseal.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { has } from './support/software.ts'
import { chronyd, deviceAround, judgedOf, ntpdig, observe, type Program } from './support/time-device.ts'

/**
 * Clients that nobody here wrote, against the lab's time server; in a network of their own, for port 123. ntpdig of NTPsec
 * 1.2.2 looks whether the originate timestamp is zero, and no further: an answer recorded once sets its clock.
 */
const PROGRAMS: readonly { name: string; program: Program; believes: readonly TimeImpostor[] }[] = [
  { name: 'chronyd', program: chronyd, believes: [] },
  { name: 'ntpdig', program: ntpdig, believes: ['origin-earlier'] },
]

inPrivateNetwork(import.meta.url, 1, 120, () => {
  for (const { name, program, believes } of PROGRAMS) {
    const skip = has(name) ? false : `needs ${name}`

    test(
      `${name} takes the time from ${['the genuine server', ...believes].join(' and ')} alone`,
      { skip, timeout: 30_000 },
      async (t) => {
        const started = await startNtp({ address: '127.0.0.1', port: 123, now: () => Date.now() * 1000 })
        assert.ok('server' in started, JSON.stringify(started))
        t.after(() => started.server.close())
        const told = async (): Promise<number | null> => {
          const [file = '', ...args] = program.argv('127.0.0.1', 123)
          const said = await new Promise<string>((done) =>
            execFile(file, args, { env: { ...process.env, TZ: 'UTC' } }, (_e, out, err) => done(out + err)),
          )
          const behind = program.behind.exec(said)?.[1]
          return behind === undefined ? null : Number(behind)
        }
        started.server.show({ shows: 'genuine', shift: 150 })
        assert.ok(Math.abs(((await told()) ?? 0) - 150) < 0.1)
        for (const shows of TIME_IMPOSTORS) {
          started.server.show({ shows, shift: 300 })
          assert.equal((await told()) !== null, believes.includes(shows), shows)
          assert.ok(started.server.answers().list.length > 0, shows)
        }
        started.server.show({ shows: 'genuine', shift: 0 })
        assert.ok(Math.abs((await told()) ?? 9) < 0.1)
      },
    )

    test(
      `a device with ${name} inside ${believes.length === 0 ? 'passes' : 'fails'}`,
      { skip, timeout: 30_000 },
      async (t) => {
        const statement = await deviceAround(t, program)
        const seen = await observe(statement)
        const { verdict, codes } = judgedOf(statement, seen)
        assert.equal(verdict, believes.length === 0 ? 'pass' : 'fail', codes.join())
        assert.deepEqual(codes, [
          'clock-read',
          'genuine-followed',
          ...TIME_IMPOSTORS.map((i) => (believes.includes(i) ? `followed-${i}` : 'impostor-refused')),
          'genuine-followed-again',
        ])
        assert.equal(seen.value.servers.at(-1)?.shift, 0)
      },
    )
  }

  const skip = has('chronyd') ? false : 'needs chronyd'
  test('a report says how far the clock of the lab was off a chronyd', { skip, timeout: 60_000 }, async (t) => {
    const port = 11_123
    const lines = [`port ${port}`, 'local stratum 8', 'allow 127.0.0.0/8', 'bindaddress 127.0.0.1', 'cmdport 0']
    const directory = mkdtempSync(join(tmpdir(), 'clock-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    // It takes away what stands there before.
    lines.push(`pidfile ${join(directory, 'pid')}`)
    // As a server it insists on being root.
    const asRoot = ['--user', '--map-root-user', 'chronyd', '-u', 'root', '-x', '-d']
    const server = spawn('unshare', [...asRoot, ...lines], { stdio: 'ignore' })
    t.after(() => server.kill('SIGKILL'))
    const at = { address: '127.0.0.1', port }
    // A clock that is two seconds ahead of everybody's.
    const ahead = () => (Date.now() + 2000) * 1000
    let sample = await askTime(at, ahead)
    for (let i = 0; i < 50 && 'why' in sample; i++) {
      await sleep(100)
      sample = await askTime(at, ahead)
    }
    assert.ok('offset' in sample, JSON.stringify(sample))
    assert.ok(Math.abs(sample.offset - 2_000_000) <= sample.uncertainty + 2_000, JSON.stringify(sample))
    assert.ok(sample.uncertainty < 500_000)

    const bench = benchHere('x', { ipv4: '127.77.2.1', ipv6: '::1' }, { clockSource: `ntp://127.0.0.1:${port}` })
    writeFileSync(join(directory, 'bench.yaml'), stringify(bench))
    const camera = await startCameraProcess(
      {
        addresses: { ipv4: '127.77.1.1', ipv6: null },
        ports: { https: 8443, rtsp: 8554 },
        weaknesses: [],
        serial: 'CLOCK-1',
        syslog: null,
        lock: { failures: 5, windowSeconds: 5, lockSeconds: 5 },
        bootSeconds: 1,
        factoryFresh: false,
        adminPassword: randomPassword(),
      },
      join(directory, 'camera'),
    )
    t.after(() => camera.stop())
    const out = join(directory, 'out')
    const args = [
      'run',
      '--statement',
      camera.statement,
      '--regulation',
      'camseal-core',
      '--out',
      out,
      '--rehearsal',
      '--ports',
      'declared',
    ]
    const ran = await camseal(
      [...args, '--bench', join(directory, 'bench.yaml'), '--only', 'logging/time-from-checked-ntp'],
      { env: { ...camera.environment, CAMSEAL_STATE: join(directory, 'state') } },
    )
    assert.ok(ran.code !== null && ran.code <= 2, ran.stderr)
    const { clockOffset, verdicts } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
    assert.equal(verdicts.judgements.map((j) => j.verdict).join(), 'pass')
    assert.equal(clockOffset?.source, `ntp://127.0.0.1:${port}`)
    const most = (clockOffset.uncertainty ?? 0) + 5_000
    for (const one of [clockOffset.start, clockOffset.end]) assert.ok(one !== null && Math.abs(one) < most, String(one))
  })
})
