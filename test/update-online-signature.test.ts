import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { probe } from '../lab/probes/update-refusal.ts'
import type { Criterion } from '../suites/criterion.ts'
import type { UpdateRefusal, VariantId } from '../suites/observations/update-refusal.ts'
import { registry } from '../suites/registry.generated.ts'
import { liveBench } from './support/live-bench.ts'
import { has } from './support/programs.ts'
import { startSignatureDevice, type SignatureManners } from './support/signature-device.ts'
import { judgedAt } from './support/update-judging.ts'

/** A signature that the device fetches as a file of its own: missing, empty, and genuine, which openssl checks on the device. */
const directory = mkdtempSync(join(tmpdir(), 'camseal-signature-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const SUBJECT = 'a/update/u'
const needed = ['python3', 'openssl'].filter((p) => !has(p))

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

async function observed(manners: SignatureManners, isDeclared = true) {
  const folder = mkdtempSync(join(directory, 'device-'))
  const { statement, stop } = await startSignatureDevice(folder, await freePort(), manners)
  if (!isDeclared) for (const f of statement.updates[0]?.online?.files ?? []) delete f.signature
  try {
    const seen = await probe.run(liveBench(statement, {}), SUBJECT)
    assert.ok(seen.answered, JSON.stringify(seen))
    const { value } = seen
    const verdictOn = (id: string) => {
      const criterion = registry.criteria.get(`update-integrity/${id}`) as Criterion<UpdateRefusal, unknown>
      const { verdict, codes } = judgedAt(SUBJECT, criterion, value, statement)
      return `${verdict} ${codes.join()}`
    }
    const asked = (id: VariantId) =>
      value.variants
        .find((v) => v.id === id)
        ?.fetch?.requests.map((r) => `${r.target} ${r.status} ${r.sent === r.promised ? r.sent : 'part'}`)
    return { value, verdictOn, asked }
  } finally {
    await stop()
  }
}

describe(
  'a signature of its own',
  { concurrency: true, timeout: 60_000, skip: needed.length > 0 && `needs ${needed.join()}` },
  () => {
    test('a device that needs it', async () => {
      const { value, verdictOn, asked } = await observed({})
      assert.equal(verdictOn('unsigned-update-refused'), 'pass refused')
      assert.equal(verdictOn('altered-update-refused'), 'pass refused')
      assert.deepEqual(asked('signature-missing'), ['/latest.json 200 19', '/fw.bin 200 2048', '/fw.bin.sig 404 0'])
      assert.deepEqual(asked('signature-empty'), ['/latest.json 200 19', '/fw.bin 200 2048', '/fw.bin.sig 200 0'])
      assert.equal(value.genuine?.versionAfter.text, '1.1.0')
      assert.equal(value.genuine.sha256, value.variants.find((v) => v.id === 'signature-missing')?.sha256)
      assert.equal(value.genuine.fetch?.lacking, undefined)
    })

    test('a device that asks for it first, and without it for nothing more', async () => {
      const { verdictOn, asked } = await observed({ first: true })
      assert.equal(verdictOn('unsigned-update-refused'), 'pass refused-unread')
      assert.deepEqual(asked('signature-missing'), ['/latest.json 200 19', '/fw.bin.sig 404 0'])
    })

    for (const waves of ['missing', 'empty'] as const)
      test(`a device that installs where the signature is ${waves}`, async () => {
        const { value, verdictOn } = await observed({ waves })
        assert.match(verdictOn('unsigned-update-refused'), /^fail .*installed/)
        assert.equal(verdictOn('altered-update-refused'), 'pass refused')
        assert.equal(value.variants.find((v) => v.versionAfter.text === '1.1.0')?.id, `signature-${waves}`)
      })

    test('where it is not declared as one, nothing is known', async () => {
      const { value, verdictOn } = await observed({ waves: 'missing' }, false)
      assert.equal(verdictOn('unsigned-update-refused'), 'inconclusive missing')
      assert.ok(!value.variants.some((v) => v.id.startsWith('signature-')))
    })
  },
)
