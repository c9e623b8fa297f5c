import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createDecipheriv } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
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
      weaknesses: [], serial: `KILL-${n}`, syslog: target,
      lock: { failures: 5, windowSeconds: 1, lockSeconds: 1 }, bootSeconds: 0.3,
      factoryFresh: false, adminPassword: OWNER,
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
      readFileSync(join(directory, 'state', 'log.jsonl'), 'utf8').split('\n').filter(Boolean).map((l) => (JSON.parse(l) as { event: string }).event),
    ask: (path) =>
      execFileSync('curl', ['-sk', '--max-time', '10', '--retry', '5', '--retry-connrefused', '--digest', '-u', `admin:${OWNER}`, '-w', '\n%{http_code}', `https://${address}:${port}${path}`], { encoding: 'utf8' }),
    env: { ...camera.environment, CAMSEAL_STATE: join(directory, 'bench') },
  }
}

const runArgs = (u: Unit, out: string) => ['run', '--statement', u.camera.statement, '--regulation', u.regulation, '--out', out, '--rehearsal', '--pace', 'fast']

type Line = { type: string; id?: string; outcome?: string; kind?: string }
const journalOf = (out: string): Line[] => {
  const file = join(out, 'journal.jsonl')
  if (!existsSync(file)) return []
  const text = readFileSync(file, 'utf8')
  return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter(Boolean).map((l) => JSON.parse(l) as Line)
}

/** What the harness made up and sealed so far; the store must open at every moment. */
function secretsOf(u: Unit, out: string): string[] {
  const [sealed, record] = [join(out, 'secrets.sealed'), join(out, 'run.json')]
  if (!existsSync(sealed) || !existsSync(record)) return []
  const { run } = JSON.parse(readFileSync(record, 'utf8')) as { run: { id: string } }
  const bytes = readFileSync(sealed)
  const decipher = createDecipheriv('aes-256-gcm', readFileSync(join(u.directory, 'bench', 'keys', run.id)), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(12, 28))
  const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  return (JSON.parse(text) as [string, { value: string }][]).map(([, { value }]) => value)
}

interface Killed { secrets: Set<string>; log: string[] }

/** Starts a verb and kills it as soon as `when` says so; the run may be over before. */
async function killed(u: Unit, out: string, args: string[], made: Killed, when: (elapsed: number) => boolean): Promise<boolean> {
  const { child, ended } = startCamseal(args, { env: u.env, seconds: 100 })
  const began = performance.now()
  let over: Ran | null = null
  void ended.then((ran) => (over = ran))
  while (over === null && !when(performance.now() - began) && performance.now() - began < 90_000) await new Promise((done) => setTimeout(done, 1))
  const isKilled = over === null
  if (isKilled) child.kill('SIGKILL')
  const ran = await ended
  made.log.push(`${args[0]} ${isKilled ? `killed after ${Math.round(performance.now() - began)} ms` : `ended with ${ran.code}`}: ${journalOf(out).at(-1)?.type ?? '-'} ${ran.stderr.trim().split('\n').at(-1) ?? ''}`)
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
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((f) => join(directory, f)).filter((f) => statSync(f).isFile())

/** Files that hold a secret: plain, in Base64, or within something that is Base64 itself. */
function leaks(out: string, secrets: Iterable<string>): string[] {
  const forms = [...secrets].flatMap((s) => [s, Buffer.from(s).toString('base64').replace(/=+$/, '').slice(0, -1), Buffer.from(s).toString('hex')])
  return filesIn(out).filter((file) => {
    const text = readFileSync(file, 'latin1')
    const decoded = [...text.matchAll(/[A-Za-z0-9+/]{20,}={0,2}/g)].map(([b]) => Buffer.from(b, 'base64').toString('latin1')).join('\n')
    return forms.some((f) => text.includes(f) || decoded.includes(f))
  })
}

/** The run is whole and nothing is left of it but its evidence; the device is as it was found. */
function isWhole(u: Unit, out: string, ran: Ran, made: Killed, { code = 0, verdicts }: { code?: number; verdicts: string[] }): void {
  const told = `${made.log.join('\n')}\n${ran.stdout.slice(-1500)}\n${ran.stderr.slice(-1500)}`
  assert.deepEqual(verdictsOf(out), verdicts, told)
  assert.equal(ran.code, code, told)
  const journal = readJournal(new Uint8Array(readFileSync(join(out, 'journal.jsonl'))))
  assert.deepEqual(journal.ok ? [] : journal.faults, [], told)
  assert.equal(journalOf(out).at(-1)?.type, 'ended', told)
  assert.match(u.ask('/api/device'), /KILL-\d+[^]*\n200$/, `the administrator's password is the one from before\n${told}`)
  assert.equal(u.ask('/api/settings/syslog'), `${u.syslog}\n200`, told)
  assert.ok(!existsSync(join(out, 'secrets.sealed')), told)
  const keys = join(u.directory, 'bench', 'keys')
  assert.deepEqual(existsSync(keys) ? readdirSync(keys) : [], [], told)
  assert.deepEqual(filesIn(out).filter((f) => /\.part|\/lock/.test(f)), [], told)
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
async function series(u: Unit, verdicts: string[], { kills, inOneRun, longest, seed }: { kills: number; inOneRun: number; longest: number; seed: number }): Promise<number> {
  const random = numbers(seed)
  let done = 0
  for (let run = 0; done < kills && run < kills * 2; run++) {
    const out = join(u.directory, `random-${run}`)
    const made: Killed = { secrets: new Set(), log: [] }
    for (let k = 0; k < inOneRun && done < kills; k++) {
      const after = 150 + random() * longest
      const isBegun = journalOf(out).length > 0
      if (!(await killed(u, out, isBegun ? ['resume', out, '--pace', 'fast'] : runArgs(u, out), made, (ms) => ms >= after))) break
      done++
    }
    isWhole(u, out, await goOn(u, out), made, { verdicts })
  }
  return done
}

inPrivateNetwork(import.meta.url, 2, 600, () => {
  test('killed at 90 random points', { timeout: 420_000, concurrency: 3 }, async (t) => {
    const parts = [
      { name: 'guessing and lock', criteria: QUICK, kills: 50, inOneRun: 4, longest: 4500, seed: SEED },
      { name: 'log setting', criteria: LOGGED, kills: 20, inOneRun: 4, longest: 14_000, seed: SEED + 1 },
      { name: 'log setting, again', criteria: LOGGED, kills: 20, inOneRun: 3, longest: 14_000, seed: SEED + 2 },
    ]
    await Promise.all(
      parts.map((p) =>
        t.test(p.name, async (s) => {
          const u = await unit(s, p.criteria)
          assert.equal(await series(u, await undisturbed(u, 0), p), p.kills)
        }),
      ),
    )
  })
})
