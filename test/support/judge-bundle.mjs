// Judges a bundle with the built suite, its observations shuffled by a seed, and prints the SHA-256 of the verdicts.
// Runs as it is on every supported Node: `node judge-bundle.mjs BUNDLE SEED`.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const [bundle, seed] = process.argv.slice(2)
const { verifySeal } = await import(join(dist, 'reports/verify-seal.js'))
const { readRecorded, evidenceOf } = await import(join(dist, 'reports/evidence.js'))
const { judge } = await import(join(dist, 'suites/judge.js'))
const { digestOf } = await import(join(dist, 'suites/canonical.js'))
const { registry } = await import(join(dist, 'suites/registry.generated.js'))

const sealed = await verifySeal(bundle)
if (sealed.seal !== 'intact') throw new Error(JSON.stringify(sealed.faults))
const read = await readRecorded(
  {
    read: async (name) => (await sealed.bundle.members.get(name)?.read()) ?? null,
    names: async () => [...sealed.bundle.members.keys()],
  },
  registry,
  true,
)
if (!read.ok) throw new Error(JSON.stringify(read.faults))
const { report } = read.value
const evidence = evidenceOf(read.value, report.run.selection.deselected, report.run.mode)
let state = Number(seed) >>> 0
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
for (let i = evidence.observations.length - 1; i > 0; i--) {
  const k = Math.floor(random() * (i + 1))
  ;[evidence.observations[i], evidence.observations[k]] = [evidence.observations[k], evidence.observations[i]]
}
console.log(
  JSON.stringify({
    claimed: digestOf(report.verdicts),
    computed: digestOf(judge(evidence, registry)),
    node: process.version,
    day: new Date(0).toString(),
  }),
)
await sealed.bundle.close()
