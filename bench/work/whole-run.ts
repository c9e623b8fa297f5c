// A whole run on a sound reference camera, in a network of its own: prints {milliseconds, kilobytes, findings, waited, busiest}.
// Its arguments are a folder, the pace, and how long the camera locks. What is waited for is what the report says of each step.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCameraProcess } from '../../lab/cameras/process.ts'
import { randomPassword } from '../../lab/secrets.ts'
import type { Report } from '../../reports/report.ts'
import { watchTree } from './tree.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const [folder = '', pace = 'fast', lockSeconds = '30'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })

const camera = await startCameraProcess(
  {
    addresses: { ipv4: '127.77.0.10', ipv6: 'fd00:77::10' },
    ports: { https: 8443, rtsp: 8554, http: 8080 },
    weaknesses: [],
    serial: 'BENCH-1',
    syslog: { address: '127.77.0.1', port: 15_514 },
    timePort: 15_123,
    lock: { failures: 5, windowSeconds: Number(lockSeconds), lockSeconds: Number(lockSeconds) },
    bootSeconds: 2,
    factoryFresh: true,
    adminPassword: randomPassword(),
    users: [{ name: 'spare', password: randomPassword(), role: 'viewer', spare: true }],
    stateDirectory: join(folder, 'state'),
  },
  join(folder, 'camera'),
)
const began = performance.now()
const run = ['run', '--statement', camera.statement, '--regulation', 'camseal-core', '--demo', '--pace', pace]
const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...run, '--out', join(folder, 'out')], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, ...camera.environment, CAMSEAL_STATE: join(folder, 'bench-state') },
})
const memory = watchTree(child.pid ?? 0)
await new Promise((done) => child.once('exit', done))
const milliseconds = performance.now() - began
const kilobytes = memory.stop()
await camera.stop()

const report = JSON.parse(readFileSync(join(folder, 'out', 'report.json'), 'utf8')) as Report
const waited = report.timeline.reduce((sum, step) => sum + step.waited, 0) / 1000
const busy = new Map<string, number>()
for (const { kind, startedAt, endedAt, waited } of report.timeline)
  busy.set(kind, (busy.get(kind) ?? 0) + endedAt - startedAt - waited)
const busiest = [...busy].sort(([, a], [, b]) => b - a).slice(0, 3)
const findings = report.verdicts.regulations.map((r) => r.overall)
process.stdout.write(JSON.stringify({ milliseconds, kilobytes, findings, waited, busiest }))
