import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { manners } from './manners.generated.ts'
import { faultsOf, type CameraOptions } from './options.ts'
import { startReferenceCamera } from './reference-camera.ts'
import { weaknesses } from './weaknesses.generated.ts'

/**
 * The camera as a process of its own: `main.js --options-file FILE`. The file holds CameraOptions and may name a
 * `packagesDirectory` and a `statementFile`, which are written. `--help` lists what it can be made to be. Prints one line of JSON when it listens: `{"ready":true,"pid","ports","statement","packages"}`;
 * stops on SIGTERM and SIGINT. Faults of the options go to standard error as JSON, exit code 3; a port or address
 * that cannot be had is exit code 4.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { 'options-file': { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) {
    process.stdout.write(help())
    return
  }
  const given = optionsIn(values['options-file'])
  const faults = faultsOf(given)
  if (faults.length > 0) {
    process.stderr.write(`${JSON.stringify({ faults })}\n`)
    process.exitCode = 3
    return
  }
  const { packagesDirectory, statementFile, ...options } = given as CameraOptions & Written
  const camera = await startReferenceCamera(options)
  let isStopping = false
  const stop = (): void => {
    if (isStopping) return
    isStopping = true
    // An open channel to whoever started it would keep the process alive.
    void camera.stop().finally(() => process.connected && process.disconnect())
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('disconnect', stop)
  const packages = packagesDirectory === undefined ? null : await camera.writePackages(packagesDirectory)
  if (statementFile !== undefined) writeFileSync(statementFile, stringify(camera.statement()))
  const line = { ready: true, pid: process.pid, ports: camera.ports, statement: camera.statement(), packages }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Where the files go that a maker would hand in. */
interface Written {
  packagesDirectory?: string
  statementFile?: string
}

const help = (): string => `Usage: main.js --options-file FILE

Starts the reference camera with the options of a JSON file. docs/reference-camera.md explains them.

"manners": how it is hard to test although it conforms
${listOf(manners)}
"weaknesses": what is wrong with it
${listOf(weaknesses)}`

const listOf = (all: readonly { id: string; title: { en: string } }[]): string =>
  all.map(({ id, title }) => `  ${id.padEnd(29)}${title.en}\n`).join('')

function optionsIn(file: string | undefined): unknown {
  try {
    return file === undefined ? null : JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`)
  process.exitCode = error instanceof TypeError ? 3 : 4
})
