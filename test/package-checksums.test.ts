import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { checksumIn, withRightChecksum } from '../lab/packages/checksums.ts'
import { bytesOf, ropeOf } from '../lab/packages/rope.ts'
import { labVariants } from '../lab/packages/variants.ts'

const content = Buffer.concat([Buffer.from('SHFW\nVERSION=1.5.0\nMODEL=SH-1\n\n'), noise(20_000)])
const hex = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest('hex')
const raw = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest()

/** Bytes that are always the same and hold nothing. */
function noise(length: number): Buffer {
  let state = 7
  return Buffer.from(Array.from({ length }, () => ((state = (state * 1103515245 + 12345) % 2147483648) >> 16) & 255))
}

function crc(bytes: Uint8Array, way: 'writeUInt32BE' | 'writeUInt32LE'): Buffer {
  const sum = Buffer.alloc(4)
  sum[way](crc32(bytes))
  return sum
}

const around = (sum: Uint8Array | string) => [
  Buffer.concat([content, Buffer.from(sum)]),
  Buffer.concat([Buffer.from(sum), content]),
]

test('a checksum before or behind the content is found and made anew, as bytes and as text', () => {
  const sums = [
    ...['md5', 'sha1', 'sha256', 'sha512'].flatMap((n) => [
      hex(n, content),
      hex(n, content).toUpperCase(),
      raw(n, content),
    ]),
    crc(content, 'writeUInt32BE'),
    crc(content, 'writeUInt32LE'),
  ]
  for (const sum of sums)
    for (const bytes of around(sum)) {
      const found = checksumIn(bytes, []) ?? assert.fail()
      assert.deepEqual(bytes.subarray(found.at.from, found.at.to), Buffer.from(sum))
      const made = withRightChecksum(bytes, found, 5_000)
      assert.equal(made.length, bytes.length)
      assert.notDeepEqual(made, bytes)
      assert.ok(checksumIn(made, []), 'its own checksum is right again')
    }
})

test('a checksum elsewhere counts where the layout tells over what it is; a signature and noise are none', () => {
  const header = Buffer.from(`sum: ${hex('sha256', content)}; made by nobody\n`)
  const bytes = Buffer.concat([header, content, Buffer.from('behind')])
  assert.equal(checksumIn(bytes, []), null)
  const found = checksumIn(bytes, [{ from: header.length, to: header.length + content.length }])
  assert.equal(found?.at.from, 5)
  for (const length of [0, 1, 4, 16, 33, 5_000])
    assert.equal(checksumIn(noise(length), [{ from: 0, to: length }]), null)
})

test('an opaque package with a checksum for a signature: the variant that anybody can make', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'camseal-checksums-'))
  try {
    const file = join(folder, 'package')
    const variantOf = (bytes: Uint8Array, signature: number) => {
      writeFileSync(file, bytes)
      return labVariants(ropeOf(file) ?? assert.fail(), {
        format: 'opaque',
        layout: [
          { part: 'payload', offset: 100, bytes: 15_000 },
          { part: 'signature', offset: -signature, bytes: signature },
        ],
        packages: { genuine: { file, version: '1.5.0' } },
      })
    }
    const summed = variantOf(Buffer.concat([content, Buffer.from(hex('md5', content))]), 32)
    const made = await summed.variants.find((v) => v.id === 'repacked')?.make()
    assert.deepEqual(made?.change, { at: content.length, bytes: 32, part: 'signature', uniform: false })
    const bytes = bytesOf(made?.rope ?? [])
    const altered = bytes.subarray(0, -32)
    assert.notDeepEqual(Buffer.from(altered), content)
    assert.equal(Buffer.from(bytes.subarray(-32)).toString(), hex('md5', altered))
    const signed = variantOf(Buffer.concat([content, noise(256)]), 256)
    assert.ok(signed.missing.some((m) => m.id === 'repacked' && m.why === 'not-this-format'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
