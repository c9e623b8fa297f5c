import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { passwordVariable } from '../lab/cameras/declaration.ts'
import { mannersOf } from '../lab/cameras/manner.ts'
import { manners } from '../lab/cameras/manners.generated.ts'
import { startReferenceCamera } from '../lab/cameras/reference-camera.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import type { Report } from '../reports/report.ts'
import type { Statement } from '../suites/statement.ts'
import { camseal } from './support/camseal.ts'
import { inPrivateNetwork } from './support/private-network.ts'
import { writeShortLocks } from './support/regulation.ts'

/**
 * Cameras that conform and are hard to test. None may be accused, none may pass with a weakness, and what is not found out
 * has a cause.
 */
const work = mkdtempSync(join(tmpdir(), 'camseal-manners-'))
after(() => rmSync(work, { recursive: true, force: true }))

const OWNER = 'Owner-7421-kxq'
const SPARE = 'Other-7421-kxq'
const LONGEST_S = 600

interface Case {
  manner: string
  /** Areas and criteria; whatever needs the services of the camera sweeps all ports first, which is left to few. */
  only: string[]
  /** Their criteria must fail, all others must not. */
  weak?: string[]
  /** Criteria that this manner keeps from being decided. */
  open?: string[]
  /** Fewer log-ins, where each of them takes long. */
  logins?: string[]
  lockSeconds?: number
  plain?: boolean
}

/** Left open by every camera that arrives in service, and by a lock of seconds on a busy machine. */
const OPEN = [
  'authentication/first-use-password-change',
  'authentication/password-rules',
  'authentication/viewer-rights',
  'authentication/login-lockout',
  'authentication/onvif-login-lockout',
  'authentication/rtsp-login-lockout',
  'authentication/lockout-not-evaded',
  // The camera's log server is somebody else until a probe points it at the lab.
  'exposed-ports/no-undeclared-contacts',
]
const WEB = ['web-owner', 'web-spare']

const CASES: Case[] = [
  { manner: 'fragile', only: ['authentication', 'encryption', 'exposed-ports'], plain: true },
  {
    manner: 'fragile',
    weak: ['default-password-rtsp', 'no-lockout'],
    only: ['no-default-rtsp-credentials', 'no-default-credentials', 'login-lockout', 'rtsp-login-lockout'],
  },
  {
    manner: 'slow',
    weak: ['old-tls'],
    only: ['tls-versions', 'tls-cipher-suites', 'tls-key-exchange-groups', 'tls-certificate-strength'],
    logins: ['web-owner'],
  },
  { manner: 'slow', only: ['login-lockout', 'lockout-not-evaded'], logins: WEB, lockSeconds: 10 },
  { manner: 'slow', weak: ['no-lockout'], only: ['login-lockout'], logins: WEB, lockSeconds: 30 },
  {
    manner: 'lies-with-200',
    only: ['authentication', 'encryption', 'update-integrity'],
    open: ['authentication/no-basic-in-clear'],
  },
  {
    manner: 'lies-with-200',
    weak: ['default-password-http', 'viewer-may-all', 'update-altered-accepted'],
    only: ['no-default-credentials', 'no-default-rtsp-credentials', 'viewer-rights', 'altered-update-refused'],
  },
  { manner: 'bans-addresses', only: ['no-default-credentials'], logins: ['web-owner'] },
  {
    manner: 'bans-addresses',
    weak: ['default-password-http'],
    only: ['no-default-credentials'],
    logins: ['web-owner'],
  },
  { manner: 'bans-addresses', only: ['login-lockout', 'lockout-not-evaded'], logins: WEB },
  { manner: 'bans-addresses', weak: ['no-lockout'], only: ['login-lockout'], logins: WEB },
  { manner: 'modern-only', only: ['authentication', 'encryption'] },
  {
    manner: 'modern-only',
    weak: ['default-password-rtsp', 'viewer-may-all'],
    only: ['no-default-rtsp-credentials', 'no-default-credentials', 'viewer-rights'],
  },
  { manner: 'bare-lines', only: ['authentication', 'encryption'], plain: true },
  {
    manner: 'bare-lines',
    weak: ['default-password-rtsp', 'viewer-may-all'],
    only: ['no-default-rtsp-credentials', 'no-default-credentials', 'viewer-rights'],
  },
]

interface Found {
  /** The worst verdict of each criterion, and what kept it from passing. */
  verdicts: Map<string, { verdict: string; why: string[] }>
  mostConnections: number
  declared: Statement
  seconds: number
}

let cameras = 0

