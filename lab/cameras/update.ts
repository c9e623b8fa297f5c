import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Behaviour } from './behaviour.ts'
import { buildPackage, compareVersions, makeVendorKey, MODEL, readPackage, type PackageOrder } from './firmware.ts'
import { createHash } from 'node:crypto'

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

export const PACKAGES = ['genuine', 'older', 'unsigned', 'foreignKey', 'otherModel'] as const
export type PackageName = (typeof PACKAGES)[number]
export type PackageFiles = Record<PackageName, { file: string; version: string }>

const GENUINE_VERSION = '1.5.0'

const orderOf = (name: PackageName, vendorKey: string): PackageOrder => {
  const genuine = { model: MODEL, version: GENUINE_VERSION, key: vendorKey }
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

export const genuinePackage = (vendorKey: string): Buffer => buildPackage(orderOf('genuine', vendorKey))

/** Names the packages as `writePackages` would write them into `directory`. */
export const packageFiles = (directory: string): PackageFiles => {
  const named = (name: PackageName): { file: string; version: string } => {
    const { version } = orderOf(name, '')
    return { file: join(directory, `${name}-${version}.csfw`), version }
  }
  return Object.fromEntries(PACKAGES.map((name) => [name, named(name)])) as PackageFiles
}

/** Writes every package the maker can supply. */
export async function writePackages(directory: string, vendorKey: string): Promise<PackageFiles> {
  const files = packageFiles(directory)
  await mkdir(directory, { recursive: true })
  await Promise.all(PACKAGES.map((name) => writeFile(files[name].file, buildPackage(orderOf(name, vendorKey)))))
  return files
}
