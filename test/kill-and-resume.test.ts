import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createDecipheriv } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { startCameraProcess, type CameraProcess } from '../lab/cameras/process.ts'
import { readJournal } from '../reports/journal.ts'
import type { Report } from '../reports/report.ts'
import type { Statement } from '../suites/statement.ts'
import { camseal, startCamseal, type Ran } from './support/camseal.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { writeRegulation } from './support/regulation.ts'

/** SIGKILL at any point: `resume` completes the run, and the device is as it was found. */
const OWNER = 'Owner-7421-kxq'
const SPARE = 'Spare-9921-wvb'
const QUICK = ['authentication/no-default-credentials', 'authentication/login-lockout']
const LOGGED = ['authentication/no-default-credentials', 'logging/failed-login-recorded']
const UPDATE = ['update-integrity/altered-update-refused', 'update-integrity/older-update-refused']
const SEED = 20_261_121

const work = mkdtempSync(join(tmpdir(), 'camseal-kill-'))
after(() => rmSync(work, { recursive: true, force: true }))

/** The same numbers each time (a linear congruential generator), in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Unit {
  camera: CameraProcess
  directory: string
  regulation: string
  syslog: string
  /** Events in the camera's own log, in order. */
  events(): string[]
  /** An answer of the camera to its administrator with the password it came with; not by a client of ours. */
  ask(target: string): string
  env: Record<string, string>
}

let units = 0

/** A camera with one log-in of its administrator, on an address of its own; it stops with the test. */
async function unit(t: TestContext, criteria: readonly string[]): Promise<Unit> {
  const n = ++units
  const directory = join(work, `unit-${n}`)
  mkdirSync(directory)
  const [address, port] = [`127.78.${n}.10`, 8443]
  const target = { address: `127.78.${n}.1`, port: 5514 + n }
  const camera = await startCameraProcess(
    {
      addresses: { ipv4: address, ipv6: null },
      ports: { https: port, rtsp: 8554 },
      weaknesses: [],
      serial: `KILL-${n}`,
      syslog: target,
      lock: { failures: 5, windowSeconds: 2, lockSeconds: 2 },
      bootSeconds: 0.3,
      factoryFresh: false,
      adminPassword: OWNER,
      users: [{ name: 'spare', password: SPARE, role: 'viewer', spare: true }],
      stateDirectory: join(directory, 'state'),
    },
    join(directory, 'camera'),
  )
  t.after(() => camera.stop())
  const statement = parse(readFileSync(camera.statement, 'utf8')) as Statement
  statement.logins = statement.logins.filter((l) => l.id === 'web-owner' || l.id === 'web-spare')
  statement.bruteForce = statement.bruteForce.filter((b) => b.login === 'web-owner')
  writeFileSync(camera.statement, stringify(statement))
  return {
    camera,
    directory,
    regulation: writeRegulation(join(directory, 'few.yaml'), criteria),
    syslog: JSON.stringify(target),
    events: () =>
      [...textOf(join(directory, 'state', 'log.jsonl')).matchAll(/"event":"([a-z-]+)"/g)].map(
        ([, event = '']) => event,
      ),
    ask: (path) =>
      execFileSync(
        'curl',
        [
          '-sk',
          '--max-time',
          '10',
          '--retry',
          '5',
          '--retry-connrefused',
          '--digest',
          '-u',
          `admin:${OWNER}`,
          '-w',
          '%{http_code}',
          `https://${address}:${port}${path}`,
        ],
        { encoding: 'utf8' },
      ).replace(/\s+/g, ' '),
    env: { ...camera.environment, CAMSEAL_STATE: join(directory, 'bench') },
  }
}

const runArgs = (u: Unit, out: string) => [
  'run',
  '--statement',
  u.camera.statement,
  '--regulation',
  u.regulation,
  '--out',
  out,
  '--rehearsal',
  '--ports',
  'declared',
  '--pace',
  'fast',
]

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

