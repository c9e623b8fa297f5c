import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { canonical } from '../suites/canonical.ts'

export const scratch = (): string => mkdtempSync(join(tmpdir(), 'camseal-seal-'))

/** Runs a tool to its end; standard output, standard error and status. */
export function run(
  command: string,
  args: string[],
  options: { cwd?: string; input?: string | Buffer; env?: NodeJS.ProcessEnv } = {},
) {
  const done = spawnSync(command, args, {
    timeout: 60_000,
    maxBuffer: 1 << 26,
    ...options,
    env: { ...process.env, ...options.env },
  })
  return { status: done.status, out: String(done.stdout), err: String(done.stderr) }
}

/** openssl, which must succeed. */
export function openssl(cwd: string, ...args: string[]): string {
  const { status, out, err } = run('openssl', args, { cwd })
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${err}`)
  return out
}

/** Every file below a directory with its digest: what was there before is there after, and nothing else. */
export const snapshot = (directory: string): string[] =>
  (readdirSync(directory, { recursive: true }) as string[]).sort()

/** An object file (salt line, content) and its member name. */
export function objectOf(content: string | Buffer, salt = '5a'.repeat(32)): { name: string; bytes: Buffer } {
  const bytes = Buffer.concat([Buffer.from(`${salt}\n`), Buffer.from(content)])
  return { name: `objects/sha256/${createHash('sha256').update(bytes).digest('hex')}`, bytes }
}

/** A small finished run: two objects that are not public, one that is. */
export function makeRun(
  directory: string,
  report: Record<string, unknown> = {},
): { lab: string; regulator: string; open: string } {
  const lab = objectOf('only for the laboratory')
  const regulator = objectOf(Buffer.alloc(3000, 'for the regulator '), '17'.repeat(32))
  const open = objectOf('for everybody', '99'.repeat(32))
  const disclosure = { [lab.name]: 'lab', [regulator.name]: 'regulator' }
  const journal = [lab, regulator, open].map(({ name }) => `{"digest":"${name.split('/').at(-1)}"}\n`).join('')
  const files: Record<string, string | Buffer> = {
    'report.json': canonical({ camseal: 'report/1', disclosure, title: 'Báo cáo', ...report }),
    'report.html': '<!doctype html><title>Báo cáo</title>',
    'journal.jsonl': journal,
    'statement.json': '{}',
    'statement.yaml': 'a: 1\n',
    'regulations/one.json': '{"id":"one"}',
    'catalogues/ports.json': '{"id":"ports"}',
    [lab.name]: lab.bytes,
    [regulator.name]: regulator.bytes,
    [open.name]: open.bytes,
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
  return { lab: lab.name, regulator: regulator.name, open: open.name }
}

/** One entry of a zip built by hand; every field of the headers can be made to lie. */
export interface Piece {
  name: string | Buffer
  data: string | Buffer
  deflate?: boolean
  packed?: Buffer
  method?: number
  flags?: number
  crc?: number
  bytes?: number
  packedBytes?: number
  localName?: string | Buffer
  localBytes?: number
  extra?: Buffer
  attributes?: number
  madeBy?: number
  date?: number
  /** Absolute offset written into the directory instead of the true one. */
  offset?: number
  /** Bytes put in front of the local header. */
  gap?: Buffer
  /** No local header and data of its own. */
  ghost?: boolean
  afterData?: Buffer
}

export interface ZipOptions {
  prepend?: Buffer
  fixOffsets?: boolean
  append?: Buffer
  comment?: string
  count?: number
  directoryShift?: number
}

/** Builds a zip; by default exactly the dialect of a sealed report. */
export function zip(pieces: readonly Piece[], options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [options.prepend ?? Buffer.alloc(0)]
  const central: Buffer[] = []
  const base = options.fixOffsets ? 0 : parts[0]!.length
  let at = parts[0]!.length
  const push = (...buffers: Buffer[]): void => {
    for (const buffer of buffers) {
      parts.push(buffer)
      at += buffer.length
    }
  }
  for (const piece of pieces) {
    const data = Buffer.from(piece.data as string)
    const packed = piece.packed ?? (piece.deflate ? deflateRawSync(data) : data)
    const name = Buffer.from(piece.name as string)
    const localName = Buffer.from((piece.localName ?? piece.name) as string)
    const extra = piece.extra ?? Buffer.alloc(0)
    const method = piece.method ?? (piece.deflate || piece.packed ? 8 : 0)
    const header = (local: boolean): Buffer => {
      const b = Buffer.alloc(26)
      b.writeUInt16LE(20, 0)
      b.writeUInt16LE(piece.flags ?? 0, 2)
      b.writeUInt16LE(method, 4)
      b.writeUInt16LE(piece.date ?? 0x21, 8)
      b.writeUInt32LE(piece.crc ?? crc32(data), 10)
      b.writeUInt32LE(piece.packedBytes ?? packed.length, 14)
      b.writeUInt32LE((local ? piece.localBytes : undefined) ?? piece.bytes ?? data.length, 18)
      b.writeUInt16LE(local ? localName.length : name.length, 22)
      b.writeUInt16LE(extra.length, 24)
      return b
    }
    if (piece.gap) push(piece.gap)
    const offset = piece.offset ?? at - base
    if (!piece.ghost)
      push(Buffer.from('PK\x03\x04'), header(true), localName, extra, packed, piece.afterData ?? Buffer.alloc(0))
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(piece.attributes ?? 0o100644 * 0x10000, 6)
    rest.writeUInt32LE(offset, 10)
    const madeBy = Buffer.alloc(2)
    madeBy.writeUInt16LE(piece.madeBy ?? 0x0314)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, header(false), rest, name, extra]))
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(options.count ?? pieces.length, 8)
  end.writeUInt16LE(options.count ?? pieces.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at - base + (options.directoryShift ?? 0), 16)
  end.writeUInt16LE(options.comment?.length ?? 0, 20)
  return Buffer.concat([
    ...parts,
    directory,
    end,
    Buffer.from(options.comment ?? ''),
    options.append ?? Buffer.alloc(0),
  ])
}

export const XMLENC = 'http://www.w3.org/2001/04/xmlenc#'

/** An ASiC manifest, independent of the writer under test. */
export function manifest(
  members: Record<string, string | Buffer>,
  algorithm: 'sha1' | 'md5' | 'sha256' | 'sha384' | 'sha512' = 'sha256',
): string {
  const uri = {
    sha1: 'http://www.w3.org/2000/09/xmldsig#sha1',
    md5: 'http://www.w3.org/2001/04/xmldsig-more#md5',
    sha256: `${XMLENC}sha256`,
    sha384: 'http://www.w3.org/2001/04/xmldsig-more#sha384',
    sha512: `${XMLENC}sha512`,
  }[algorithm]
  const references = Object.entries(members).map(
    ([name, data]) =>
      `<a:DataObjectReference URI="${name}"><d:DigestMethod Algorithm="${uri}"/>` +
      `<d:DigestValue>${createHash(algorithm).update(data).digest('base64')}</d:DigestValue></a:DataObjectReference>`,
  )
  return (
    '<a:ASiCManifest xmlns:a="http://uri.etsi.org/02918/v1.2.1#" xmlns:d="http://www.w3.org/2000/09/xmldsig#">' +
    '<a:SigReference URI="META-INF/signature001.p7s" MimeType="application/pkcs7-signature"/>' +
    `${references.join('')}</a:ASiCManifest>`
  )
}
