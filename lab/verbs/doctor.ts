import { statfsSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import type { Command } from 'commander'
import type { Fault } from '../../suites/fault.ts'
import { FAMILIES, type Family, type Statement } from '../../suites/statement.ts'
import { t, type Language } from '../../reports/locales/index.ts'
import type { BenchRecord } from '../../reports/report.ts'
import { installedSuite } from '../../reports/suite.ts'
import { keyOptions, signerFrom, type KeyOptions } from '../../reports/verbs/seal.ts'
import { EXIT, faultText, languageOf } from '../../reports/verbs/terminal.ts'
import { sourcesFor } from '../addresses.ts'
import { loadInputs } from '../inputs.ts'
import { portState } from '../poe.ts'
import type { PowerSources } from '../power-table.ts'
import { capturePlace } from '../services/capture-place.ts'
import { startCapture } from '../services/capture.ts'
import { CHROMIUM_NAMES, chromiumPath } from '../instruments/chromium.ts'
import { named } from './options.ts'

interface DoctorOptions extends KeyOptions {
  statement?: string
  regulation: string[]
  bench?: string
  json?: boolean
  lang?: string
}

/** What a run can do without, though less comes of it. */
const WITHOUT = new Set(['no-key', 'no-capture'])

interface Finding {
  check: string
  ok: boolean
  fault: Fault | null
  values: Record<string, string | number>
}

const fine = (check: string, values: Finding['values'] = {}): Finding => ({ check, ok: true, fault: null, values })
const ill = (check: string, fault: Fault): Finding => ({ check, ok: false, fault, values: fault.values })

/** Everything that most often makes a run fail for nothing, looked at before it; nothing stops at the first fault. */
async function examine(options: DoctorOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  findings.push(
    major > 20 || (major === 20 && minor >= 19)
      ? fine('node', { version: process.version })
      : ill('node', { code: 'node-old', values: { version: process.version } }),
  )
  const suite = installedSuite()
  findings.push(
    suite.state === 'released'
      ? fine('suite', { digest: suite.digest.slice(0, 16) })
      : ill('suite', { code: 'suite-unreleased', values: { changed: suite.changed.slice(0, 3).join(', ') || '-' } }),
  )
  const { bavail, bsize } = statfsSync('.')
  const free = Math.floor((bavail * bsize) / 2 ** 20)
  findings.push(free > 500 ? fine('disk', { free }) : ill('disk', { code: 'disk-small', values: { free } }))
  const signer = await signerFrom(options)
  if ('faults' in signer) findings.push(...signer.faults.map((f) => ill('key', f)))
  else findings.push(signer.signer ? fine('key') : ill('key', { code: 'no-key', values: {} }))
  if (options.statement === undefined) return findings
  const inputs = await loadInputs({
    statement: options.statement,
    regulations: options.regulation,
    bench: options.bench ?? null,
    ask: null,
    demo: false,
  })
  if (!inputs.ok) return [...findings, ...inputs.faults.map((f) => ill('statement', f))]
  findings.push(fine('statement'))
  const { statement, bench, power } = inputs.value
  return [
    ...findings,
    ...(await examineBench(statement, bench.addresses)),
    ...(await examinePower(power.sources)),
    ...(await examineCapture(statement, bench.addresses, bench.capture)),
    ...examineBrowser(statement),
  ]
}

/** Pages are used by the browser of this system. */
function examineBrowser(statement: Statement): Finding[] {
  const path = chromiumPath()
  const used = servicesByPage(statement)
  return statement.services
    .filter((s) => s.session?.browser ?? used.has(s.id))
    .map(({ id: service }) =>
      path === null
        ? ill('browser', { code: 'no-browser', values: { service, tried: CHROMIUM_NAMES.join(', ') } })
        : fine('browser', { path, service }),
    )
}

/** Services at which anything of the statement is done or read at a page. */
function servicesByPage(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  if ('browser' in value && 'service' in value && typeof value.service === 'string') found.add(value.service)
  for (const inner of Object.values(value)) servicesByPage(inner, found)
  return found
}

const UDP_RECEIVERS: readonly string[] = ['syslog-udp', 'ntp']

async function examineBench(statement: Statement, addresses: { ipv4: string[]; ipv6: string[] }): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const sample of statement.samples)
    for (const family of FAMILIES) {
      const address = sample.addresses[family]
      if (address === null) continue
      const source = (await sourcesFor(family, addresses[family], address))[0]
      if (!source) {
        findings.push(ill('route', { code: 'no-route', values: { address } }))
        continue
      }
      findings.push(fine('route', { address, source }))
      for (const service of statement.services.filter((s) => s.transport === 'tcp' && s.families.includes(family))) {
        const code = await reach(address, service.port, source)
        const values = { service: service.id, address, port: service.port }
        findings.push(
          code === null
            ? fine('service', values)
            : ill('service', { code: 'service-silent', values: { ...values, why: code } }),
        )
      }
    }
  for (const channel of [...statement.logging.channels, ...(statement.tlsClients ?? []), ...(statement.time ?? [])]) {
    const code = UDP_RECEIVERS.includes(channel.protocol) ? await bindUdp(channel.port) : await bindTcp(channel.port)
    findings.push(
      code === null
        ? fine('receiver', { port: channel.port })
        : ill('receiver', { code: 'port-taken', values: { port: channel.port, why: code } }),
    )
  }
  return findings
}

