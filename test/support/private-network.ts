import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { INSIDE, privateNetwork, unshareWay } from '../../lab/isolation.ts'

/** As root, and still root inside: servers that become other users need it. */
export const AS_ROOT: readonly string[] = ['--net', 'sh', '-c']

/** Runs the tests of a file in a private network namespace: `define` is called inside; outside there is one test that runs them. */
export function inPrivateNetwork(
  url: string,
  most: number,
  seconds: number,
  define: () => void,
  way: readonly string[] | null = unshareWay(),
): void {
  if (process.env[INSIDE] !== undefined) return define()
  test('in a private network', { timeout: seconds * 1000 }, async (t) => {
    if (way === null) return t.skip('needs user namespaces or root, unshare and ip')
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env
    const child = spawn(
      'unshare',
      [
        ...way,
        `${privateNetwork(most)} && exec "$@"`,
        'sh',
        process.execPath,
        '--import',
        'tsx',
        '--test-reporter',
        'tap',
        fileURLToPath(url),
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...environment, [INSIDE]: '1' },
        signal: t.signal,
      },
    )
    let out = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => (out += d.toString('utf8')))
    const code = await new Promise((done) => child.once('close', done))
    // Each failure with what it says, the innermost first; the whole is longer than anybody is shown.
    const lines = out.split('\n')
    const failed = lines.flatMap((l, i) => (/^\s*not ok/.test(l) ? [lines.slice(i, i + 20).join('\n')] : []))
    assert.equal(code, 0, failed.length > 0 ? failed.join('\n') : out.slice(-4000))
    t.diagnostic(/# pass (\d+)/.exec(out)?.[0] ?? '')
  })
}
