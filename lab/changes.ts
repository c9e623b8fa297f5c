import type { Message } from '../suites/observation.ts'
import type { RunDirectory } from '../reports/run-directory.ts'
import type { Undo } from './probe.ts'

/** An undo as the journal keeps it: of which sample, and the secret that an account has once the change is made. */
export interface JournalledUndo extends Undo {
  sample: string
  sets?: string
}

/** A change of the device that is not yet taken back. */
export interface OpenChange {
  id: string
  about: Message
  undo: JournalledUndo | null
}

/**
 * Changes to the device: the intent and its undo are in the journal, on the disk, before the change is made. A change
 * without undo is lasting and said to be so.
 */
export interface Changes {
  make(id: string, about: Message, undo: JournalledUndo | null, apply: () => Promise<void>): Promise<void>
  /** Takes back what was changed under this name; true when nothing of it is left open. */
  undo(id: string): Promise<boolean>
  /** Takes everything back, last change first; true when nothing is left open. */
  undoAll(): Promise<boolean>
}

/** Carries out one undo; `open` is every change that may still be in force, oldest first. */
export type CarryOut = (undo: JournalledUndo, open: readonly OpenChange[]) => Promise<boolean>

export function changesOf(run: RunDirectory, carryOut: CarryOut): Changes {
  const settle = (id: string, outcome: 'undone' | 'open' | 'lasting') => run.append({ type: 'settled', id, outcome })
  const takeBack = async (change: OpenChange): Promise<boolean> => {
    const done = change.undo !== null && (await carryOut(change.undo, openChanges(run)))
    if (done) settle(change.id, 'undone')
    return done
  }
  /** Last change first. A journal that cannot be written keeps nothing from being taken back; it is thrown at the end. */
  const takeBackAll = async (
    changes: readonly OpenChange[],
    failed: (change: OpenChange) => void,
  ): Promise<boolean> => {
    let clean = true
    const faults: unknown[] = []
    for (const change of [...changes].reverse())
      try {
        if (await takeBack(change)) continue
        clean = false
        failed(change)
      } catch (e) {
        faults.push(e)
      }
    if (faults.length > 0) throw faults[0]
    return clean
  }
  return {
    async make(id, about, undo, apply) {
      const unique = openChanges(run).some((c) => c.id === id) ? `${id}#${run.lines().length}` : id
      run.append({ type: 'intent', id: unique, about, undo })
      await apply()
      if (undo === null) settle(unique, 'lasting')
    },
    undo: (id) =>
      takeBackAll(
        openChanges(run).filter((c) => c.id === id || c.id.startsWith(`${id}#`)),
        () => undefined,
      ),
    undoAll: () =>
      takeBackAll(openChanges(run), (change) => settle(change.id, change.undo === null ? 'lasting' : 'open')),
  }
}

/** Intents of the journal that nothing has settled, and those that could not be taken back before, oldest first. */
export function openChanges(run: RunDirectory): OpenChange[] {
  const open = new Map<string, OpenChange>()
  for (const line of run.lines()) {
    if (line.type === 'intent') {
      const { id, about, undo } = line as Extract<typeof line, { type: 'intent' }>
      open.set(id, { id, about: about as Message, undo: undo as JournalledUndo | null })
    }
    if (line.type === 'settled' && (line as Extract<typeof line, { type: 'settled' }>).outcome !== 'open')
      open.delete((line as Extract<typeof line, { type: 'settled' }>).id)
  }
  return [...open.values()]
}