/** Whether each switch answers and has the port, with power on it and a row for its link. */
async function examinePower(sources: PowerSources): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [sample, source] of sources) {
    if (source.by === 'operator') {
      findings.push(fine('operator', { sample }))
      continue
    }
    const { agent, group, interface: n, ifIndex } = source
    const values = { sample, address: agent.address, port: agent.port, group, interface: n, ifIndex }
    const answer = await portState(source)
    const bad = (code: string, more = {}) =>
      findings.push({ ...ill('power', { code, values: { ...values, ...more } }), values })
    if ('failure' in answer) bad('poe-silent', { why: answer.failure.detail })
    else if (answer.state.enabled === null) bad('poe-no-port')
    else if (answer.state.link === null) bad('poe-no-link')
    else if (answer.state.detection !== 'deliveringPower')
      bad('poe-not-feeding', { detection: answer.state.detection ?? '–', link: answer.state.link })
    else findings.push(fine('power', values))
  }
  return findings
}

/** Whether packets of each sample can be captured, by beginning to; and whether the bench says that all of them are seen. */
async function examineCapture(
  { samples }: Statement,
  addresses: Record<Family, string[]>,
  described: BenchRecord['capture'],
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const sample of samples) {
    const sources = {
      ipv4: await sourcesFor('ipv4', addresses.ipv4, sample.addresses.ipv4),
      ipv6: await sourcesFor('ipv6', addresses.ipv6, sample.addresses.ipv6),
    }
    const place = capturePlace(sample, (family) => sources[family], described?.interface)
    if (!place) continue
    const { interface: on, filter, link } = place
    const started = await startCapture({ interface: on, filter, take: () => undefined })
    if ('capture' in started) await started.capture.end()
    const values = { interface: on }
    if ('fault' in started)
      findings.push(ill('capture', { code: 'no-capture', values: { ...values, why: started.fault } })) // prettier-ignore
    else findings.push(fine(link === 'loopback' || described?.sees === 'device' ? 'capture' : 'capture-part', values))
  }
  return findings
}

const reach = (host: string, port: number, localAddress: string): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, localAddress, timeout: 3000 })
    const end = (code: string | null) => {
      socket.destroy()
      resolve(code)
    }
    socket.once('connect', () => end(null))
    socket.once('timeout', () => end('ETIMEDOUT'))
    socket.once('error', (e: NodeJS.ErrnoException) => end(e.code ?? 'unknown'))
  })

const bindTcp = (port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (e: NodeJS.ErrnoException) => resolve(e.code ?? 'unknown'))
    server.listen(port, () => server.close(() => resolve(null)))
  })

const bindUdp = (port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', (e: NodeJS.ErrnoException) => resolve(e.code ?? 'unknown'))
    socket.bind(port, () => socket.close(() => resolve(null)))
  })

function print(language: Language, findings: readonly Finding[]): void {
  for (const f of findings)
    console.log(
      f.fault
        ? `✗ ${t(language, 'doctor', f.check, f.values)}\n    ${faultText(language, f.fault)}`
        : `✓ ${t(language, 'doctor', f.check, f.values)}`,
    )
}

export function registerDoctor(program: Command, end: (code: number) => void): void {
  keyOptions(program.command('doctor').description(t(languageOf(undefined), 'cli', 'doctor.about')))
    .option('--statement <file>', 'statement (YAML); without it only this installation is looked at')
    .option('--regulation <ids>', 'regulation ids or files', (v: string) => named(v), ['camseal-core'])
    .option('--bench <file>', 'bench record (YAML)')
    .option('--json', 'one JSON object')
    .option('--lang <language>', 'en or vi')
    .addHelpText(
      'after',
      '\nExamples:\n  camseal doctor\n  camseal doctor --statement camera.yaml --key lab.p12 --passphrase-env LAB_PASS\n\nExit codes: 0 ready, 3 something must be mended',
    )
    .action(async (options: DoctorOptions) => {
      const language = languageOf(options.lang)
      const findings = await examine(options)
      if (options.json)
        console.log(
          JSON.stringify({
            findings: findings.map((f) => ({
              ...f,
              text: f.fault ? faultText(language, f.fault) : t(language, 'doctor', f.check, f.values),
            })),
          }),
        )
      else print(language, findings)
      end(findings.every((f) => f.ok || WITHOUT.has(f.fault?.code ?? '')) ? 0 : EXIT.badInput)
    })
}
