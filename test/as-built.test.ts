import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** What was put together at build is what runs: a program that somebody changed since makes no official reports. */
const root = dirname(dirname(fileURLToPath(import.meta.url)))

test('a changed program says that it is not as it was built', (t) => {
  mkdirSync(join(root, '.cache'), { recursive: true })
  // Below the root, so that the packages beside the programs are found.
  const copy = mkdtempSync(join(root, '.cache/as-built-'))
  t.after(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(copy, 'package.json'))
  const doctor = (): string =>
    spawnSync(process.execPath, [join(copy, 'dist/cli.js'), 'doctor', '--lang', 'en'], { encoding: 'utf8' }).stdout
  const ofSuites = Object.keys(
    (JSON.parse(readFileSync(join(root, 'dist/suite-digest.json'), 'utf8')) as { files: object }).files,
  ).filter((file) => file.startsWith('node_modules/'))
  for (const file of ofSuites) cpSync(join(root, file), join(copy, file), { recursive: true })
  assert.match(doctor(), /✓ Suite as built/)
  const program = readdirSync(join(copy, 'dist/program')).filter((file) => file.endsWith('.js'))
  assert.ok(program.includes('cli.js') && program.length > 10)
  for (const file of ['dist/program/cli.js', 'dist/lab/cameras/main.js', 'dist/suites/judge.js']) {
    appendFileSync(join(copy, file), '// changed\n')
    assert.match(doctor(), new RegExp(`✗ Suite as built\\s.*${file.replace('dist/suites', 'suites')}`))
  }
})
