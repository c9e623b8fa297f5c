import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { stringify } from 'yaml'
import { hooksFrom, makeHooks, wordsOf, type Hooks } from '../lab/hooks.ts'
import { cyclePower, powerOf } from '../lab/power.ts'
import { probe } from '../lab/probes/update-refusal.ts'
import { makeRedactor } from '../lab/redact.ts'
import { signVariant } from '../lab/sign-variant.ts'
import type { RunBench } from '../lab/bench.ts'
import { readJournal } from '../reports/journal.ts'
import type { HookTable, Report } from '../reports/report.ts'
import type { RunDirectory } from '../reports/run-directory.ts'
import { canonical } from '../suites/canonical.ts'
import { emptyStatement, testBench } from './support/bench.ts'
import { cameraUnit } from './support/camera-unit.ts'
import { camseal } from './support/camseal.ts'
import { liveBench } from './support/live-bench.ts'
import { startUpdateDevice, updateStatement } from './support/update-device.ts'

const work = mkdtempSync(join(tmpdir(), 'camseal-hooks-'))
after(() => rmSync(work, { recursive: true, force: true }))

const script = (name: string, text: string): string => {
  const path = join(work, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return path
}

interface Noted {
  type: string
  about: { code: string; values: Record<string, string | number> }
}
function hooksWith(table: HookTable, signal = new AbortController().signal) {
  const lines: Noted[] = []
  const run = { append: (l: Noted) => lines.push(l), lines: () => lines } as unknown as RunDirectory
  const statement = emptyStatement({
    accounts: [{ id: 'o', user: 'admin', password: { env: 'CAMSEAL_TEST_HOOK_SECRET' }, role: 'administrator' }],
  })
  const redact = makeRedactor(() => [{ name: 'o', value: 'Very-secret-4711' }])
  const hooks: Hooks = makeHooks({ table, statement, run, redact, signal })
  const [sample] = statement.samples
  assert.ok(sample)
  return { hooks, lines, run, statement, sample }
}

test('a command line becomes words without a shell', () => {
  assert.deepEqual(wordsOf(`pdu "outlet 3" --name='a b'c  off`), ['pdu', 'outlet 3', '--name=a bc', 'off'])
  assert.deepEqual(wordsOf('echo $HOME; ls'), ['echo', '$HOME;', 'ls'])
  for (const open of ['echo "a', "it's", '  ']) assert.equal(wordsOf(open), null, open)
  const wrong = hooksFrom({ hook: ['pwer=x', 'power=', 'reset="a'], hookSeconds: '0' })
  assert.deepEqual(wrong.ok ? [] : wrong.faults.map((f) => f.code), [
    'out-of-range',
    'hook-form',
    'hook-command',
    'hook-command',
  ])
  const both = hooksFrom(
    { hook: ['power=a b'], hookShell: ['reset=a | b'] },
    { power: { shell: 'x' }, flash: { shell: 'y' } },
  )
  assert.ok(both.ok)
  assert.deepEqual(both.value, { power: { command: ['a', 'b'] }, reset: { shell: 'a | b' }, flash: { shell: 'y' } })
})

test('a hook gets the unit in its environment and no secret; what it says is bounded, redacted and journalled', async () => {
  process.env.CAMSEAL_TEST_HOOK_SECRET = 'Very-secret-4711'
  const says = script(
    'says.sh',
    'env | grep CAMSEAL_; echo "$1"; echo Very-secret-4711; head -c 300000 /dev/zero | tr "\\0" x; echo end',
  )
  const { hooks, lines, sample } = hooksWith({ reset: { command: [says, '$HOME;ls'] } })
  assert.equal(await hooks.run('reset', sample), true)
  const said = String(lines[0]?.about.values.output)
  assert.equal(lines[0]?.about.values.exit, '0')
  assert.ok(said.length <= 2000)
  const short = script('short.sh', 'env | grep CAMSEAL_; echo "$1"; echo Very-secret-4711')
  const again = hooksWith({ reset: { command: [short, '$HOME;ls'] } })
  await again.hooks.run('reset', again.sample)
  const text = String(again.lines[0]?.about.values.output)
  for (const part of [
    'CAMSEAL_HOOK=reset',
    'CAMSEAL_DUT_ADDRESS=127.0.0.1',
    'CAMSEAL_DUT_SERIAL=S1',
    '$HOME;ls',
    '{secret:o}',
  ])
    assert.ok(text.includes(part), `${part} in ${text}`)
  assert.ok(!text.includes('Very-secret') && !text.includes('HOOK_SECRET='), text)
  assert.deepEqual(again.hooks.faults(), [])
  const cut = hooksWith({ reset: { shell: `printf x; for i in $(seq 1500); do printf '\u{1f4f7}'; done` } })
  await cut.hooks.run('reset', cut.sample)
  assert.doesNotThrow(() => canonical(cut.lines), 'half a character at the cut has no canonical form')
})

test('a hook that fails, cannot be started or takes too long is a fault of the lab', async () => {
  const cases: [HookTable['power'], string][] = [
    [{ command: ['sh', '-c', 'echo broken >&2; exit 7'] }, '7'],
    [{ command: [join(work, 'nowhere')] }, 'ENOENT'],
    [{ shell: 'sleep 60 & sleep 60', seconds: 1 }, 'timed-out'],
    [{ shell: 'kill -9 $$' }, 'SIGKILL'],
  ]
  for (const [power, exit] of cases) {
    const { hooks, lines, sample } = hooksWith({ power: power ?? { command: [] } })
    const began = performance.now()
    assert.equal(await hooks.run('power', sample), false)
    assert.ok(performance.now() - began < 5000)
    assert.equal(lines[0]?.about.values.exit, exit)
    assert.deepEqual(
      hooks.faults().map((f) => [f.code, f.values.exit]),
      [['hook-failed', exit]],
    )
  }
  const cancel = new AbortController()
  const { hooks, lines, sample } = hooksWith({ power: { shell: 'sleep 60' } }, cancel.signal)
  setTimeout(() => cancel.abort(), 200)
  assert.equal(await hooks.run('power', sample), false)
  assert.equal(lines[0]?.about.values.exit, 'cancelled')
})

test('sign-variant: the output is taken; none, or the input again, is a fault and no variant', async () => {
  const genuine = join(work, 'genuine')
  writeFileSync(genuine, 'genuine package')
  const make = async (text: string) => {
    const { hooks, sample } = hooksWith({ 'sign-variant': { command: [script('sign.sh', text)] } })
    return {
      bytes: await signVariant(hooks, sample, 'maker-foreign-key', genuine),
      faults: hooks.faults().map((f) => f.code),
    }
  }
  const good = await make('cat "$CAMSEAL_INPUT" > "$CAMSEAL_OUTPUT"; echo "$CAMSEAL_VARIANT" >> "$CAMSEAL_OUTPUT"')
  assert.equal(Buffer.from(good.bytes ?? []).toString(), 'genuine packagemaker-foreign-key\n')
  assert.deepEqual(good.faults, [])
  assert.deepEqual(await make('cp "$CAMSEAL_INPUT" "$CAMSEAL_OUTPUT"'), { bytes: null, faults: ['hook-same-package'] })
  assert.deepEqual(await make('true'), { bytes: null, faults: ['hook-no-output'] })
  assert.deepEqual(await make('exit 3'), { bytes: null, faults: ['hook-failed'] })
  const none = hooksWith({})
  assert.equal(await signVariant(none.hooks, none.sample, 'maker-unsigned', genuine), null)
})

test('what the tool of the maker signs is offered to the unit', { timeout: 60_000 }, async (t) => {
  const device = await startUpdateDevice('1.0.0', { refusesAll: true })
  t.after(() => device.stop())
  const genuine = join(work, 'genuine')
  writeFileSync(genuine, 'genuine package 1.1.0')
  const statement = updateStatement(device.port, {
    format: 'opaque',
    packages: { genuine: { file: genuine, version: '1.1.0' } },
  })
  const made = (variant: string) => Buffer.from(`made as ${variant}`)
  const bench = liveBench(
    statement,
    { owner: 'right-Pass-1' },
    { signVariant: (variant) => Promise.resolve(variant === 'maker-other-model' ? null : made(variant)) },
  )
  const seen = await probe.run(bench, 'a/update/web-update')
  assert.ok(seen.answered)
  const offered = seen.value.variants.filter((v) => v.derivation === 'maker').map((v) => [v.id, v.sha256])
  assert.deepEqual(
    offered,
    ['maker-unsigned', 'maker-foreign-key'].map((v) => [v, createHash('sha256').update(made(v)).digest('hex')]),
  )
  const missing = seen.value.missing.filter((m) => m.id.startsWith('maker-'))
  assert.deepEqual(missing, [{ id: 'maker-other-model', why: 'not-supplied' }])
})

/** A unit that is a door: the hook opens and closes it by a file that the test watches. */
async function switched(t: { after(f: () => void): void }, obeys: boolean, operator = false) {
  const state = join(work, `power-${Math.random()}`)
  const context = hooksWith({ power: { command: ['sh', '-c', `echo $CAMSEAL_POWER > ${state}`] } })
  let server: Server | null = null
  const open = (port: number) =>
    new Promise<number>((done) => {
      server = createServer((s) => s.destroy()).listen(port, '127.0.0.1', () =>
        done((server?.address() as { port: number }).port),
      )
    })
  const port = await open(0)
  const watching = setInterval(() => {
    const wanted = existsSync(state) ? readFileSync(state, 'utf8').trim() : ''
    if (!obeys) return
    if (wanted === 'off' && server?.listening) server.close()
    if (wanted === 'on' && !server?.listening) void open(port)
  }, 100)
  t.after(() => {
    clearInterval(watching)
    server?.close()
  })
  context.statement.services = [
    { id: 'web', transport: 'tcp', port, protocol: 'https', families: ['ipv4'], purpose: 'web' },
  ]
  /** An operator with the plug in the hand. */
  const confirm = async ({ code }: { code: string }) => {
    writeFileSync(state, code.replace('run.operator-', ''))
    return Promise.resolve(obeys)
  }
  const power = powerOf({ ...context, source: operator ? { by: 'operator' } : null, confirm })
  const bench: RunBench = testBench(context.statement, {
    cyclePower: () => power?.cycle(bench) ?? assert.fail(),
  }) as unknown as RunBench
  return { ...context, bench }
}

describe('on a unit', { concurrency: 3 }, () => {
  test('power is cycled with proof that the unit was off', { timeout: 20_000 }, async (t) => {
    const { bench, lines, hooks } = await switched(t, true)
    assert.equal(await cyclePower(bench), true)
    assert.deepEqual(
      lines.map((l) => l.about.code),
      ['run.power-cut', 'run.hook-ran', 'run.power-off', 'run.hook-ran', 'run.power-given', 'run.power-back'],
    )
    assert.deepEqual(hooks.faults(), [])
    await cyclePower(bench)
    await cyclePower(bench)
    const before = lines.length
    assert.equal(await cyclePower(bench), false, 'the fourth time nothing is switched any more')
    assert.equal(lines.length, before)
  })

  test('whoever holds the plug cycles the power with the same proof, or says that it cannot be', async (t) => {
    const { bench, lines } = await switched(t, true, true)
    assert.equal(await cyclePower(bench), true)
    assert.deepEqual(
      lines.map((l) => l.about.code.replace('run.power-', '')),
      ['cut', 'operator-off', 'off', 'operator-on', 'given', 'back'],
    )
    const idle = await switched(t, false, true)
    assert.equal(await idle.bench.cyclePower(), null)
    assert.equal(idle.lines.at(-1)?.about.code, 'run.power-operator-declined')
    const alone = { ...idle, source: { by: 'operator' as const }, confirm: null }
    assert.equal(powerOf(alone), null, 'nobody can be asked')
  })

  test('the terminal asks for the hand of the operator', async () => {
    const asking = `import { attended } from '${new URL('../lab/verbs/attended.ts', import.meta.url).href}'
      const about = (on) => ({ code: 'run.operator-' + on, values: { sample: 'a' } })
      const said = await attended('vi', false, async ({ confirm, signal }) =>
        confirm && [await confirm(about('off'), signal), await confirm(about('on'), signal)])
      console.log('SAID ' + JSON.stringify(said))
      process.exit(0)`
    const file = join(work, 'asking.mts')
    writeFileSync(file, asking)
    const { CI: _, ...env } = process.env
    const line = `stty cols 120 rows 40; ${process.execPath} --import ${import.meta.resolve('tsx')} ${file}`
    const child = spawn('script', ['-qec', line, '/dev/null'], { env, timeout: 20_000 })
    let out = ''
    child.stdout.on('data', (d: Buffer) => {
      const before = out
      out += d.toString('utf8')
      if (out.includes('rút phích') && !before.includes('rút phích')) child.stdin.write('y')
      if (out.includes('cắm lại') && !before.includes('cắm lại')) child.stdin.write('n')
    })
    await new Promise((done) => child.once('close', done))
    assert.match(out, /SAID \[true,false\]/)
  })

  test('a switch that does not switch this unit off is a fault of the lab', { timeout: 30_000 }, async (t) => {
    const { bench, lines, hooks } = await switched(t, false)
    assert.equal(await cyclePower(bench), false)
    assert.ok(lines.some((l) => l.about.code === 'run.power-still-on'))
    assert.deepEqual(
      hooks.faults().map((f) => f.code),
      ['hook-power-still-on'],
    )
  })

  test('a run: flash and reset before the first look, a hook of the bench file that fails ends it with exit code 4', async (t) => {
    const unit = await cameraUnit(t, { n: 61, work, criteria: ['authentication/no-default-credentials'] })
    const log = join(work, 'called')
    const call = script('call.sh', `echo "$CAMSEAL_HOOK $CAMSEAL_DUT_SERIAL" >> ${log}`)
    const good = await camseal([...unit.run, '--out', unit.out, '--hook', `flash=${call}`, '--hook', `reset=${call}`], {
      env: unit.environment,
    })
    assert.ok([0, 1, 2].includes(good.code ?? 9), good.stderr)
    assert.equal(readFileSync(log, 'utf8'), 'flash UNIT-61\n', 'a unit that arrives in service is not reset')
    const journal = readJournal(readFileSync(join(unit.out, 'journal.jsonl')))
    assert.ok(journal.ok)
    const order = journal.value.lines.map((l) => l.type)
    assert.ok(order.indexOf('note') < order.indexOf('identity') && order.indexOf('intent') < order.indexOf('note'))
    const report = JSON.parse(readFileSync(join(unit.out, 'report.json'), 'utf8')) as Report
    assert.ok(report.changes.some((c) => c.about.code === 'run.hook-flash' && c.outcome === 'lasting'))
    assert.ok(!JSON.stringify(report).includes(call), 'the command itself is nobody’s business')

    const bench = join(work, 'bench.yaml')
    const record = { ...report.bench, hooks: { flash: { shell: 'echo no such firmware >&2; exit 5' } } }
    writeFileSync(bench, stringify(record))
    const bad = await camseal([...unit.run, '--out', `${unit.out}-bad`, '--bench', bench], { env: unit.environment })
    assert.equal(bad.code, 4, bad.stderr)
    assert.match(bad.stderr, /hook flash failed \(5 after 0 s\).*no such firmware/)
    const cut = JSON.parse(readFileSync(join(`${unit.out}-bad`, 'report.json'), 'utf8')) as Report
    assert.equal(cut.timeline.length, 0, 'nothing was sent')
    assert.ok(cut.verdicts.judgements.every((j) => j.verdict !== 'pass' && j.verdict !== 'fail'))
  })
})