type Line = { type: string; id?: string; outcome?: string; kind?: string }
const journalOf = (out: string): Line[] => {
  const text = textOf(join(out, 'journal.jsonl'))
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l) as Line)
}

/** What the harness made up and sealed so far; the store must open at every moment. */
function secretsOf(u: Unit, out: string): string[] {
  const [sealed, record] = [join(out, 'secrets.sealed'), join(out, 'run.json')]
  if (!existsSync(sealed) || !existsSync(record)) return []
  const { run } = JSON.parse(readFileSync(record, 'utf8')) as { run: { id: string } }
  const bytes = readFileSync(sealed)
  const decipher = createDecipheriv(
    'aes-256-gcm',
    readFileSync(join(u.directory, 'bench', 'keys', run.id)),
    bytes.subarray(0, 12),
  )
  decipher.setAuthTag(bytes.subarray(12, 28))
  const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  return (JSON.parse(text) as [string, { value: string }][]).map(([, { value }]) => value)
}

type When = (elapsed: number) => boolean

/** Files are looked at so often. */
const LOOK_MS = 2

interface Killed {
  secrets: Set<string>
  log: string[]
}

/** Starts a verb and kills it after so many milliseconds, or as soon as `when` says so; the run may be over before. */
async function killed(u: Unit, out: string, args: string[], made: Killed, when: When | number): Promise<boolean> {
  const { child, ended } = startCamseal(args, { env: u.env, seconds: 100 })
  const began = performance.now()
  let over: Ran | null = null
  const isOver = ended.then((ran) => (over = ran))
  const pause = typeof when === 'number' ? when : LOOK_MS
  const isNow: When = typeof when === 'number' ? (elapsed) => elapsed >= when : when
  while (over === null && !isNow(performance.now() - began) && performance.now() - began < 90_000)
    await Promise.race([isOver, delay(pause, undefined, { ref: false })])
  const isKilled = over === null
  if (isKilled) child.kill('SIGKILL')
  const ran = await ended
  made.log.push(
    `${args[0]} ${isKilled ? `killed after ${Math.round(performance.now() - began)} ms` : `ended with ${ran.code}`}: ${journalOf(out).at(-1)?.type ?? '-'} ${ran.stderr.trim().split('\n').at(-1) ?? ''}`,
  )
  for (const secret of secretsOf(u, out)) made.secrets.add(secret)
  return isKilled
}

/** Goes on as an operator would: resume, or begin again where the run had not begun. */
async function goOn(u: Unit, out: string): Promise<Ran> {
  const resumed = await camseal(['resume', out, '--pace', 'fast'], { env: u.env })
  return resumed.code === 3 && /holds no run/.test(resumed.stderr) ? camseal(runArgs(u, out), { env: u.env }) : resumed
}

