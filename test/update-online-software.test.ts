import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { probe } from '../lab/probes/update-refusal.ts'
import type { Criterion } from '../suites/criterion.ts'
import type { UpdateRefusal } from '../suites/observations/update-refusal.ts'
import { registry } from '../suites/registry.generated.ts'
import { liveBench } from './support/live-bench.ts'
import { has } from './support/programs.ts'
import { startSwupdateDevice, type Fetching } from './support/swupdate-device.ts'
import { judgedAt } from './support/update-judging.ts'

/** Updaters nobody here wrote, at the lab's update server: SWUpdate by itself, and curl with a manifest over TLS. */
const directory = mkdtempSync(join(tmpdir(), 'camseal-swu-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const SUBJECT = 'a/update/u'
const needed = ['swupdate', 'openssl', 'cpio', 'curl'].filter((p) => !has(p))
const REFUSALS = ['altered', 'truncated', 'unsigned', 'foreign-key', 'other-model', 'older']

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

async function observed(fetching: Fetching) {
  const folder = join(directory, fetching)
  mkdirSync(folder)
  const device = await startSwupdateDevice(folder, fetching, await freePort())
  try {
    const seen = await probe.run(liveBench(device.statement, {}), SUBJECT)
    assert.ok(seen.answered, JSON.stringify(seen))
    const verdicts = Object.fromEntries(
      REFUSALS.map((r) => {
        const criterion = registry.criteria.get(`update-integrity/${r}-update-refused`)
        const judged = judgedAt(SUBJECT, criterion as Criterion<UpdateRefusal, unknown>, seen.value, device.statement)
        return [r, `${judged.verdict} ${judged.codes.join()}`]
      }),
    )
    return { value: seen.value, verdicts, said: device.said() }
  } finally {
    await device.stop()
  }
}

/** How often SWUpdate itself says that it installed something. */
const installations = (said: string) => said.split('\n').filter((l) => l.includes('SWUPDATE successful')).length

describe(
  'software',
  { concurrency: true, timeout: 150_000, skip: needed.length > 0 && `needs ${needed.join()}` },
  () => {
    test('SWUpdate fetches and installs by the way: it hangs up on what it refuses', async () => {
      const { value, verdicts, said } = await observed('swupdate')
      // How much it had read when it hung up is up to the buffers between.
      for (const r of REFUSALS) assert.match(verdicts[r] ?? '', /^pass (broken-off|refused|broken-off,refused)$/, r)
      const brokenOff = value.variants.filter((v) => v.tries === 2 && v.fetch?.covered === 0)
      assert.ok(
        brokenOff.some((v) => v.id === 'signature-bit'),
        JSON.stringify(verdicts),
      )
      assert.equal(installations(said), 1)
      assert.equal(value.genuine?.fetch?.covered, value.genuine?.bytes)
      assert.deepEqual(
        value.genuine?.fetch?.requests.map((r) => `${r.method} ${r.target} ${r.status}`),
        ['HEAD /camera.swu 200', 'GET /camera.swu 200'],
      )
    })

    test('curl with a manifest over TLS, then SWUpdate: an older version is left where it is', async () => {
      const { value, verdicts, said } = await observed('curl')
      const expected = REFUSALS.map((r) => [r, r === 'older' ? 'pass refused-unread' : 'pass refused'])
      assert.deepEqual(verdicts, Object.fromEntries(expected))
      assert.equal(installations(said), 1)
      assert.ok([...value.variants, value.genuine].every((v) => v?.fetch?.covered === v?.bytes && v?.tries === 1))
      assert.equal(value.online?.chain.length, 2)
    })

    test('curl with a manifest over TLS, then cpio: the digest that the server tells is no protection', async () => {
      const { value, verdicts } = await observed('cpio')
      assert.match(verdicts.altered ?? '', /^fail .*installed/)
      const [first] = value.variants
      assert.equal(first?.id, 'payload-bit')
      assert.deepEqual([first?.versionAfter.text, first?.fetch?.covered], ['1.1.0', first?.bytes])
      assert.equal(verdicts.older, 'pass refused-unread')
      for (const r of ['truncated', 'unsigned', 'foreign-key', 'other-model'])
        assert.match(verdicts[r] ?? '', /^inconclusive .*row-ended/)
    })
  },
)
