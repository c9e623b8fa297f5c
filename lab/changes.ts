import type { Message } from '../suites/observation.ts'
import type { RunDirectory } from '../reports/run-directory.ts'
import type { Undo } from './probe.ts'

/** A change of the device that is not yet taken back. */
export interface OpenChange {
  id: string
  about: Message
  undo: Undo | null
}

/**
 * Changes to the device: the intent and its undo are in the journal, on the disk, before the change is made. A change
 * without undo is lasting and said to be so.
 */
export interface Changes {
  make(id: string, about: Message, undo: Undo | null, apply: () => Promise<void>): Promise<void>
  undo(id: string): Promise<boolean>
  /** Takes everything back, last change first; true when nothing is left open. */
  undoAll(): Promise<boolean>
}

export function changesOf(run: RunDirectory, carryOut: (undo: Undo) => Promise<boolean>): Changes {
  const settle = (id: string, outcome: 'undone' | 'open' | 'lasting') => run.append({ type: 'settled', id, outcome })
  const takeBack = async (change: OpenChange): Promise<boolean> => {
    const done = change.undo !== null && (await carryOut(change.undo))
    if (done) settle(change.id, 'undone')
    return done
  }
  return {
    async make(id, about, undo, apply) {
      const unique = openChanges(run).some((c) => c.id === id) ? `${id}#${run.lines().length}` : id
      run.append({ type: 'intent', id: unique, about, undo })
      await apply()
      if (undo === null) settle(unique, 'lasting')
    },
    async undo(id) {
      const change = openChanges(run).findLast((c) => c.id === id || c.id.startsWith(`${id}#`))
      return change ? takeBack(change) : true
    },
    async undoAll() {
      let clean = true
      for (const change of openChanges(run).reverse()) {
        if (await takeBack(change)) continue
        clean = false
        settle(change.id, change.undo === null ? 'lasting' : 'open')
      }
      return clean
    },
  }
}

/** Intents of the journal that nothing has settled, and those that could not be taken back before, oldest first. */
export function openChanges(run: RunDirectory): OpenChange[] {
  const open = new Map<string, OpenChange>()
  for (const line of run.lines()) {
    if (line.type === 'intent') {
      const { id, about, undo } = line as Extract<typeof line, { type: 'intent' }>
      open.set(id, { id, about: about as Message, undo: undo as Undo | null })
    }
    if (line.type === 'settled' && (line as Extract<typeof line, { type: 'settled' }>).outcome !== 'open') open.delete((line as Extract<typeof line, { type: 'settled' }>).id)
  }
  return [...open.values()]
}
