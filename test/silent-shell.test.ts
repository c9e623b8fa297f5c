import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { tryConsole, tryTelnet } from '../lab/instruments/telnet.ts'
import { remoteOutcome } from '../suites/facts/remote-outcome.ts'
import { testBench } from './support/bench.ts'

/** As ser2net 4.3 runs a shell for every caller: answers come, prompts do not. */
function silentShell(socket: Socket): void {
  const shell = spawn('/bin/sh', [], { stdio: ['pipe', 'pipe', 'ignore'] })
  socket.on('error', () => undefined).on('close', () => shell.kill())
  shell.stdin.on('error', () => undefined)
  socket.pipe(shell.stdin)
  shell.stdout.pipe(socket)
}

test(
  'a shell without a prompt is open at a console, and nothing else that is silent is',
  { timeout: 60_000 },
  async (t) => {
    const asked = async (serve: (socket: Socket) => void, knock: typeof tryTelnet) => {
      const server = createServer(serve)
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      t.after(() => server.close())
      const { port } = server.address() as AddressInfo
      const attempt = await knock(testBench(), { family: 'ipv4', address: '127.0.0.1', port, tls: false }, null)
      return remoteOutcome('console', attempt)
    }
    const mute = (socket: Socket): void => void socket.on('error', () => undefined)
    const echo = (socket: Socket): void => void socket.on('error', () => undefined).pipe(socket)
    const found = [
      asked(silentShell, tryConsole),
      asked(silentShell, tryTelnet),
      asked(mute, tryConsole),
      asked(echo, tryConsole),
    ]
    assert.deepEqual(await Promise.all(found), ['open', 'unclear', 'unclear', 'unclear'])
  },
)
