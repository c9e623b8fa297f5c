// Finds what the tests need beside npm packages and, as root on Debian or Ubuntu, installs what is missing.
// Without root it names the one command to run, and the tests that are skipped until then.
// CAMSEAL_NO_APT=1 forbids the installation. The result is written to .cache/tools.json.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const cache = join(root, '.cache')

/** Commands the tests call: any of `commands` will do, `apt` provides it, `use` says what is skipped without it. */
const tools = [
  { name: 'apache2', commands: ['apache2'], apt: 'apache2-bin', use: 'log-ins by form' },
  {
    name: 'chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    apt: 'chromium',
    use: 'pages in a real browser',
  },
  { name: 'chronyd', commands: ['chronyd'], apt: 'chrony', use: 'clocks set by a client of others' },
  { name: 'curl', commands: ['curl'], apt: 'curl', use: 'second opinions on HTTP' },
  { name: 'dig', commands: ['dig'], apt: 'bind9-dnsutils', use: 'services of the bench' },
  { name: 'dnsmasq', commands: ['dnsmasq'], apt: 'dnsmasq-base', use: 'services of the bench' },
  { name: 'django', commands: ['django-admin'], apt: 'python3-django', use: 'log-ins at a page in a browser' },
  { name: 'dropbear', commands: ['dropbear'], apt: 'dropbear-bin', use: 'log-ins over SSH' },
  { name: 'ffmpeg', commands: ['ffmpeg'], apt: 'ffmpeg', use: 'devices under test' },
  { name: 'ffprobe', commands: ['ffprobe'], apt: 'ffmpeg', use: 'second opinions on streams' },
  { name: 'java', commands: ['java'], apt: 'default-jre-headless', use: 'Allure pages' },
  { name: 'msmtp', commands: ['msmtp'], apt: 'msmtp', use: 'mail clients' },
  { name: 'natpmpc', commands: ['natpmpc'], apt: 'natpmpc', use: 'port mappings asked for by a client of others' },
  { name: 'nmap', commands: ['nmap'], apt: 'nmap', use: 'second opinions on ports' },
  { name: 'ntpdig', commands: ['ntpdig'], apt: 'ntpsec-ntpdig', use: 'clocks set by a client of others' },
  { name: 'openssl', commands: ['openssl'], apt: 'openssl', use: 'independent checks of seals' },
  { name: 'pdftotext', commands: ['pdftotext'], apt: 'poppler-utils', use: 'independent checks of PDF' },
  { name: 'snmpd', commands: ['snmpd'], apt: 'snmpd', use: 'power over Ethernet' },
  { name: 'snmpget', commands: ['snmpget'], apt: 'snmp', use: 'power over Ethernet' },
  { name: 'sshpass', commands: ['sshpass'], apt: 'sshpass', use: 'second opinions on SSH' },
  { name: 'sslscan', commands: ['sslscan'], apt: 'sslscan', use: 'second opinions on TLS' },
  { name: 'tcpdump', commands: ['tcpdump'], apt: 'tcpdump', use: 'packet captures' },
  { name: 'udhcpc', commands: ['udhcpc'], apt: 'udhcpc', use: 'services of the bench' },
  { name: 'unzip', commands: ['unzip'], apt: 'unzip', use: 'independent checks of reports' },
  { name: 'upnpc', commands: ['upnpc'], apt: 'miniupnpc', use: 'port mappings asked for by a client of others' },
  { name: 'vsftpd', commands: ['vsftpd'], apt: 'vsftpd', use: 'log-ins over FTP' },
  { name: 'wget', commands: ['wget'], apt: 'wget', use: 'second opinions on HTTP' },
  { name: 'zip', commands: ['zip'], apt: 'zip', use: 'broken archives' },
]
const packageLists = [
  join(root, 'test', 'devices', 'packages.txt'),
  join(process.env.CAMSEAL_EXTRA_DUTS ?? resolve(root, '../shared/duts'), 'packages.txt'),
]
/** Other lines of Node on which the golden reports must come out the same. */
const nodeLines = ['22', '24']

const say = (text) => process.stdout.write(`set-up: ${text}\n`)

function found(commands) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  for (const command of commands) {
    for (const folder of folders) {
      const path = join(folder, command)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // not in this folder
      }
    }
  }
  return null
}

/** Versions of installed Debian packages, all asked for at once; null where there is no dpkg. */
function installedVersions() {
  if (found(['dpkg-query']) === null) return null
  const asked = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Abbrev}\\t${Package}\\t${Version}\\n'], {
    encoding: 'utf8',
  })
  const rows = asked.stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([status]) => status?.startsWith('ii'))
  return new Map(rows.map(([, name, version]) => [name, version]))
}

function devicePackages() {
  const lines = packageLists
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  return [...new Set(lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')))].sort()
}

/** Services of new packages must not start here: policy-rc.d says so while packages are installed. */
function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const saved = `${policy}.before-camseal`
  if (existsSync(saved)) renameSync(saved, policy)
  const restore = () => {
    rmSync(policy, { force: true })
    if (existsSync(saved)) renameSync(saved, policy)
  }
  if (existsSync(policy)) renameSync(policy, saved)
  const interrupted = () => {
    restore()
    process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, interrupted)
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    return work()
  } finally {
    restore()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(signal, interrupted)
  }
}