/** One run of the harness, as a user starts it, on a camera with this manner. */
async function harness(one: Case, weak: string[]): Promise<Found> {
  const n = ++cameras
  const directory = join(work, `${n}`)
  mkdirSync(join(directory, 'packages'), { recursive: true })
  const lock = { failures: 5, windowSeconds: 60, lockSeconds: one.lockSeconds ?? 3 }
  const regulation = writeShortLocks(join(directory, 'regulation.yaml'), lock)
  const camera = await startReferenceCamera({
    addresses: { ipv4: `127.80.${n}.10`, ipv6: null },
    // Neighbours, so that a sweep comes to all of them at once.
    ports: { https: 8443, rtsp: 8444, ...(one.plain ? { http: 8445 } : {}) },
    weaknesses: weak,
    manners: [one.manner],
    serial: `MANNERS-${n}`,
    syslog: { address: `127.80.${n}.1`, port: 5700 + n },
    lock,
    bootSeconds: 0.5,
    factoryFresh: false,
    adminPassword: OWNER,
    users: [{ name: 'spare', password: SPARE, role: 'viewer', spare: true }],
    stateDirectory: join(directory, 'state'),
  })
  try {
    await camera.writePackages(join(directory, 'packages'))
    const declared = camera.statement()
    const chosen = (id: string) => one.logins === undefined || one.logins.includes(id)
    const statement: Statement = {
      ...declared,
      logins: declared.logins.filter((l) => chosen(l.id)),
      bruteForce: declared.bruteForce.filter((b) => chosen(b.login)),
      budgets: { ...declared.budgets, attemptsPerSecond: 20_000 },
    }
    const file = join(directory, 'statement.yaml')
    writeFileSync(file, stringify(statement))
    const out = join(directory, 'out')
    const ran = await camseal(
      [
        'run',
        '--statement',
        file,
        '--regulation',
        regulation,
        '--out',
        out,
        '--rehearsal',
        '--only',
        one.only.join(','),
        ...(one.only.some((o) => o.startsWith('exposed-ports')) ? [] : ['--ports', 'declared']),
      ],
      {
        env: {
          [passwordVariable('admin')]: OWNER,
          [passwordVariable('spare')]: SPARE,
          CAMSEAL_STATE: join(directory, 'bench'),
        },
        seconds: LONGEST_S,
      },
    )
    assert.ok(ran.code !== null && ran.code <= 2, `${ran.code} ${ran.stdout.slice(-1500)} ${ran.stderr.slice(-1500)}`)
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
    return { verdicts: verdictsOf(report), mostConnections: camera.mostConnections, declared, seconds: ran.seconds }
  } finally {
    await camera.stop()
  }
}

function verdictsOf({ verdicts: { judgements } }: Report): Found['verdicts'] {
  const verdicts: Found['verdicts'] = new Map()
  const order = ['not-applicable', 'pass', 'inconclusive', 'fail']
  for (const { criterion, verdict, findings } of judgements) {
    const { verdict: before, why } = verdicts.get(criterion) ?? { verdict: 'not-applicable', why: [] }
    const against = findings.filter((f) => f.is !== 'evidence').map((f) => f.message.code)
    const worst = order.indexOf(verdict) > order.indexOf(before) ? verdict : before
    verdicts.set(criterion, { verdict: worst, why: [...why, ...against] })
  }
  return verdicts
}

/** No false fail, no false pass, and by the camera's own count never more connections at once than it declares to bear. */
async function judged(t: TestContext, one: Case): Promise<void> {
  const { manner, only, weak = [], open = [] } = one
  const found = await harness(one, weak)
  t.diagnostic(`${manner} ${weak.join()}: ${found.seconds.toFixed(1)} s`)
  const guilty = new Set(weaknesses.filter((w) => weak.includes(w.id)).flatMap((w) => w.criteria))
  const may = (criterion: string): string[] =>
    guilty.has(criterion)
      ? ['fail']
      : ['pass', 'not-applicable', ...([...OPEN, ...open].includes(criterion) ? ['inconclusive'] : [])]
  for (const [criterion, { verdict, why }] of found.verdicts) {
    assert.ok(may(criterion).includes(verdict), `${criterion}: ${verdict} ${why.join()}`)
    if (verdict === 'inconclusive') assert.ok(why.length > 0, `${criterion}: without a cause`)
  }
  const failed = [...found.verdicts].filter(([, { verdict }]) => verdict === 'fail')
  assert.ok(failed.length >= weak.length && found.verdicts.size >= only.length, [...found.verdicts.keys()].join())
  if (manner !== 'fragile') return
  assert.equal(found.declared.budgets?.connections, 1)
  assert.equal(found.mostConnections, 1, 'connections at once')
}

inPrivateNetwork(import.meta.url, 2, LONGEST_S + 60, () => {
  test('every manner is tested', () => {
    assert.deepEqual([...new Set(CASES.map((c) => c.manner))].sort(), manners.map((m) => m.id).sort())
  })

  test('users find every manner: in the help of the camera, and on its page', () => {
    const main = fileURLToPath(new URL('../lab/cameras/main.ts', import.meta.url))
    const help = spawnSync(process.execPath, ['--import', 'tsx', main, '--help'], { encoding: 'utf8', timeout: 60_000 })
    const page = readFileSync(new URL('../docs/reference-camera.md', import.meta.url), 'utf8')
    for (const { id, title } of manners) {
      assert.ok(help.stdout.includes(id) && help.stdout.includes(title.en), id)
      assert.ok(page.includes(`| \`${id}\``), id)
      assert.notEqual(title.vi, '')
    }
    assert.throws(() => mannersOf(['fragile', 'polite']), /no such manner: polite/)
  })

  describe('manners', { concurrency: CASES.length }, () => {
    for (const one of CASES)
      test(`${one.manner}, ${one.weak?.join() ?? 'sound'}: ${one.only.join()}`, (t) => judged(t, one))
  })
})
