import { SaxesParser, type SaxesTagNS } from 'saxes'
import { fault, printable, type SealFault } from './seal-fault.ts'

export const MIMETYPE = 'application/vnd.etsi.asic-e+zip'
export const MANIFEST = 'META-INF/ASiCManifest001.xml'
export const SIGNATURE = 'META-INF/signature001.p7s'

export type DigestName = 'sha256' | 'sha384' | 'sha512'
export interface DataObject {
  name: string
  mediaType: string
  algorithm: DigestName
  digest: Uint8Array
}

const ASIC = 'http://uri.etsi.org/02918/v1.2.1#'
const DS = 'http://www.w3.org/2000/09/xmldsig#'
const SIGNATURE_TYPE = 'application/pkcs7-signature'
const MAX_DEPTH = 64
const MAX_FAULTS = 100
/** Characters given to the parser at once: what it may still do after a fault that ends the reading. */
const PIECE = 4096
const DIGESTS = new Map<string, { name: DigestName; bytes: number }>([
  ['http://www.w3.org/2001/04/xmlenc#sha256', { name: 'sha256', bytes: 32 }],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', { name: 'sha384', bytes: 48 }],
  ['http://www.w3.org/2001/04/xmlenc#sha512', { name: 'sha512', bytes: 64 }],
])

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

/** ASiCManifest of ETSI EN 319 162-1 annex A.4: one line for each member, so that line tools can read it. */
export function manifestXml(members: readonly { name: string; mediaType: string; sha256: string }[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<asic:ASiCManifest xmlns:asic="${ASIC}" xmlns:ds="${DS}">`,
    `<asic:SigReference URI="${SIGNATURE}" MimeType="${SIGNATURE_TYPE}"/>`,
    ...members.map(
      ({ name, mediaType, sha256 }) =>
        `<asic:DataObjectReference URI="${escaped(name)}" MimeType="${escaped(mediaType)}">` +
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>' +
        `<ds:DigestValue>${Buffer.from(sha256, 'hex').toString('base64')}</ds:DigestValue>` +
        '</asic:DataObjectReference>',
    ),
    '</asic:ASiCManifest>',
    '',
  ].join('\n')
}

/** Where each element may stand; text is allowed in DigestValue only. */
const PARENTS = new Map([
  [`${ASIC} ASiCManifest`, ''],
  [`${ASIC} SigReference`, `${ASIC} ASiCManifest`],
  [`${ASIC} DataObjectReference`, `${ASIC} ASiCManifest`],
  [`${DS} DigestMethod`, `${ASIC} DataObjectReference`],
  [`${DS} DigestValue`, `${ASIC} DataObjectReference`],
])

/**
 * Members that a manifest lists, each once with a SHA-2 digest, and the one signature it names; every fault with its
 * line.
 */
export function parseManifest(bytes: Uint8Array): { objects: DataObject[]; faults: SealFault[] } {
  const objects: DataObject[] = []
  const faults: SealFault[] = []
  const text = utf8(bytes)
  if (text === undefined) return { objects, faults: [fault('manifest-invalid', { line: 1, why: 'UTF-8' })] }
  if (/<!DOCTYPE/i.test(text)) faults.push(fault('manifest-doctype'))
  if (text.includes('&')) faults.push(fault('manifest-entity'))
  if (faults.length > 0) return { objects, faults }

  const parser = new SaxesParser({ xmlns: true, position: true })
  const stack: string[] = []
  let current: { name: string; mediaType: string; algorithm?: string; value?: string } | undefined
  let signatures = 0
  let broken = false
  const invalid = (why: string): void => {
    if (faults.length < MAX_FAULTS) faults.push(fault('manifest-invalid', { line: parser.line, why: printable(why) }))
  }

  const open = (tag: SaxesTagNS): void => {
    const name = `${tag.uri} ${tag.local}`
    if (stack.length >= MAX_DEPTH) {
      if (!broken) faults.push(fault('manifest-depth', { limit: MAX_DEPTH }))
      broken = true
      return
    }
    if (PARENTS.get(name) !== (stack.at(-1) ?? '')) invalid(`<${tag.name}>`)
    stack.push(name)
    const attribute = (key: string): string => tag.attributes[key]?.value ?? ''
    if (tag.local === 'SigReference') {
      signatures++
      if (attribute('URI') !== SIGNATURE) invalid(`SigReference URI=${attribute('URI')}`)
      if (attribute('MimeType') !== SIGNATURE_TYPE) invalid(`SigReference MimeType=${attribute('MimeType')}`)
    }
    if (tag.local === 'DataObjectReference') current = { name: attribute('URI'), mediaType: attribute('MimeType') }
    if (tag.local === 'DigestMethod' && current) {
      if (current.algorithm !== undefined) invalid('<ds:DigestMethod>')
      current.algorithm = attribute('Algorithm')
    }
    if (tag.local === 'DigestValue' && current) {
      if (current.value !== undefined) invalid('<ds:DigestValue>')
      current.value = ''
    }
  }
  const close = (): void => {
    const name = stack.pop()
    if (name !== `${ASIC} DataObjectReference` || !current) return
    const object = dataObject(current, parser.line)
    if (!('code' in object)) objects.push(object)
    else if (faults.length < MAX_FAULTS) faults.push(object)
    current = undefined
  }
  parser.on('opentag', (tag) => broken || open(tag))
  parser.on('closetag', () => broken || close())
  parser.on('text', (found) => {
    if (broken) return
    if (stack.at(-1) === `${DS} DigestValue` && current?.value !== undefined) current.value += found
    else if (found.trim() !== '') invalid('text')
  })
  parser.on('cdata', () => invalid('CDATA'))
  parser.on('error', (error) => {
    if (!broken) invalid(error.message)
    broken = true
  })
  for (let at = 0; at < text.length && !broken; at += PIECE) parser.write(text.slice(at, at + PIECE))
  if (!broken) parser.close()
  if (!broken && signatures !== 1) faults.push(fault('signature-several', { count: signatures }))
  const seen = new Set<string>()
  for (const { name } of objects) {
    if (seen.has(name)) faults.push(fault('manifest-duplicate', { name: printable(name) }))
    seen.add(name)
  }
  return { objects, faults }
}

function dataObject(
  found: { name: string; mediaType: string; algorithm?: string; value?: string },
  line: number,
): DataObject | SealFault {
  const name = printable(found.name)
  const algorithm = DIGESTS.get(found.algorithm ?? '')
  if (!algorithm) return fault('digest-algorithm', { name, algorithm: printable(found.algorithm ?? '-') })
  const value = found.value ?? ''
  const digest = Buffer.from(value, 'base64')
  if (digest.length !== algorithm.bytes || digest.toString('base64') !== value) {
    return fault('manifest-invalid', { line, why: `DigestValue ${name}` })
  }
  return { name: found.name, mediaType: found.mediaType, algorithm: algorithm.name, digest }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
