import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { loadSigner } from '../../reports/keys.ts'
import { sealRun } from '../../reports/seal.ts'
import { canonical } from '../../suites/canonical.ts'
import { checked, type Outcome } from '../bed.ts'
import type { Case } from '../case.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const cli = join(root, 'dist/cli.js')
const MIB = 1 << 20

/** Verifying and judging a sealed report again, beside unpacking, openssl and sha256sum over every member. */
export async function verify(folder: string): Promise<Case[]> {
  const key = join(folder, 'bench-key.pem')
  const certificate = join(folder, 'bench-certificate.pem')
  checked('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', '/CN=bench', '-keyout', key, '-out', certificate],
  ])
  writeFileSync(key, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'))
  const cases: Case[] = []
  for (const [id, mebibytes] of [
    ['verify-small', 1],
    ['verify-large', 1024],
  ] as const) {
    const bundle = await bundleOf(join(folder, id), mebibytes, key)
    cases.push({
      id,
      title: `verify and judge again, ${mebibytes} MiB bundle`,
      goal: 2,
      peer: 'unzip, openssl cms -verify, sha256sum of every member',
      truth: 'intact',
      memoryGoal: 300,
      ours: () =>
        timed([process.execPath, cli, 'verify', bundle, '--json'], folder, (printed) => {
          const said = JSON.parse(printed) as { seal: { ok: boolean }; verdicts: { state: string } }
          return said.seal.ok && said.verdicts.state === 'equal' ? 'intact' : said
        }),
      theirs: () =>
        timed(['sh', '-c', BY_HAND, 'sh', bundle, join(folder, `${id}-unpacked`), certificate], folder, (printed) =>
          printed.includes('successful') ? 'intact' : printed,
        ),
    })
  }
  return cases
}

/** The check of docs/verify-without-us.md. */
const BY_HAND = `set -e; rm -rf "$2"; mkdir "$2"; unzip -q "$1" -d "$2"; cd "$2"
openssl cms -verify -cades -binary -inform DER -CAfile "$3" -purpose any -in META-INF/signature001.p7s -content META-INF/ASiCManifest001.xml -out /dev/null 2>&1
find . -type f ! -path './META-INF/*' ! -name mimetype -print0 | xargs -0 sha256sum > /dev/null; cd /; rm -rf "$2"`

/** A real sealed run that also carries one big artifact of random bytes. */
async function bundleOf(directory: string, mebibytes: number, key: string): Promise<string> {
  mkdirSync(directory)
  checked('unzip', ['-q', join(root, 'test/golden/sound.asice'), '-d', directory])
  rmSync(join(directory, 'META-INF'), { recursive: true })
  rmSync(join(directory, 'mimetype'))
  const hash = createHash('sha256')
  const objects = join(directory, 'objects/sha256')
  const file = createWriteStream(join(objects, 'new'))
  for (const piece of pieces(mebibytes)) {
    hash.update(piece)
    if (!file.write(piece)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
  const name = hash.digest('hex')
  renameSync(join(objects, 'new'), join(objects, name))
  const report = JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8')) as {
    disclosure: Record<string, string>
  }
  report.disclosure[`objects/sha256/${name}`] = 'lab'
  writeFileSync(join(directory, 'report.json'), canonical(report))
  const signer = await loadSigner({ key })
  const sealed = 'faults' in signer ? signer : await sealRun(directory, signer.signer)
  if ('faults' in sealed) throw new Error(JSON.stringify(sealed.faults))
  return join(directory, 'report.asice')
}

function* pieces(mebibytes: number): Generator<Buffer> {
  yield Buffer.from(`${'00'.repeat(32)}\n`)
  const random = randomBytes(MIB)
  for (let i = 0; i < mebibytes; i++) {
    random.writeUInt32LE(i)
    yield random
  }
}

function timed(command: readonly string[], folder: string, read: (printed: string) => unknown): Outcome {
  const rss = join(folder, 'rss')
  const began = performance.now()
  const done = spawnSync('/usr/bin/time', ['-f', '%M', '-o', rss, ...command], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const milliseconds = performance.now() - began
  return {
    milliseconds,
    kilobytes: Number(readFileSync(rss, 'utf8').trim().split('\n').at(-1)),
    findings: read(done.stdout),
  }
}
