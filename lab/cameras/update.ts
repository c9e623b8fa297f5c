import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Behaviour } from './behaviour.ts'
import type { Device } from './device.ts'
import { buildPackage, compareVersions, makeVendorKey, MODEL, readPackage, type PackageOrder } from './firmware.ts'
import { createHash } from 'node:crypto'
import type { State } from './state.ts'

export type UpdateAnswer =
  | { accepted: true; firmware: { version: string; sha256: string } }
  | { accepted: false; status: 400 | 415; reason: string }

/**
 * Whether a package may be installed over `installed`: signed by the vendor, for this model, intact, and newer
 * (ETSI EN 303 645 provisions 5.3-9 and 5.3-10; rollback as in NIST SP 800-193 section 4.2).
 */
export function judgePackage(bytes: Buffer, vendorKey: string, installed: string, behaviour: Behaviour): UpdateAnswer {
  const refuse = (reason: string, status: 400 | 415 = 400): UpdateAnswer => ({ accepted: false, status, reason })
  const reading = readPackage(bytes, vendorKey, behaviour.updateTrustsOwnSigner)
  if (!reading.readable) return refuse(reading.reason, 415)
  const { model, version, payload, signature, isPayloadIntact, isTruncated } = reading.package
  const isUnsignedLetIn = signature === 'missing' && !behaviour.updateChecksMissingSignature
  const checksContent = behaviour.updateChecksContent && !(isTruncated && !behaviour.updateRefusesTruncated)
  if (checksContent && signature !== 'valid' && !isUnsignedLetIn) {
    return refuse(signature === 'missing' ? 'signature missing' : 'signature not valid')
  }
  if (checksContent && !isPayloadIntact) return refuse('payload damaged')
  if (behaviour.updateChecksModel && model !== MODEL) return refuse('package is for another model')
  if (behaviour.updateRefusesOlder && compareVersions(version, installed) <= 0) {
    return refuse('version is not newer than the installed one')
  }
  return { accepted: true, firmware: { version, sha256: createHash('sha256').update(payload).digest('hex') } }
}

export const MOST_PACKAGE = 8 * 1024 * 1024

/** Judges a package, logs what came of it, and says what is to be done once the answer has been sent. */
export function install(
  device: Device,
  bytes: Buffer,
  actor: Record<string, string>,
  isWhole = true,
): { answer: UpdateAnswer; afterwards?: () => void } {
  const { behaviour, log, store } = device
  const looks = isWhole ? behaviour : { ...behaviour, updateChecksContent: false }
  const answer = judgePackage(bytes, store.state.vendorKey, store.state.firmware.version, looks)
  if (!answer.accepted) {
    if (behaviour.logsRefusedUpdates) log.write('update-refused', { ...actor, reason: answer.reason })
    return behaviour.survivesRefusedUpdates ? { answer } : { answer, afterwards: () => device.die() }
  }
  const isLogged = behaviour.logsInstalledUpdates
  if (isLogged) log.write('update-accepted', { ...actor, version: answer.firmware.version })
  const reason = isLogged ? 'update' : 'requested'
  return { answer, afterwards: () => device.reboot(reason, { firmware: answer.firmware, ...lostOf(device) }) }
}

/** What a careless update takes away: the log server and every account but the administrator's. */
const lostOf = ({ behaviour, store }: Device): Partial<State> =>
  behaviour.updateKeepsSettings ? {} : { syslog: null, users: store.state.users.filter(({ name }) => name === 'admin') }

export const PACKAGES = ['genuine', 'older', 'unsigned', 'foreignKey', 'otherModel'] as const
export type PackageName = (typeof PACKAGES)[number]
export type PackageFiles = Record<PackageName, { file: string; version: string }>

/** Of the packages for uploads, and of those on the update server: what one path installed is no update by the other. */
const GENUINE_VERSION = '1.5.0'
export const NEXT_VERSION = '1.6.0'

const orderOf = (name: PackageName, vendorKey: string, version = GENUINE_VERSION): PackageOrder => {
  const genuine = { model: MODEL, version, key: vendorKey }
  switch (name) {
    case 'genuine':
      return genuine
    case 'older':
      return { ...genuine, version: '1.3.0' }
    case 'unsigned':
      return { ...genuine, key: null }
    case 'foreignKey':
      return { ...genuine, key: makeVendorKey() }
    case 'otherModel':
      return { ...genuine, model: 'RC-2' }
  }
}

export const genuinePackage = (vendorKey: string, version?: string): Buffer =>
  buildPackage(orderOf('genuine', vendorKey, version))

/** Names the packages as `writePackages` would write them into `directory`. */
export const packageFiles = (directory: string, genuine?: string): PackageFiles => {
  const named = (name: PackageName): { file: string; version: string } => {
    const { version } = orderOf(name, '', genuine)
    return { file: join(directory, `${name}-${version}.csfw`), version }
  }
  return Object.fromEntries(PACKAGES.map((name) => [name, named(name)])) as PackageFiles
}

/** Writes every package the maker can supply. */
export async function writePackages(directory: string, vendorKey: string): Promise<PackageFiles> {
  await mkdir(directory, { recursive: true })
  for (const genuine of [NEXT_VERSION, GENUINE_VERSION]) {
    const files = packageFiles(directory, genuine)
    const write = (name: PackageName) => writeFile(files[name].file, buildPackage(orderOf(name, vendorKey, genuine)))
    await Promise.all(PACKAGES.map(write))
  }
  return packageFiles(directory)
}
