import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { placed, readYaml } from '../../profiles/yaml-file.ts'
import { t, type Language } from '../../reports/locales/index.ts'
import { benchFileSchema } from '../../reports/report.ts'
import { EXIT, languageOf, plain, printFaults } from '../../reports/verbs/terminal.ts'
import { faulty, ok, type Fault, type Result } from '../../suites/fault.ts'
import { planOf, thisMachine } from '../bench-network.ts'
import { startClock } from '../bench.ts'
import { startDnsmasq } from '../services/dnsmasq.ts'
import { startNtp } from '../services/ntp.ts'
import { openRecords, type Records } from '../services/records.ts'
import { startSmtp } from '../services/smtp.ts'

interface UpOptions {
  bench: string
  out: string
  allowDefaultRoute?: boolean
  lang?: string
}

const NTP_PORT = 123
const SMTP_PORT = 25

/** Gives the devices of an isolated network what they need until it is told to stop. Exit code 0 after that. */
async function up(options: UpOptions): Promise<number> {
  const language = languageOf(options.lang)
  const say = (key: string, values: Record<string, string | number> = {}) =>
    console.log(plain(t(language, 'bench', key, values)))
  const started = await start(options)
  if (!started.ok) {
    printFaults(language, started.faults, false)
    return started.faults.some((f) => f.code.startsWith('bench-failed')) ? EXIT.labFault : EXIT.badInput
  }
  const { services, records, lost, close, where } = started.value
  const stopped = new Promise<null>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done(null))
  })
  for (const service of services) say(`serves-${service}`, where)
  say('records', { directory: resolve(options.out) })
  const why = await Promise.race([stopped, lost])
  await close()
  const { written, left } = records.count()
  say('ended', { written, left })
  if (why === null) return 0
  printFaults(language, [failed('dnsmasq', why)], false)
  return EXIT.labFault
}

const failed = (service: string, why: string): Fault => ({ code: 'bench-failed', values: { service, why: why.trim() } })

interface Up {
  services: readonly string[]
  where: Record<string, string>
  records: Records
  /** What a service said that ended by itself. */
  lost: Promise<string>
  close(): Promise<void>
}

/** Starts every service; none is left where one cannot be had. */
async function start({ bench, out, allowDefaultRoute = false }: UpOptions): Promise<Result<Up>> {
  const read = readYaml(bench, benchFileSchema)
  if (!read.ok) return read
  const { network } = read.value.value
  if (!network) return faulty({ code: 'bench-no-network', values: {}, file: bench, field: '/network' })
  const plan = planOf(network, thisMachine(), allowDefaultRoute)
  if ('faults' in plan) return faulty(...placed(plan.faults, bench, read.value.lineOf))
  const { serving, services } = plan
  const directory = resolve(out)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const now = startClock()
  const records = openRecords(directory)
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one()
    records.close()
  }
  const add = records.add
  let lost = new Promise<string>(() => undefined)
  const addresses = [serving.ipv4?.address, serving.ipv6?.address].filter((a) => a !== undefined)
  for (const address of addresses) {
    if (services.includes('ntp')) {
      const ntp = await startNtp({
        address,
        port: NTP_PORT,
        now,
        onAnswer: ({ at, from, request }) =>
          add({ at, service: 'ntp', source: from, request: Buffer.from(request).toString('hex') }),
      })
      if ('failure' in ntp) return close().then(() => faulty(failed('ntp', ntp.failure.detail)))
      closing.push(() => ntp.server.close())
    }
    if (services.includes('mail')) {
      const smtp = await startSmtp({
        address,
        port: SMTP_PORT,
        onMail: ({ from, head, ...mail }) =>
          add({ at: now(), service: 'mail', source: from, ...mail, head: Buffer.from(head).toString('base64') }),
      })
      if ('failure' in smtp) return close().then(() => faulty(failed('mail', smtp.failure.detail)))
      closing.push(() => smtp.close())
    }
  }
  if (services.includes('dhcp') || services.includes('dns')) {
    const dnsmasq = startDnsmasq({ ...serving, directory }, { now, onRecord: add })
    closing.push(() => dnsmasq.close())
    lost = dnsmasq.ended
    const early = await Promise.race([lost, new Promise<null>((done) => setTimeout(() => done(null), 300))])
    if (early !== null) return close().then(() => faulty(failed('dnsmasq', early)))
  }
  const where = { interface: network.interface, address: addresses.join(', ') }
  return ok({ services, where, records, lost, close })
}

export function registerBench(program: Command, end: (code: number) => void): void {
  const about = (key: string): string => t(languageOf(undefined) satisfies Language, 'bench', key)
  const bench = program.command('bench').description(about('about'))
  bench
    .command('up')
    .description(about('up'))
    .requiredOption('--bench <file>', 'bench file (YAML) with `network`')
    .option('--out <directory>', 'takes records.ndjson, the leases and the configuration', 'camseal-bench')
    .option('--allow-default-route', 'serve on an interface although a default route leads through it')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExample:\n  sudo camseal bench up --bench bench.yaml --out today\n\nRuns until Ctrl-C. Exit codes: 0 ended so, 3 something must be mended, 4 a service could not be had or ended.',
    )
    .action(async (options: UpOptions) => end(await up(options)))
}
