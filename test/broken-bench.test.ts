import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, describe, test, type TestContext } from 'node:test'
import { stringify } from 'yaml'
import type { Report } from '../reports/report.ts'
import type { Statement } from '../suites/statement.ts'
import { camseal, startCamseal, type Ran, type Running } from './support/camseal.ts'
import { cameraUnit, OWNER_PASSWORD, type CameraUnit } from './support/camera-unit.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { writeRegulation } from './support/regulation.ts'

/** A full or read-only disk, a lost network, two processes in one directory: nothing is lost, and `resume` completes the run. */
const work = mkdtempSync(join(tmpdir(), 'camseal-broken-'))
after(() => rmSync(work, { recursive: true, force: true }))

const LOGIN = 'authentication/no-default-credentials'
/** Rests on one observation, which is made early. */
const DIGEST = 'authentication/digest-strength'
const LOCK = 'authentication/login-lockout'
const LOG = 'logging/failed-login-recorded'
const UPDATE = 'update-integrity/altered-update-refused'

const verdictsOf = (out: string): string[] =>
  (JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report).verdicts.judgements.map(
    (j) => `${j.criterion} ${j.subject}: ${j.verdict}`,
  )

/** Until a run has said this; within two minutes. */
async function said({ child, ended }: Running, event: RegExp): Promise<void> {
  let text = ''
  let isOver = false
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (d: Buffer) => (text += d.toString('utf8')))
  void ended.then(() => (isOver = true))
  for (let i = 0; i < 2400 && !event.test(text); i++) {
    assert.ok(!isOver, `ended before it said ${String(event)}: ${text.slice(-1000)}`)
    await new Promise((wait) => setTimeout(wait, 50))
  }
  assert.match(text, event)
}

/** A process that holds a namespace open; its first line says that it is ready. */
async function holder(t: TestContext, argv: string[]): Promise<ChildProcess | string> {
  const [file = '', ...rest] = argv
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let why = ''
  child.stderr.on('data', (d: Buffer) => (why += d.toString('utf8')))
  const line = await new Promise<string | null>((done) => {
    createInterface({ input: child.stdout }).once('line', done)
    child.once('exit', () => done(null))
    setTimeout(() => done(null), 10_000).unref()
  })
  return line === 'ready' ? child : why || 'no answer'
}

interface SmallDisk {
  directory: string
  /** Runs a command where the disk is mounted. */
  wrap: string[]
  resize(options: string): void
  used(): number
}

/** A file system of our own of a chosen size, seen by nobody else. */
async function smallDisk(t: TestContext, name: string, options: string): Promise<SmallDisk | string> {
  const directory = join(work, name)
  mkdirSync(directory)
  const held = await holder(t, [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    `mount -t tmpfs -o ${options} tmpfs ${directory} && echo ready && exec sleep 400`,
  ])
  if (typeof held === 'string') return held
  const wrap = ['nsenter', `--mount=/proc/${held.pid}/ns/mnt`, '--']
  const inside = (...argv: string[]): string =>
    execFileSync(wrap[0] ?? '', [...wrap.slice(1), ...argv], { encoding: 'utf8' })
  return {
    directory,
    wrap,
    resize: (to) => void inside('mount', '-o', `remount,${to}`, directory),
    used: () => Number(inside('du', '-s', '--block-size=1024', directory).split('\t')[0]),
  }
}

/** Resume, or begin again where no run had begun. */
async function goOn(u: CameraUnit, out: string, wrap: string[]): Promise<Ran> {
  const resumed = await camseal(['resume', out], { env: u.environment, wrap })
  return resumed.code === 3 && /holds no run/.test(resumed.stderr)
    ? camseal([...u.run, '--out', out], { env: u.environment, wrap })
    : resumed
}

let units = 0