const verdictsOf = (out: string): string[] => {
  const { verdicts } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
  return verdicts.judgements.map((j) => `${j.criterion} ${j.subject} ${j.state}: ${j.verdict}`).sort()
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((f) => join(directory, f))
    .filter((f) => statSync(f).isFile())

/** Files that hold a secret: plain, in Base64, or within something that is Base64 itself. */
function leaks(out: string, secrets: Iterable<string>): string[] {
  const forms = [...secrets].flatMap((s) => [
    s,
    Buffer.from(s).toString('base64').replace(/=+$/, '').slice(0, -1),
    Buffer.from(s).toString('hex'),
  ])
  return filesIn(out).filter((file) => {
    const text = readFileSync(file, 'latin1')
    const decoded = [...text.matchAll(/[A-Za-z0-9+/]{20,}={0,2}/g)]
      .map(([b]) => Buffer.from(b, 'base64').toString('latin1'))
      .join('\n')
    return forms.some((f) => text.includes(f) || decoded.includes(f))
  })
}

/** The run is whole and nothing is left of it but its evidence; the device is as it was found. */
function isWhole(
  u: Unit,
  out: string,
  ran: Ran,
  made: Killed,
  { code = 0, verdicts }: { code?: number; verdicts: string[] },
): void {
  const told = `${made.log.join('\n')}\n${ran.stdout.slice(-1500)}\n${ran.stderr.slice(-1500)}`
  assert.deepEqual(verdictsOf(out), verdicts, told)
  assert.equal(ran.code, code, told)
  const journal = readJournal(new Uint8Array(readFileSync(join(out, 'journal.jsonl'))))
  assert.deepEqual(journal.ok ? [] : journal.faults, [], told)
  assert.equal(journalOf(out).at(-1)?.type, 'ended', told)
  assert.match(u.ask('/api/device'), /KILL-\d+.* 200$/, `the administrator's password is the one from before\n${told}`)
  assert.equal(u.ask('/api/settings/syslog'), `${u.syslog} 200`, told)
  assert.ok(!existsSync(join(out, 'secrets.sealed')), told)
  const keys = join(u.directory, 'bench', 'keys')
  assert.deepEqual(existsSync(keys) ? readdirSync(keys) : [], [], told)
  assert.deepEqual(
    filesIn(out).filter((f) => /\.part|\/lock/.test(f)),
    [],
    told,
  )
  assert.deepEqual(leaks(out, [OWNER, SPARE, ...made.secrets]), [], told)
}

/** The verdicts of a run that nobody disturbs. */
async function undisturbed(u: Unit, code: number): Promise<string[]> {
  const out = join(u.directory, 'undisturbed')
  const ran = await camseal(runArgs(u, out), { env: u.env })
  assert.equal(ran.code, code, ran.stderr)
  return verdictsOf(out)
}

/** Kills at random points, some in one run; each run is completed, then looked at. */
async function series(
  u: Unit,
  verdicts: string[],
  { kills, inOneRun, longest, seed }: { kills: number; inOneRun: number; longest: number; seed: number },
): Promise<number> {
  const random = numbers(seed)
  let done = 0
  for (let run = 0; done < kills && run < kills * 2; run++) {
    const out = join(u.directory, `random-${run}`)
    const made: Killed = { secrets: new Set(), log: [] }
    for (let k = 0; k < inOneRun && done < kills; k++) {
      const after = 150 + random() * longest
      const isBegun = journalOf(out).length > 0
      if (!(await killed(u, out, isBegun ? ['resume', out, '--pace', 'fast'] : runArgs(u, out), made, after))) break
      done++
    }
    isWhole(u, out, await goOn(u, out), made, { verdicts })
  }
  return done
}

/** So long after the first moment at which something holds. */
function since(holds: () => boolean, milliseconds = 0): When {
  let first: number | null = null
  return (elapsed) => {
    if (first === null && holds()) first = elapsed
    return first !== null && elapsed - first >= milliseconds
  }
}

/** What holds of a file that only grows; it is read where it has grown. */
function grown(file: string, holds: () => boolean): () => boolean {
  let [size, held] = [-1, false]
  return () => {
    const now = existsSync(file) ? statSync(file).size : 0
    if (now !== size) [size, held] = [now, holds()]
    return held
  }
}

/** The journal of a run names a line of this kind, of a change whose id begins so. */
const journalled = (out: string, type: string, id = '') =>
  grown(join(out, 'journal.jsonl'), () => journalOf(out).some((l) => l.type === type && (l.id ?? '').startsWith(id)))

/** The camera has logged so many more of these events than now. */
function happened(u: Unit, event: string, times: number): () => boolean {
  const count = () => u.events().filter((e) => e === event).length
  const before = count()
  return grown(join(u.directory, 'state', 'log.jsonl'), () => count() - before >= times)
}

const stateOf = (u: Unit) =>
  JSON.parse(readFileSync(join(u.directory, 'state', 'state.json'), 'utf8')) as { syslog: { address: string } }
const passwordIsOther = (u: Unit) =>
  assert.match(u.ask('/api/device'), / ?401$/, 'the kill struck while the password was another')
/** The camera writes what happened before what is. */
async function syslogIsOther(u: Unit): Promise<void> {
  const now = () => JSON.stringify(stateOf(u).syslog)
  for (let looks = 0; looks < 100 && now() === u.syslog; looks++) await delay(20)
  assert.notEqual(now(), u.syslog, 'the kill struck while the setting was another')
}

interface Point {
  name: string
  /** Where each process of the run is killed: the first is `run`, the others `resume`. */
  kills: ((u: Unit, out: string) => When)[]
  /** What must hold after the last kill, as proof that it struck where it should. */
  proof?: (u: Unit) => void | Promise<void>
}

const PASSWORD: Point[] = [
  ...[0, 4, 12, 40].map((ms): Point => ({
    name: `intent of the password and ${ms} ms`,
    kills: [(_, out) => since(journalled(out, 'intent', 'password'), ms)],
  })),
  { name: 'password set', kills: [(u) => since(happened(u, 'password-changed', 1))], proof: passwordIsOther },
  { name: 'password put back, not settled', kills: [(u) => since(happened(u, 'password-changed', 2))] },
  { name: 'password settled', kills: [(_, out) => since(journalled(out, 'settled', 'password'))] },
  { name: 'ended, no report yet', kills: [(_, out) => since(journalled(out, 'ended'))] },
  {
    name: 'set, and the resume that puts it back',
    kills: [(u) => since(happened(u, 'password-changed', 1)), (u) => since(happened(u, 'password-changed', 1))],
  },
  {
    name: 'set, put back by a resume, set again',
    kills: [(u) => since(happened(u, 'password-changed', 1)), (u) => since(happened(u, 'password-changed', 2))],
    proof: passwordIsOther,
  },
  {
    name: 'set, three times',
    kills: [1, 2, 2].map((n) => (u: Unit) => since(happened(u, 'password-changed', n))),
    proof: passwordIsOther,
  },
]

const SETTING: Point[] = [
  ...[0, 8].map((ms): Point => ({
    name: `intent of the log setting and ${ms} ms`,
    kills: [(_, out) => since(journalled(out, 'intent', 'failed-login-log'), ms)],
  })),
  { name: 'log setting changed', kills: [(u) => since(happened(u, 'log-settings-changed', 1))], proof: syslogIsOther },
  { name: 'log setting put back, not settled', kills: [(u) => since(happened(u, 'log-settings-changed', 2))] },
  { name: 'log setting settled', kills: [(_, out) => since(journalled(out, 'settled', 'failed-login-log'))] },
  {
    name: 'changed, and the resume that puts it back',
    kills: [(u) => since(happened(u, 'log-settings-changed', 1)), (u) => since(happened(u, 'log-settings-changed', 1))],
  },
]

/** One run for each point on one unit, each killed there, then completed. */
async function points(u: Unit, all: readonly Point[], verdicts: string[]): Promise<void> {
  for (const [i, { name, kills, proof }] of all.entries()) {
    const out = join(u.directory, `point-${i}`)
    const made: Killed = { secrets: new Set(), log: [name] }
    for (const [k, kill] of kills.entries())
      assert.ok(
        await killed(u, out, k === 0 ? runArgs(u, out) : ['resume', out, '--pace', 'fast'], made, kill(u, out)),
        `${name}: the run was over before\n${made.log.join('\n')}`,
      )
    await proof?.(u)
    isWhole(u, out, await goOn(u, out), made, { verdicts })
  }
}

/** Where the genuine package has been taken, its step cannot be repeated, and the report says why; else it is. */
async function updateKilled(u: Unit, kills: ((u: Unit, out: string) => When | number)[]): Promise<void> {
  const out = join(u.directory, 'out')
  const made: Killed = { secrets: new Set(), log: [] }
  for (const kill of kills)
    await killed(
      u,
      out,
      journalOf(out).length > 0 ? ['resume', out, '--pace', 'fast'] : runArgs(u, out),
      made,
      kill(u, out),
    )
  const isSpoiled = u.events().includes('update-accepted') && !journalled(out, 'observed')()
  const verdict = isSpoiled ? 'inconclusive' : 'pass'
  const verdicts = UPDATE.map((c) => `${c} a/update/web-update in-service: ${verdict}`).sort()
  isWhole(u, out, await goOn(u, out), made, { code: isSpoiled ? 2 : 0, verdicts })
  const { verdicts: judged } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
  if (isSpoiled)
    assert.match(
      JSON.stringify(
        readdirSync(join(out, 'objects', 'sha256')).map((f) => readFileSync(join(out, 'objects', 'sha256', f), 'utf8')),
      ),
      /framework\.interrupted/,
      JSON.stringify(judged),
    )
}

const RANDOM = [
  { name: 'guessing and lock', criteria: QUICK, kills: 35, inOneRun: 7, longest: 3600, seed: SEED },
  { name: 'guessing and lock, again', criteria: QUICK, kills: 35, inOneRun: 7, longest: 3600, seed: SEED + 1 },
  { name: 'log setting', criteria: LOGGED, kills: 10, inOneRun: 5, longest: 14_000, seed: SEED + 2 },
  { name: 'log setting, again', criteria: LOGGED, kills: 10, inOneRun: 4, longest: 9_000, seed: SEED + 3 },
]
/** Two kills each. */
const UPDATES = [
  { units: 3, seed: SEED + 4 },
  { units: 2, seed: SEED + 5 },
]

inPrivateNetwork(import.meta.url, 2, 660, () => {
  test('killed at 100 random points', { timeout: 600_000, concurrency: 6 }, async (t) => {
    await Promise.all([
      ...RANDOM.map((p) =>
        t.test(p.name, async (s) => {
          const u = await unit(s, p.criteria)
          assert.equal(await series(u, await undisturbed(u, 0), p), p.kills)
        }),
      ),
      ...UPDATES.map(({ units: count, seed }) =>
        t.test(`update, on ${count} units`, async (s) => {
          const random = numbers(seed)
          for (let i = 0; i < count; i++)
            await updateKilled(
              await unit(s, UPDATE),
              [0, 1].map(() => () => 500 + random() * 10_000),
            )
        }),
      ),
    ])
  })

  test('killed between intent and change, change and undo', { timeout: 600_000, concurrency: 6 }, async (t) => {
    await Promise.all([
      t.test('of the password', async (s) => {
        const u = await unit(s, QUICK.slice(0, 1))
        await points(u, PASSWORD, await undisturbed(u, 0))
      }),
      ...[0, 2, 4].map((from) =>
        t.test(`of the log setting: ${SETTING[from]?.name}, ${SETTING[from + 1]?.name}`, async (s) => {
          const u = await unit(s, LOGGED.slice(1))
          await points(u, SETTING.slice(from, from + 2), [
            'logging/failed-login-recorded a/login/web-owner in-service: pass',
          ])
        }),
      ),
      t.test('during the update', async (s) => {
        await updateKilled(await unit(s, UPDATE), [(u) => since(happened(u, 'update-refused', 2))])
        await updateKilled(await unit(s, UPDATE), [(u) => since(happened(u, 'update-accepted', 1))])
        await updateKilled(await unit(s, UPDATE), [(u) => since(happened(u, 'started', 1))])
      }),
      t.test('and the key of the sealed secrets is elsewhere', async (s) => {
        const u = await unit(s, QUICK.slice(0, 1))
        const verdicts = await undisturbed(u, 0)
        const out = join(u.directory, 'keyless')
        const made: Killed = { secrets: new Set(), log: [] }
        assert.ok(await killed(u, out, runArgs(u, out), made, since(happened(u, 'password-changed', 1))))
        const events = u.events().length
        const other = await camseal(['resume', out], { env: { ...u.env, CAMSEAL_STATE: join(u.directory, 'other') } })
        assert.equal(other.code, 3, other.stderr)
        assert.match(other.stderr, /CAMSEAL_STATE/)
        assert.equal(u.events().length, events, 'nothing was sent to the device')
        isWhole(u, out, await goOn(u, out), made, { verdicts })
      }),
    ])
  })
})
