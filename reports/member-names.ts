import { fault, printable, type SealFault } from './seal-fault.ts'

const MAX_NAME = 200

/** What is wrong with the name of a member, one fault for each reason; names are Latin-1 views of the bytes. */
export function nameFaults(name: string): SealFault[] {
  const shown = { name: printable(name) }
  const faults: SealFault[] = []
  if (name.length > MAX_NAME) faults.push(fault('name-too-long', { ...shown, limit: MAX_NAME }))
  if (/[\x00-\x1f\x7f]/.test(name)) faults.push(fault('name-control', shown))
  if (/[^\x00-\x7f]/.test(name)) faults.push(fault('name-not-ascii', shown))
  if (name.includes('\\')) faults.push(fault('name-backslash', shown))
  if (/^[A-Za-z]:/.test(name)) faults.push(fault('name-drive', shown))
  if (name.startsWith('/')) faults.push(fault('name-absolute', shown))
  const segments = name.split('/')
  if (segments.includes('..')) faults.push(fault('name-parent', shown))
  if (faults.length === 0 && !segments.every((s) => s !== '.' && /^[A-Za-z0-9._+@=,-]+$/.test(s))) {
    faults.push(fault('name-character', shown))
  }
  return faults
}

/**
 * Names that are one file on some file systems: twice the same, the same but for case, or a file that is also a folder.
 */
export function collisionFaults(names: readonly string[]): SealFault[] {
  const faults: SealFault[] = []
  const byFolded = new Map<string, string>()
  for (const name of names) {
    const other = byFolded.get(fold(name))
    if (other === undefined) byFolded.set(fold(name), name)
    else if (other === name) faults.push(fault('duplicate-name', { name: printable(name) }))
    else faults.push(fault('case-collision', { name: printable(name), other: printable(other) }))
  }
  for (const name of byFolded.values()) {
    if (name.length > MAX_NAME) continue
    for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) {
      const folder = byFolded.get(fold(name.slice(0, at)))
      if (folder !== undefined)
        faults.push(fault('name-under-file', { name: printable(name), other: printable(folder) }))
    }
  }
  return faults
}

const fold = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
