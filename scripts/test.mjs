// Runs test/**/*.test.ts, each file in a process of its own, and ends with one line "N passed, N failed, N skipped".
//   node scripts/test.mjs [part of a file name …]
// A file that crashes, exceeds its time or holds no test counts as failed. With CI=true a skipped test counts as failed
// too, unless its reason starts with "not in CI:".
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
// Most of the slow files wait for locks, logs and reboots: the slowest are begun first, and another one whenever the cores
// have been idle for a while.
const LEAST_AT_ONCE = 3
const MOST_AT_ONCE = 10
const IDLE_ENOUGH = 0.2
const LOOK_MILLISECONDS = 1_000
const SLOWEST_FIRST = [
  ...['devices-run', 'weaknesses', 'manners', 'broken-bench', 'rude-devices', 'kill-and-resume', 'devices', 'demo'],
  ...['port-sweep', 'browser-run', 'page-criteria', 'devices-servers', 'browser', 'reference-camera'],
  'probes-authentication',
]
const slowness = (file) => {
  const at = SLOWEST_FIRST.findIndex((name) => file.endsWith(`${name}.test.ts`))
  return at < 0 ? 0 : SLOWEST_FIRST.length - at
}
const SECONDS_PER_FILE = 1080
// Files that only judge share a process: reading the program takes longer than their tests.
const isLight = (file) =>
  /criteria-[a-z-]+\.test\.ts$/.test(file) && !/update-integrity|log-changes|session-rest|port-mappings/.test(file)
const inCI = process.env.CI === 'true'

const filters = process.argv.slice(2)
const all = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('test', file))
  .sort((a, b) => slowness(b) - slowness(a) || (a < b ? -1 : 1))
const files = all.filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
const results = mkdtempSync(join(tmpdir(), 'camseal-test-'))
const running = new Set()

/** Ends a test file with everything it started in its process group. */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}

/** Runs files in one process and returns their rows; what only the process can tell becomes a row of its own. */
async function run(together, index) {
  const started = performance.now()
  const destination = join(results, `${index}.jsonl`)
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      `--test-reporter=${join(root, 'scripts', 'test-reporter.mjs')}`,
      `--test-reporter-destination=${destination}`,
      ...together.slice(1).flatMap((file) => ['--import', pathToFileURL(resolve(file)).href]),
      together[0],
    ],
    { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FORCE_COLOR: '0' } },
  )
  running.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      said = (said + text).slice(-8000)
    })
  }
  let isLate = false
  const clock = setTimeout(() => {
    isLate = true
    end(child)
  }, SECONDS_PER_FILE * 1000)
  const exit = await new Promise((done) => {
    child.once('error', (error) => done({ code: null, signal: error.message }))
    child.once('exit', (code, signal) => done({ code, signal }))
  })
  clearTimeout(clock)
  end(child)
  running.delete(child)
  const lines = linesOf(destination)
  const rows = lines.filter((line) => line.note === undefined)
  const notes = lines.filter((line) => line.note !== undefined).map((line) => line.note)
  const failed = (name, error) =>
    rows.push({ name, result: 'failed', error: [error, ...notes, said.trim()].join('\n').trim() })
  if (isLate) failed('(the file)', `not finished after ${SECONDS_PER_FILE} s`)
  else if (exit.signal !== null) failed('(the file)', `ended by ${exit.signal}`)
  else if (exit.code !== 0 && !rows.some((row) => row.result === 'failed'))
    failed('(the file)', `ended with exit code ${exit.code}`)
  else if (rows.length === 0) failed('(the file)', 'holds no test')
  return { files: together, rows, seconds: (performance.now() - started) / 1000 }
}

function linesOf(destination) {
  try {
    return readFileSync(destination, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  } catch {
    return []
  }
}

const indented = (text) =>
  text
    .split('\n')
    .map((line) => `          ${line}`)
    .join('\n')
const count = (rows, result) => rows.filter((row) => row.result === result).length

/** A skipped test is a failure where every tool is expected to be present. */
function judged(row) {
  const isAllowed = !inCI || row.result !== 'skipped' || row.reason.startsWith('not in CI:')
  return isAllowed ? row : { ...row, result: 'failed', error: `skipped in CI: ${row.reason}` }
}

function show({ files: [file, ...others], rows, seconds }) {
  const mark = count(rows, 'failed') > 0 ? 'FAIL' : 'ok'
  const skipped = count(rows, 'skipped')
  const more = others.map((other) => ` ${basename(other, '.test.ts')}`).join('')
  const tests = `${rows.length} test${rows.length === 1 ? '' : 's'}${skipped > 0 ? `, ${skipped} skipped` : ''}`
  console.log(`${mark.padEnd(5)}${seconds.toFixed(1).padStart(7)} s  ${file}${more}  (${tests})`)
  for (const row of rows) {
    if (row.result === 'failed') console.log(`        failed: ${row.name}\n${indented(row.error)}`)
    if (row.result === 'skipped') console.log(`        skipped: ${row.name}: ${row.reason}`)
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) end(child)
    process.exit(130)
  })
}

const rows = []
const light = files.filter(isLight)
const queue = files.filter((file) => !isLight(file)).map((file) => [file])
if (light.length > 0) queue.splice(files.filter((file) => slowness(file) > 0).length, 0, light)
const underWay = new Set()
let begun = 0
const begin = (together) => {
  const ended = run(together, begun++).then((outcome) => {
    outcome.rows = outcome.rows.map(judged)
    show(outcome)
    rows.push(...outcome.rows)
    underWay.delete(ended)
  })
  underWay.add(ended)
}
const coreTimes = () => {
  const times = cpus().map((core) => core.times)
  const sum = (of) => times.reduce((all, t) => all + of(t), 0)
  return { idle: sum((t) => t.idle), all: sum((t) => t.user + t.nice + t.sys + t.irq + t.idle) }
}
for (let before = coreTimes(); queue.length + underWay.size > 0;) {
  const now = coreTimes()
  const isIdle = now.idle - before.idle > IDLE_ENOUGH * Math.max(1, now.all - before.all)
  while (queue.length > 0 && underWay.size < LEAST_AT_ONCE) begin(queue.shift())
  if (isIdle && queue.length > 0 && underWay.size < MOST_AT_ONCE) begin(queue.shift())
  before = now
  await (queue.length > 0 ? delay(LOOK_MILLISECONDS) : Promise.all(underWay))
}
rmSync(results, { recursive: true, force: true })
if (files.length === 0) {
  console.log(filters.length === 0 ? 'There are no test files.' : `No test file's name holds ${filters.join(' or ')}.`)
}
process.exitCode = files.length === 0 || count(rows, 'failed') > 0 ? 1 : 0
console.log(`${count(rows, 'passed')} passed, ${count(rows, 'failed')} failed, ${count(rows, 'skipped')} skipped`)
