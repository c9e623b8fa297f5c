import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import {
  externalDevices,
  externalFolder,
  missingForDevices,
  ownDevices,
  startDevice,
  startExternal,
} from './devices/device.ts'
import { judgeDevice } from './devices/main-job.ts'

/** The main job on devices nobody here wrote: no false pass, no false fail, measured against their truth files. */
const missing = missingForDevices()
const external = externalFolder()
const work = mkdtempSync(join(tmpdir(), 'camseal-devices-'))
after(() => rmSync(work, { recursive: true, force: true }))
const SECONDS = 1000
const job = { work, seconds: SECONDS, options: [] }

describe("the main job on devices of other people's software", { concurrency: 5, skip: missing ?? false }, () => {
  for (const name of ownDevices)
    it(name, { timeout: (SECONDS + 60) * 1000 }, () => judgeDevice(() => startDevice(name), job))
  for (const name of externalDevices) {
    const skip = external === null ? 'needs the folder of CAMSEAL_EXTRA_DUTS' : false
    it(name, { timeout: (SECONDS + 60) * 1000, skip }, () =>
      judgeDevice(() => startExternal(external ?? '', name), job),
    )
  }
})
