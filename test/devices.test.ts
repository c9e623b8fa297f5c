import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
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
  type Device,
} from './devices/device.ts'
import { leftOver } from './devices/lab.ts'
import { expectedOf, mappingFaults, measure, truthOf } from './devices/truth.ts'

const missing = missingForDevices()
const external = externalFolder()
const SECONDS = 400
const NO_FOLDER = 'not in CI: this device is not part of the repository; CAMSEAL_EXTRA_DUTS names its folder'

/** Processes whose command line names a folder: those of a device that was not stopped. */
const processesNaming = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const line = readFileSync(join('/proc', pid, 'cmdline'), 'latin1').replaceAll('\0', ' ')
        return line.includes(folder) ? [line] : []
      } catch {
        return []
      }
    })

/** Network namespaces that any process of this machine is in. */
const networkNamespaces = (): Set<string> =>
  new Set(
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .flatMap((pid) => {
        try {
          return [readlinkSync(join('/proc', pid, 'ns/net'))]
        } catch {
          return []
        }
      }),
  )

/**
 * The tools of others that measure the truth have time-outs of their own, and bans come when they come: on a machine that
 * is busy with other tests a measurement may differ by accident. It is then made once more, on a device as new.
 */
async function check(start: () => Promise<Device>): Promise<void> {
  try {
    await measureOnce(start)
  } catch {
    await measureOnce(start)
  }
}

/** Starts a device, measures it, compares with its truth file, stops it, and looks for what is left. */
async function measureOnce(start: () => Promise<Device>): Promise<void> {
  const device = await start()
  const [command = '', ...args] = device.lab(['readlink', '/proc/self/ns/net'])
  const namespace = execFileSync(command, args, { encoding: 'utf8' }).trim()
  try {
    const { checks } = truthOf(device)
    const { values, said } = await measure(device, SECONDS)
    assert.deepEqual(Object.fromEntries([...values].sort()), Object.fromEntries(Object.entries(checks).sort()), said)
  } finally {
    await device.stop()
  }
  assert.deepEqual(processesNaming(device.directory.replace(/\/directory$/, '')), [])
  assert.ok(!networkNamespaces().has(namespace), 'the network namespace of the lab is gone')
  assert.ok(!leftOver().some((name) => device.directory.includes(`/${name}/`)), 'its folder is gone')
}

describe(
  "devices of other people's software are what their truth files say",
  { concurrency: 3, skip: missing ?? false },
  () => {
    for (const name of ownDevices)
      it(name, { timeout: 2 * (SECONDS + 80) * 1000 }, () => check(() => startDevice(name)))
    for (const name of externalDevices) {
      const skip = external === null ? NO_FOLDER : false
      it(name, { timeout: 2 * (SECONDS + 80) * 1000, skip }, () => check(() => startExternal(external ?? '', name)))
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