/** Runs apt-get and returns what it said when it failed, else null. All output is kept in .cache/apt.log. */
function aptFault(...args) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l', LC_ALL: 'C' }
  const ran = spawnSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', ...args], {
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 900_000,
    maxBuffer: 1 << 26,
  })
  const output = `${ran.stdout ?? ''}${ran.stderr ?? ''}`
  writeFileSync(join(cache, 'apt.log'), output, { flag: 'a' })
  return ran.status === 0 ? null : output
}

/** Packages that are missing, with what is skipped without each. */
function missingPackages(versions) {
  const missing = new Map()
  for (const tool of tools) {
    if (found(tool.commands) === null) missing.set(tool.apt, tool.use)
  }
  if (versions !== null) {
    for (const name of devicePackages()) {
      if (!versions.has(name) && !missing.has(name)) missing.set(name, 'devices under test')
    }
  }
  return missing
}

/** Installs what it can: a name that this release does not know must not keep the others out. */
function install(names) {
  say(`installing ${names.length} Debian package${names.length === 1 ? '' : 's'}: ${names.join(' ')}`)
  const fault = withoutServices(() => {
    const installing = (list) => aptFault('install', '--no-install-recommends', ...list)
    const first = aptFault('update') ?? installing(names)
    if (first === null) return null
    const unknown = [
      ...first.matchAll(/Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate/g),
    ].map(([, located, candidate]) => located ?? candidate)
    const known = names.filter((name) => !unknown.includes(name))
    return unknown.length > 0 && known.length > 0 ? installing(known) : first
  })
  if (fault !== null) say(`apt-get failed; the end of what it said (all of it: .cache/apt.log):\n${fault.slice(-1500)}`)
}

/** The binary of another line of Node, from its npm package; null where there is none for this machine. */
function otherNode(line) {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null
  const folder = join(cache, `node-${line}`)
  const name = `node-linux-${process.arch}`
  const path = join(folder, 'node_modules', name, 'bin', 'node')
  const version = () => JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version
  if (existsSync(path)) return { path, version: version() }
  say(`fetching Node ${line} from npm into .cache/node-${line}`)
  mkdirSync(folder, { recursive: true })
  const npm = spawnSync(
    'npm',
    [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      '--loglevel=error',
      `${name}@${line}`,
    ],
    { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 },
  )
  if (npm.status === 0 && existsSync(path)) return { path, version: version() }
  say(`Node ${line} could not be fetched: ${(npm.stderr ?? '').trim().split('\n')[0] || 'npm failed'}`)
  return null
}

mkdirSync(cache, { recursive: true })
let versions = installedVersions()
let missing = missingPackages(versions)
const isDebian = versions !== null && found(['apt-get']) !== null
if (missing.size > 0) {
  const names = [...missing.keys()].sort()
  const command = `apt-get update && apt-get install --no-install-recommends ${names.join(' ')}`
  if (isDebian && process.getuid?.() === 0 && process.env.CAMSEAL_NO_APT !== '1') {
    install(names)
    versions = installedVersions()
    missing = missingPackages(versions)
    if (missing.size > 0) say(`still missing: ${[...missing.keys()].join(' ')}`)
  } else if (isDebian) {
    say(`missing: ${names.join(' ')}. To install them, run once:\n  sudo sh -c '${command}'`)
  } else {
    say(`missing: ${names.join(' ')} (names of Debian packages). Install them with this system's package manager.`)
  }
  if (missing.size > 0) say(`skipped until then: ${[...new Set(missing.values())].join('; ')}`)
}
const nodes = nodeLines.map((line) => [line, otherNode(line)])
const absent = nodes.filter(([, node]) => node === null).map(([line]) => line)
if (absent.length > 0) say(`skipped: comparing reports with Node ${absent.join(', ')}`)
if (process.getuid?.() !== 0) say('not root: devices under test and network namespaces are skipped')

/** First line of what a command says of its version, for tools that came from another package than expected. */
function saidVersion(path) {
  if (path === null) return null
  const ran = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 })
  return `${ran.stdout}${ran.stderr}`.trim().split('\n')[0] || null
}

const record = {
  node: process.version,
  tools: Object.fromEntries(
    tools.map((tool) => {
      const path = found(tool.commands)
      return [tool.name, { path, package: tool.apt, version: versions?.get(tool.apt) ?? saidVersion(path) }]
    }),
  ),
  nodes: Object.fromEntries(nodes),
  packages: Object.fromEntries(
    versions === null ? [] : devicePackages().map((name) => [name, versions.get(name) ?? null]),
  ),
  missing: [...missing.keys()].sort(),
}
writeFileSync(join(cache, 'tools.json'), `${JSON.stringify(record, null, 2)}\n`)
if (missing.size === 0) say('all tools found (.cache/tools.json)')
