import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sample } from '../suites/statement.ts'
import type { Hooks } from './hooks.ts'

const MOST_BYTES = 1024 * 2 ** 20

/**
 * Has the maker's tool make a variant of a package: input and output are files of a private directory that is removed
 * afterwards. Null where there is no such hook, it failed, or gave the input back: a genuine package is no variant.
 */
export async function signVariant(
  hooks: Hooks,
  sample: Sample,
  variant: string,
  file: string,
): Promise<Uint8Array | null> {
  if (!hooks.has('sign-variant')) return null
  const directory = mkdtempSync(join(tmpdir(), 'camseal-variant-'))
  const [from, to] = [join(directory, 'input'), join(directory, 'output')]
  try {
    copyFileSync(file, from)
    const files = { CAMSEAL_VARIANT: variant, CAMSEAL_INPUT: from, CAMSEAL_OUTPUT: to }
    if (!(await hooks.run('sign-variant', sample, files))) return null
    const output = outputAt(to)
    if (output && !Buffer.from(output).equals(readFileSync(file))) return output
    hooks.blame(output ? 'hook-same-package' : 'hook-no-output', { variant })
    return null
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function outputAt(path: string): Uint8Array | null {
  try {
    const { size } = statSync(path)
    return size > 0 && size <= MOST_BYTES ? readFileSync(path) : null
  } catch {
    return null
  }
}