inPrivateNetwork(import.meta.url, 2, 700, () => {
  describe('a broken bench', { concurrency: 5 }, () => {
    test('the disk is full', { timeout: 240_000 }, async (t) => {
      const u = await cameraUnit(t, { n: ++units, work, criteria: [LOGIN] })
      const roomy = await smallDisk(t, 'roomy', 'size=64m')
      if (typeof roomy === 'string') return t.skip(`needs to mount a tmpfs: ${roomy}`)
      const whole = await camseal([...u.run, '--out', join(roomy.directory, 'out')], {
        env: u.environment,
        wrap: roomy.wrap,
      })
      assert.equal(whole.code, 0, whole.stderr)
      const needed = roomy.used()
      const full = new Set<string>()
      for (const share of [5, 30, 55, 65, 70, 75, 80, 90, 97]) {
        const disk = await smallDisk(t, `share-${share}`, `size=${Math.floor((needed * share) / 100)}k`)
        assert.ok(typeof disk !== 'string', String(disk))
        const out = join(disk.directory, 'out')
        const ran = await camseal([...u.run, '--out', out], { env: u.environment, wrap: disk.wrap })
        const told = `${share} % of ${needed} KiB: ${ran.stdout.slice(-500)} ${ran.stderr.slice(-1500)}`
        assert.equal(ran.code, 4, told)
        assert.match(ran.stderr, /ENOSPC.*(camseal resume|run again)/, told)
        full.add(/camseal resume/.test(ran.stderr) ? 'resume' : 'again')
        assert.match(u.ask('/api/device'), /^200 /, `the password is put back although nothing can be written: ${told}`)
        disk.resize('size=64m')
        const on = await goOn(u, out, disk.wrap)
        assert.equal(on.code, 0, `${told}\n${on.stdout.slice(-1000)}\n${on.stderr.slice(-1000)}`)
        assert.match(u.ask('/api/device'), /^200 /, told)
      }
      assert.deepEqual([...full].sort(), ['again', 'resume'], 'full before the run had begun, and after')
    })

    test('the directory is read-only', { timeout: 180_000 }, async (t) => {
      const u = await cameraUnit(t, { n: ++units, work, criteria: [LOGIN] })
      const disk = await smallDisk(t, 'read-only', 'size=64m')
      if (typeof disk === 'string') return t.skip(`needs to mount a tmpfs: ${disk}`)
      const out = join(disk.directory, 'out')
      const run = startCamseal([...u.run, '--out', out], { env: u.environment, wrap: disk.wrap })
      await said(run, /Default passwords/)
      run.child.kill('SIGKILL')
      await run.ended
      disk.resize('ro')
      const events = u.events().length
      for (const args of [
        [...u.run, '--out', join(disk.directory, 'other')],
        ['resume', out],
      ]) {
        const ran = await camseal(args, { env: u.environment, wrap: disk.wrap })
        assert.equal(ran.code, 4, ran.stderr)
        // Making a folder there is called ENOENT by Node.
        assert.match(ran.stderr, /\((EROFS|ENOENT)\)/)
      }
      assert.equal(u.events().length, events, 'nothing was sent')
      disk.resize('rw')
      assert.equal((await goOn(u, out, disk.wrap)).code, 0)
      assert.match(u.ask('/api/device'), /^200 /)
    })

    for (const side of ['lab', 'device'] as const)
      test(`the network is lost at the side of the ${side}`, { timeout: 600_000 }, async (t) => {
        const n = ++units
        const held = await holder(t, [
          'unshare',
          '--net',
          'sh',
          '-c',
          'ip link set lo up && echo ready && exec sleep 400',
        ])
        if (typeof held === 'string') return t.skip(`needs a network namespace: ${held}`)
        const [here, there, address] = [`lab${n}`, `cam${n}`, `10.99.${n}.2`]
        const ip = (...args: string[]) => execFileSync('ip', args)
        const inside = ['nsenter', `--net=/proc/${held.pid}/ns/net`, '--']
        const ipInside = (...args: string[]) => execFileSync('nsenter', [...inside.slice(1), 'ip', ...args])
        ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', String(held.pid))
        ip('address', 'add', `10.99.${n}.1/24`, 'dev', here)
        ip('link', 'set', here, 'up')
        ipInside('address', 'add', `${address}/24`, 'dev', there)
        ipInside('link', 'set', there, 'up')
        const switchLink = (to: 'up' | 'down') =>
          side === 'lab' ? ip('link', 'set', here, to) : ipInside('link', 'set', there, to)

        const directory = join(work, `net-${n}`)
        mkdirSync(directory)
        const options = {
          addresses: { ipv4: address, ipv6: null },
          ports: { https: 8443, rtsp: 8554 },
          weaknesses: [],
          serial: `NET-${n}`,
          syslog: null,
          lock: { failures: 5, windowSeconds: 5, lockSeconds: 1 },
          bootSeconds: 0.3,
          factoryFresh: false,
          adminPassword: OWNER_PASSWORD,
          users: [{ name: 'spare', password: OWNER_PASSWORD, role: 'viewer', spare: true }],
          stateDirectory: join(directory, 'state'),
          packagesDirectory: directory,
        }
        writeFileSync(join(directory, 'camera.json'), JSON.stringify(options))
        const main = fileURLToPath(new URL('../lab/cameras/main.ts', import.meta.url))
        const camera = spawn(
          'nsenter',
          [
            ...inside.slice(1),
            process.execPath,
            '--import',
            'tsx',
            main,
            '--options-file',
            join(directory, 'camera.json'),
          ],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        )
        t.after(() => camera.kill('SIGKILL'))
        const ready = await new Promise<string>((line) => createInterface({ input: camera.stdout }).once('line', line))
        const statement = (JSON.parse(ready) as { statement: Statement }).statement
        statement.logins = statement.logins.filter((l) => l.id === 'web-owner')
        statement.bruteForce = statement.bruteForce.filter((b) => b.login === 'web-owner')
        writeFileSync(join(directory, 'statement.yaml'), stringify(statement))
        const env = {
          CAMSEAL_ADMIN_PASSWORD: OWNER_PASSWORD,
          CAMSEAL_SPARE_PASSWORD: OWNER_PASSWORD,
          CAMSEAL_STATE: join(directory, 'bench'),
        }
        const out = join(directory, 'out')
        const owner = () =>
          spawnSync(
            'curl',
            [
              '-sk',
              '--max-time',
              '10',
              '--digest',
              '-u',
              `admin:${OWNER_PASSWORD}`,
              '-o',
              '/dev/null',
              '-w',
              '%{http_code}',
              `https://${address}:8443/api/device`,
            ],
            { encoding: 'utf8' },
          ).stdout

        const run = startCamseal(
          [
            'run',
            '--statement',
            join(directory, 'statement.yaml'),
            '--regulation',
            writeRegulation(join(directory, 'few.yaml'), [DIGEST, LOCK, UPDATE]),
            '--out',
            out,
            '--rehearsal',
            '--ports',
            'declared',
            '--json',
          ],
          { env, seconds: 240 },
        )
        await said(run, /"event":"observed"[^\n]*"kind":"challenges"/)
        // The run stands still, so that the network is lost between two steps.
        run.child.kill('SIGSTOP')
        switchLink('down')
        run.child.kill('SIGCONT')
        const ran = await run.ended
        t.diagnostic(`ended after ${ran.seconds.toFixed(1)} s: ${verdictsOf(out).join('; ')}`)
        assert.equal(ran.code, 2, ran.stdout.slice(-1500))
        // The lock-out may have been under way: then it is no fail, and a pass only where it was over.
        const [digest, , update] = [DIGEST, LOCK, UPDATE].map((c) => verdictsOf(out).find((v) => v.startsWith(c)) ?? '')
        assert.match(digest ?? '', /: pass$/, 'what was seen before is in the report')
        assert.match(update ?? '', /: inconclusive$/, 'what came after does not pass')
        assert.ok(!verdictsOf(out).some((v) => v.endsWith('fail')), verdictsOf(out).join())
        const causes = (
          JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
        ).verdicts.judgements.flatMap((j) => j.findings.map((f) => f.message.code))
        assert.ok(causes.includes(side === 'lab' ? 'framework.no-route' : 'framework.device-absent'), causes.join())
        const again = await camseal(['resume', out], { env })
        assert.equal(again.code, 2, 'still lost')
        switchLink('up')
        await new Promise((wait) => setTimeout(wait, 1500))
        const resumed = await camseal(['resume', out, '--json'], { env })
        t.diagnostic(`resumed: ${verdictsOf(out).join('; ')}`)
        assert.ok(verdictsOf(out).includes(`${UPDATE} a/update/web-update: pass`), resumed.stdout.slice(-1500))
        assert.ok(resumed.code === 0 || resumed.code === 2, resumed.stdout.slice(-1500))
        assert.match(resumed.stdout, /"restored":true/)
        assert.equal(owner(), '200')
      })

    test('two processes in one directory', { timeout: 480_000 }, async (t) => {
      const u = await cameraUnit(t, { n: ++units, work, criteria: [LOGIN, LOG] })
      const args = [...u.run, '--out', u.out]
      const options = { env: u.environment }
      const first = startCamseal(args, options)
      await said(first, /Keeping still/)
      // It stands still, so that it is not done before the others have tried.
      first.child.kill('SIGSTOP')
      const journal = readFileSync(join(u.out, 'journal.jsonl'))
      for (const second of [
        await camseal(['resume', u.out], options),
        await camseal(['resume', u.out, '--lang', 'vi'], options),
        await camseal(args, options),
      ])
        assert.equal(second.code, 3, second.stderr)
      const refused = await camseal(['resume', u.out], options)
      assert.match(refused.stderr, new RegExp(`process ${first.child.pid} works on this run`))
      assert.ok(readFileSync(join(u.out, 'journal.jsonl')).subarray(0, journal.length).equals(journal))
      first.child.kill('SIGKILL')
      await first.ended
      assert.match(readFileSync(join(u.out, 'lock'), 'utf8'), /^\d+ \d+$/, 'the killed process has left its lock')

      const many = await Promise.all([1, 2, 3, 4].map(() => camseal(['resume', u.out], options)))
      assert.deepEqual(many.map((r) => r.code).sort(), [0, 3, 3, 3], many.map((r) => r.stderr).join('\n'))
      assert.match(u.ask('/api/device'), /^200 /)
      assert.ok(!existsSync(join(u.out, 'lock')))

      for (const stale of ['1 1', '', 'nonsense']) {
        writeFileSync(join(u.out, 'lock'), stale)
        assert.equal((await camseal(['resume', u.out], options)).code, 0, `a lock that holds '${stale}' is taken over`)
      }
    })
  })
})
