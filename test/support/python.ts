import { spawn } from 'node:child_process'

/** Starts a Python program that prints its port and serves until it is stopped. */
export async function startPython(
  program: string,
  ...args: string[]
): Promise<{ port: number; stop(): Promise<void> }> {
  const child = spawn('python3', ['-c', program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const port = await new Promise<number>((ready, failed) => {
    child.stdout.once('data', (d: Buffer) => ready(Number(d.toString())))
    child.once('close', () => failed(new Error('python3 ended')))
  })
  return {
    port,
    stop: () => {
      child.kill()
      return ended
    },
  }
}
