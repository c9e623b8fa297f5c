import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../reports/report.ts'
import { cameraUnit, SPARE_PASSWORD, type CameraUnit } from './support/camera-unit.ts'
import { camseal, startCamseal } from './support/camseal.ts'
import { inPrivateNetwork } from './support/private-network.ts'

/** Killed while a setting, an account and a password are changed: `resume` puts all of them back and goes on. */
const work = mkdtempSync(join(tmpdir(), 'camseal-log-events-'))
after(() => rmSync(work, { recursive: true, force: true }))

/** What the camera answers the spare account with the password it came with; not by a client of ours. */
const spareStatus = (u: CameraUnit): string => {
  const curl = ['-sk', '--max-time', '10', '--digest', '-u', `spare:${SPARE_PASSWORD}`, '-o', '/dev/null']
  return spawnSync('curl', [...curl, '-w', '%{http_code}', `https://${u.address}:8443/api/device`], {
    encoding: 'utf8',
  }).stdout
}

inPrivateNetwork(import.meta.url, 1, 150, () => {
  test('killed between changes', { timeout: 140_000 }, async (t) => {
    const u = await cameraUnit(t, { n: 81, work, criteria: ['logging/injection-safe'] })
    const [settings, zone, users] = ['/api/settings/name', '/api/settings/time-zone', '/api/users'].map(u.ask)
    assert.match(users ?? '', /^200 .*"spare"/)
    const options = { env: u.environment }
    const run = startCamseal([...u.run, '--out', u.out], options)
    for (let i = 0; i < 600 && u.events().filter((e) => e === 'password-changed').length < 3; i++) await sleep(50)
    run.child.kill('SIGKILL')
    await run.ended
    assert.ok(u.events().includes('user-added') && !u.events().includes('user-removed'), u.events().join())
    const resumed = await camseal(['resume', u.out, '--pace', 'fast'], options)
    assert.equal(resumed.code, 0, resumed.stderr)
    assert.deepEqual(['/api/settings/name', '/api/settings/time-zone', '/api/users'].map(u.ask), [
      settings,
      zone,
      users,
    ])
    assert.equal(spareStatus(u), '200')
    const report = JSON.parse(readFileSync(join(u.out, 'report.json'), 'utf8')) as Report
    assert.deepEqual(
      report.changes.filter((c) => c.outcome !== 'undone'),
      [],
    )
    assert.ok(!existsSync(join(u.out, 'secrets.sealed')))
  })
})
