import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadStatement } from '../profiles/statement-file.ts'
import { registry } from '../suites/registry.generated.ts'
import {
  externalDevices,
  externalFolder,
  folderOf,
  missingForDevices,
  ownDevices,
  startDevice,
  startExternal,
} from './devices/device.ts'
import { leftOver } from './devices/lab.ts'
import { measureTwice, MEASURE_SECONDS } from './devices/measuring.ts'
import { expectedOf, mappingFaults, truthOf } from './devices/truth.ts'

const missing = missingForDevices()
const external = externalFolder()
const NO_FOLDER = 'not in CI: this device is not part of the repository; CAMSEAL_EXTRA_DUTS names its folder'

describe(
  "devices of other people's software are what their truth files say",
  { concurrency: 3, skip: missing ?? false },
  () => {
    for (const name of ownDevices)
      it(name, { timeout: 2 * (MEASURE_SECONDS + 80) * 1000 }, () => measureTwice(() => startDevice(name)))
    for (const name of externalDevices) {
      const skip = external === null ? NO_FOLDER : false
      it(name, { timeout: 2 * (MEASURE_SECONDS + 80) * 1000, skip }, () =>
        measureTwice(() => startExternal(external ?? '', name)),
      )
    }
  },
)

describe('the statements of the devices are valid', () => {
  for (const name of [...ownDevices, ...externalDevices]) {
    it(name, () => {
      const read = loadStatement(join(folderOf(name), 'statement.yaml'))
      assert.deepEqual(read.ok ? [] : read.faults, [])
    })
  }
})

describe('every fact decides a criterion or says why none does, and every criterion is decided', () => {
  const criteria = [...registry.criteria.keys()]
  for (const name of [...ownDevices, ...externalDevices]) {
    const isExternal = (externalDevices as readonly string[]).includes(name)
    const skip = isExternal && external === null ? NO_FOLDER : false
    it(name, { skip }, () => {
      const folder = folderOf(name)
      const truth = isExternal ? join(external ?? '', `${name}.truth.json`) : join(folder, 'truth.json')
      const ownFaults = (fault: string) => !isExternal || !fault.startsWith('no fact rests on')
      assert.deepEqual(mappingFaults(truthOf({ truth }), expectedOf({ folder }), criteria).filter(ownFaults), [])
    })
  }
})

after(() => {
  const own = leftOver().filter((name) => name.startsWith(`camseal-device-${process.pid}-`))
  assert.deepEqual(own, [], 'no folder of this process is left')
})
