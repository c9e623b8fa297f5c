import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { basename } from 'node:path'
import type { OnlineUpdate, UpdatePackage } from '../../suites/statement.ts'
import { fill, formOf } from '../placeholders.ts'
import type { ServedFile } from '../services/update-server.ts'
import { ropeLength, ropeOf, type Rope } from './rope.ts'

export interface FilesOrder {
  online: OnlineUpdate
  address: string
  rope: Rope
  sha256: string
  version: string
  /** The package of the statement that it is, or was made of; `genuine` where that has nothing beside it. */
  of: UpdatePackage
  genuine: UpdatePackage
  signature?: 'missing' | 'empty'
  resolve(path: string): string
}

export interface UpdateFiles {
  files: ServedFile[]
  /** By their place in the statement's list. */
  package: number
  own: number[]
  versions: number[]
  lacking: number[]
}

/**
 * The files of the update server while one package is offered. Size, digest and version in what the lab writes are always
 * those of the package that is offered: who could put a package there could write them too. What the maker supplied beside
 * the genuine package stays as it is for what was made of that.
 */
export function updateFiles(order: FilesOrder): UpdateFiles | { fault: string } {
  const { online, rope, sha256, version, of, genuine, signature } = order
  const main = online.files.findIndex((f) => f.package === true)
  const values = valuesOf(order, online.files[main]?.target ?? '/')
  const faults: string[] = []
  const own: number[] = []
  const lacking = signature ? online.files.flatMap((f, i) => (f.signature === true ? [i] : [])) : []
  const files = online.files.map((file, i): ServedFile => {
    const target = filled(file.target, values, 'plain', faults)
    const contentType = file.contentType ?? 'application/octet-stream'
    if (file.package === true) return { target, contentType, content: rope, tag: tagOf(`${sha256}${signature ?? ''}`) }
    if (lacking.includes(i))
      return {
        target,
        contentType,
        content: [],
        tag: tagOf(''),
        ...(signature === 'missing' ? { isMissing: true } : {}),
      }
    if (file.beside !== undefined) {
      const at = (p: UpdatePackage) => ropeOf(order.resolve(p.file + file.beside))
      const found = at(of)
      if (found && of !== genuine) own.push(i)
      const content = found ?? at(genuine)
      if (!content) faults.push(basename(of.file) + file.beside)
      return { target, contentType, content: content ?? [], tag: tagOf(`${of.file}${i}`) }
    }
    const bytes = Buffer.from(filled(file.body ?? '', values, formOf(file.contentType), faults), 'utf8')
    return { target, contentType, content: bytes.length > 0 ? [bytes] : [], tag: tagOf(bytes) }
  })
  if (faults.length > 0) return { fault: faults.join(', ') }
  const versions =
    version === genuine.version
      ? []
      : online.files.flatMap((f, i) => (f.body?.includes('{{package-version}}') ? [i] : []))
  return { files, package: main, own, versions, lacking }
}

const tagOf = (of: string | Uint8Array): string => `"${createHash('sha256').update(of).digest('hex').slice(0, 32)}"`

/** Where the device finds the package, by the name it knows the server by. */
function valuesOf({ online, address, rope, sha256, version }: FilesOrder, target: string): Record<string, string> {
  const host = isIPv6(address) ? `[${address}]` : address
  const values = {
    'package-version': version,
    'package-sha256': sha256,
    'package-bytes': String(ropeLength(rope)),
    'lab-address': host,
    'lab-port': String(online.port),
  }
  const path = fill(target, values, 'plain')
  const origin = `${online.protocol}://${online.serverName ?? host}:${online.port}`
  return { ...values, 'package-url': `${origin}${'text' in path ? path.text : target}` }
}

function filled(
  text: string,
  values: Record<string, string>,
  form: Parameters<typeof fill>[2],
  faults: string[],
): string {
  const done = fill(text, values, form)
  if ('text' in done) return done.text
  faults.push(...done.unknown)
  return text
}
