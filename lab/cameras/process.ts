import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { randomPassword } from '../secrets.ts'
import { passwordVariable } from './declaration.ts'
import type { CameraOptions } from './options.ts'

/** A reference camera in a process of its own, with its statement on disk as a maker would hand it in. */
export interface CameraProcess {
  statement: string
  /** Environment that holds the passwords the statement refers to. */
  environment: Record<string, string>
  stop(): Promise<void>
}

/** Starts a camera; `directory` takes its state, its update packages and `statement.yaml`. Rejects with what it said. */
export async function startCameraProcess(options: CameraOptions, directory: string): Promise<CameraProcess> {
  mkdirSync(directory, { recursive: true })
  const packages = resolve(directory, 'packages')
  mkdirSync(packages, { recursive: true })
  const file = join(directory, 'camera.json')
  writeFileSync(file, JSON.stringify({ ...options, packagesDirectory: packages }), { mode: 0o600 })
  const source = import.meta.url.endsWith('.ts')
  const main = fileURLToPath(new URL(source ? './main.ts' : './main.js', import.meta.url))
  const child = spawn(process.execPath, [...(source ? ['--import', 'tsx'] : []), main, '--options-file', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ready = await firstLine(child).catch((e: unknown) => {
    child.kill('SIGKILL')
    throw e
  })
  const statement = join(directory, 'statement.yaml')
  writeFileSync(statement, stringify((JSON.parse(ready) as { statement: unknown }).statement))
  const environment: Record<string, string> = {}
  for (const user of options.users ?? []) environment[passwordVariable(user.name)] = user.password
  environment[passwordVariable('admin')] = options.adminPassword ?? randomPassword()
  return {
    statement,
    environment,
    stop: () =>
      new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done()
        child.once('exit', () => done())
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), 5000).unref()
      }),
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = ''
    let err = ''
    child.stdout?.on('data', (d: Buffer) => {
      out += d.toString('utf8')
      if (out.includes('\n')) resolve(out.split('\n')[0] ?? '')
    })
    child.stderr?.on('data', (d: Buffer) => (err += d.toString('utf8')))
    child.once('exit', (code) => reject(new Error(`camera ended with ${code}: ${err.trim()}`)))
    setTimeout(() => reject(new Error(`camera not ready after 60 s: ${err.trim()}`)), 60_000).unref()
  })
}
