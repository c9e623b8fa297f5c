import { spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { loadRegulation } from '../../profiles/regulation-file.ts'
import { makeDemoKey } from '../../reports/demo-key.ts'
import { t, type Language } from '../../reports/locales/index.ts'
import { makeDirectory } from '../../reports/make-directory.ts'
import { registry } from '../../suites/registry.generated.ts'
import { benchHere } from '../inputs.ts'
import { languageOf } from '../../reports/verbs/terminal.ts'
import { ownListeners } from '../baseline.ts'
import { canIsolate, isInside, isolated, selfArgv } from '../isolation.ts'
import { randomPassword } from '../secrets.ts'
import { startCameraProcess } from '../cameras/process.ts'
import { forShortLocks } from '../cameras/short-locks.ts'

const MARK = '.camseal-demo'
/** IPv6 hosts of the private network: the lab. */
const HOSTS = 1

interface DemoOptions {
  out: string
  lang?: string
}
interface Place {
  ipv4: string
  ports: { https: number; rtsp: number; http: number }
}

/** A sound and a weak software camera: run, sealed with a DEMO key, verified, judged again, admitted or refused. */
async function demo(options: DemoOptions): Promise<number> {
  const language = languageOf(options.lang)
  const out = resolve(options.out)
  if (!isInside() && canIsolate()) return isolated(process.argv.slice(2), HOSTS)
  const say = (key: string, values: Record<string, string | number> = {}) =>
    console.log(`${key.startsWith('look-') ? '  ' : ''}${t(language, 'demo', key, values)}`)
  if (existsSync(out) && !existsSync(join(out, MARK))) {
    say('occupied', { out })
    return 3
  }
  rmSync(out, { recursive: true, force: true })
  makeDirectory(out)
  writeFileSync(join(out, MARK), '')
  const inside = isInside()
  say(inside ? 'isolated' : 'loopback')
  const key = await makeDemoKey()
  const keyFile = join(out, 'demo-lab.key')
  const certificate = join(out, 'demo-lab.crt')
  writeFileSync(keyFile, key.key, { mode: 0o600 })
  writeFileSync(certificate, key.certificate)
  const core = loadRegulation('camseal-core', registry)
  if (!core.ok) throw new Error(core.faults.map((f) => f.code).join())
  const regulation = join(out, 'regulation.yaml')
  writeFileSync(regulation, stringify(forShortLocks(core.value, LOCK)))
  const store = join(out, 'catalog')
  const camseal = (...args: string[]) => runVerb(language, args)
  const made = await camseal(
    'catalog',
    'init',
    '--store',
    store,
    '--demo',
    '--regulation',
    regulation,
    '--trust',
    certificate,
  )
  if (made !== 0) return made

  const started = Date.now()
  // Both cameras at once: most of a run is waiting for locks, logs and reboots.
  const runs = await Promise.all(
    CAMERAS.map((camera) =>
      runAndCheck(camera, { out, inside, language, regulation, keyFile, certificate, trust: join(store, 'trust') }),
    ),
  )
  const results: { name: string; run: number; verify: number; rejudge: number; admit: number }[] = []
  for (const [i, { name }] of CAMERAS.entries()) {
    const admit = await camseal('catalog', 'admit', join(out, name, 'report', 'report.asice'), '--store', store)
    results.push({ name, ...(runs[i] ?? { run: 4, verify: 4, rejudge: 4 }), admit })
  }
  await camseal('catalog', 'publish', join(out, 'site'), '--store', store)
  say('done', { seconds: Math.round((Date.now() - started) / 1000) })
  for (const { name } of CAMERAS) say('look-report', { file: join(out, name, 'report', 'report.html') })
  say('look-site', { file: join(out, 'site', 'index.html') })
  say('look-verify', { file: join(out, 'sound', 'report', 'report.asice') })
  const [sound, weak] = results
  const expected =
    sound?.run === 0 &&
    sound.verify === 0 &&
    sound.rejudge === 0 &&
    sound.admit === 0 &&
    weak?.run === 1 &&
    weak.verify === 0 &&
    weak.rejudge === 0 &&
    weak.admit === 1
  if (!expected) say('unexpected', { results: JSON.stringify(results) })
  return expected ? 0 : 4
}

interface DemoCamera {
  name: string
  weaknesses: string[]
  bench: string
  inside: Place
  loopback: Place
}

/** Log receivers need no privilege here. */
const LOG_PORT = 15_514
const TIME_PORT = 15_123
/** Of seconds: the regulation of the demonstration says so. */
const LOCK = { failures: 5, windowSeconds: 3, lockSeconds: 3 }

/** On IPv4 alone: each address family costs two full sweeps in each state. */
const place = (ipv4: string, base: number): Place => ({
  ipv4,
  ports: { https: base + 443, rtsp: base + 554, http: base + 80 },
})

const CAMERAS: readonly DemoCamera[] = [
  {
    name: 'sound',
    weaknesses: [],
    bench: '127.77.0.1',
    inside: place('127.77.0.10', 8000),
    loopback: place('127.77.0.10', 18000),
  },
  {
    name: 'weak',
    weaknesses: [
      'telnet-open',
      'default-password-http',
      'anonymous-snapshot',
      'no-lockout',
      'old-tls',
      'log-without-source',
      'update-altered-accepted',
    ],
    bench: '127.77.0.2',
    inside: place('127.77.0.11', 8000),
    loopback: place('127.77.0.11', 19000),
  },
]

interface Setting {
  out: string
  inside: boolean
  language: Language
  /** File of what is asked for. */
  regulation: string
  keyFile: string
  certificate: string
  /** Certificates that the demo's catalog trusts. */
  trust: string
}

/** Runs the harness on one camera, then verifies its report and judges it again; the exit code of each. */
async function runAndCheck(camera: DemoCamera, setting: Setting) {
  const run = await runOne(camera, setting)
  const bundle = join(setting.out, camera.name, 'report', 'report.asice')
  const check = (...args: string[]) => runVerb(setting.language, args, {}, `[${camera.name}] `)
  const [verify, rejudge] = await Promise.all([
    check('verify', bundle, '--trust', setting.trust),
    check('rejudge', bundle),
  ])
  return { run, verify, rejudge }
}

/** Starts one camera, runs the harness on it, stops it; the exit code of the run. */
async function runOne(
  { name, weaknesses, ...at }: DemoCamera,
  { out, inside, language, regulation, keyFile, certificate }: Setting,
): Promise<number> {
  console.log(t(language, 'demo', 'camera', { name: t(language, 'demo', name), weaknesses: weaknesses.length }))
  const directory = join(out, name)
  const { ipv4, ports } = inside ? at.inside : at.loopback
  makeDirectory(directory)
  const bench = { ipv4: at.bench, ipv6: inside ? 'fd00:77::1' : '::1' }
  const benchFile = join(directory, 'bench.yaml')
  writeFileSync(benchFile, stringify(benchHere('DEMO – NOT A LABORATORY', bench, { demo: true })))
  // On a shared loopback, whatever listened before the camera came is not the camera's.
  const baseline = join(directory, 'baseline.json')
  writeFileSync(baseline, JSON.stringify(inside ? {} : ownListeners(Date.now() * 1000)))
  const camera = await startCameraProcess(
    {
      addresses: { ipv4, ipv6: null },
      ports,
      weaknesses,
      serial: `DEMO-${name.toUpperCase()}`,
      syslog: { address: bench.ipv4, port: LOG_PORT },
      timePort: TIME_PORT,
      lock: LOCK,
      bootSeconds: 0.5,
      // One comes out of its box, the other is in service already.
      factoryFresh: name === 'sound',
      adminPassword: randomPassword(),
      users: [{ name: 'spare', password: randomPassword(), role: 'viewer', spare: true }],
      stateDirectory: join(directory, 'camera', 'state'),
    },
    join(directory, 'camera'),
  )
  try {
    const args = [
      'run',
      '--statement',
      camera.statement,
      '--regulation',
      regulation,
      '--bench',
      benchFile,
      '--port-baseline',
      baseline,
      '--out',
      join(directory, 'report'),
      '--pace',
      'fast',
      '--demo',
      '--key',
      keyFile,
      '--certificate',
      certificate,
    ]
    return await runVerb(
      language,
      args,
      { ...camera.environment, CAMSEAL_STATE: join(directory, 'bench-state') },
      `[${name}] `,
    )
  } finally {
    await camera.stop()
  }
}

/** Runs a verb as a user would, shown with its command line; with a prefix where several run at once. */
function runVerb(
  language: Language,
  args: string[],
  environment: Record<string, string> = {},
  prefix = '',
): Promise<number> {
  console.log(`\n${prefix}$ camseal ${args.join(' ')}`)
  const [node = '', ...rest] = selfArgv()
  const child = spawn(node, [...rest, ...args, '--lang', language], {
    stdio: ['ignore', prefix ? 'pipe' : 'inherit', prefix ? 'pipe' : 'inherit'],
    env: { ...process.env, ...environment, NODE_NO_WARNINGS: '1' },
  })
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => console.log(`${prefix}${line}`))
  return new Promise((done) => child.once('close', (code) => done(code ?? 4)))
}

export function registerDemo(program: Command, end: (code: number) => void): void {
  program
    .command('demo')
    .description(t(languageOf(undefined), 'cli', 'demo.about'))
    .option('--out <directory>', 'where everything goes', 'camseal-demo')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExample:\n  camseal demo --lang vi\n\nNeeds no camera, no network and no privilege; takes less than two minutes on two cores.\nExit codes: 0 as expected, 3 the folder is taken, 4 not as expected.',
    )
    .action(async (options: DemoOptions) => end(await demo(options)))
}
