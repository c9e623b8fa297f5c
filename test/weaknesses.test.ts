import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCameraProcess } from '../lab/cameras/process.ts'
import { weaknesses } from '../lab/cameras/weaknesses.generated.ts'
import type { Report } from '../reports/report.ts'
import { inPrivateNetwork } from './support/private-network.ts'

/** Every weakness is found by every criterion it lists. That the sound camera is accused of nothing is shown by demo.test.ts. */
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'camseal-weak-'))
after(() => rmSync(work, { recursive: true, force: true }))

/** Verdicts by criterion of a rehearsal of some criteria on a camera of its own address. */
async function judged(n: number, planted: string[], only: string[]): Promise<Map<string, string[]>> {
  const directory = join(work, String(n))
  const camera = await startCameraProcess(
    {
      addresses: { ipv4: `127.77.1.${n}`, ipv6: `fd00:77::${n.toString(16)}` },
      ports: { https: 8443, rtsp: 8554, http: 8080 },
      weaknesses: planted,
      serial: `W-${n}`,
      syslog: null,
      lock: { failures: 5, windowSeconds: 5, lockSeconds: 5 },
      bootSeconds: 1,
      factoryFresh: false,
      adminPassword: 'Owner-7421-kxq',
      users: [{ name: 'spare', password: 'Viewer-9921-wvb', role: 'viewer', spare: true }],
      stateDirectory: join(directory, 'state'),
    },
    join(directory, 'camera'),
  )
  try {
    const out = join(directory, 'out')
    const args = [
      'run',
      '--statement',
      camera.statement,
      '--regulation',
      'camseal-core',
      '--out',
      out,
      '--pace',
      'fast',
      '--rehearsal',
      '--json',
      '--only',
      only.join(','),
    ]
    const child = spawn(process.execPath, [cli, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...camera.environment, CAMSEAL_STATE: join(directory, 'bench') },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => (said += d.toString('utf8')))
    const code = await new Promise((done) => child.once('close', done))
    assert.ok(code === 0 || code === 1 || code === 2, `${planted.join()} exit ${String(code)}: ${said.slice(-2000)}`)
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
    const verdicts = new Map<string, string[]>()
    for (const j of report.verdicts.judgements)
      verdicts.set(j.criterion, [
        ...(verdicts.get(j.criterion) ?? []),
        `${j.verdict}${
          j.verdict === 'inconclusive'
            ? ` ${j.findings
                .filter((f) => f.is !== 'evidence')
                .map((f) => f.message.code)
                .join()}`
            : ''
        }`,
      ])
    return verdicts
  } finally {
    await camera.stop()
  }
}

inPrivateNetwork(import.meta.url, 100, 1200, () => {
  test('every planted weakness is found', { timeout: 900_000, concurrency: 3 }, async (t) => {
    const cases = weaknesses.map((w, i) =>
      t.test(w.id, async () => {
        const undecided = w.undecided ?? []
        const verdicts = await judged(i + 2, [w.id], [...w.criteria, ...undecided])
        for (const criterion of undecided)
          assert.ok(
            !verdicts.get(criterion)?.every((v) => v === 'pass') && !verdicts.get(criterion)?.includes('fail'),
            `${w.id}: ${criterion} is ${verdicts.get(criterion)?.join('; ')}`,
          )
        for (const criterion of w.criteria)
          assert.ok(
            verdicts.get(criterion)?.includes('fail'),
            `${w.id}: ${criterion} is ${verdicts.get(criterion)?.join('; ')}`,
          )
      }),
    )
    await Promise.all(cases)
  })
})
