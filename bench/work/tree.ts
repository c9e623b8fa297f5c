import { readdirSync, readFileSync } from 'node:fs'

/** Looks at a process and all that it started until it is stopped. */
export interface Watch {
  /** The most memory of all of them together, in kilobytes: what each held at most (VmHWM of proc(5)), while it lived. */
  stop(): number
}

const EVERY_MS = 100

export function watchTree(root: number): Watch {
  let most = 0
  const look = () => {
    most = Math.max(
      most,
      treeOf(root).reduce((sum, pid) => sum + peakOf(pid), 0),
    )
  }
  look()
  const timer = setInterval(look, EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      return most
    },
  }
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

const peakOf = (pid: number): number => Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)

function treeOf(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name): [pid: number, parent: number] => [
      Number(name),
      Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1] ?? 0),
    ])
  const tree = [root]
  for (const of of tree) tree.push(...parents.filter(([, parent]) => parent === of).map(([pid]) => pid))
  return tree
}
