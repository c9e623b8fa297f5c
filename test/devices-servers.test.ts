import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadStatement } from '../profiles/statement-file.ts'
import { registry } from '../suites/registry.generated.ts'
import { folderOf, missingForDevices, serverDevices, startDevice } from './devices/device.ts'
import { leftOver } from './devices/lab.ts'
import { judgeDevice } from './devices/main-job.ts'
import { measureTwice, MEASURE_SECONDS } from './devices/measuring.ts'
import { expectedOf, mappingFaults, truthOf } from './devices/truth.ts'

/**
 * Many servers of other people in one device each: encryption, ports and remote log-ins only, which is fast. What both
 * are is measured by other tools, beside a rehearsal on a second unit of each.
 */
const missing = missingForDevices()
const work = mkdtempSync(join(tmpdir(), 'camseal-servers-'))
after(() => rmSync(work, { recursive: true, force: true }))
const SECONDS = 300
const BESIDE = [
  'authentication/no-anonymous-remote-access',
  'authentication/no-default-remote-credentials',
  'exposed-ports/declared-services-present',
  'exposed-ports/no-information-before-login',
  'exposed-ports/no-insecure-services',
  'exposed-ports/undeclared-tcp-ports',
]
const criteria = [...registry.criteria.keys()].filter((c) => c.startsWith('encryption/') || BESIDE.includes(c))

describe('devices of many servers, measured and judged', { concurrency: 4, skip: missing ?? false }, () => {
  for (const name of serverDevices) {
    it(`${name} is what its truth file says`, { timeout: 2 * (MEASURE_SECONDS + 80) * 1000 }, () =>
      measureTwice(() => startDevice(name)),
    )
    it(`${name}: no false pass, no false fail`, { timeout: (SECONDS + 60) * 1000 }, () =>
      judgeDevice(() => startDevice(name), { work, seconds: SECONDS, options: ['--only', criteria.join(',')] }),
    )
  }
})

describe('what is said of them holds together', () => {
  for (const name of serverDevices) {
    it(name, () => {
      const folder = folderOf(name)
      const read = loadStatement(join(folder, 'statement.yaml'))
      assert.deepEqual(read.ok ? [] : read.faults, [])
      const truth = truthOf({ truth: join(folder, 'truth.json') })
      assert.deepEqual(mappingFaults(truth, expectedOf({ folder }), criteria), [])
    })
  }
})

after(() => {
  const own = leftOver().filter((name) => name.startsWith(`camseal-device-${process.pid}-`))
  assert.deepEqual(own, [], 'no folder of this process is left')
})
