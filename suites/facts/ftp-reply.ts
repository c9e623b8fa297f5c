import { latin1 } from './bytes.ts'

/**
 * Code of the last complete reply (RFC 959 section 4.2): three digits and a space; where the first line has a hyphen,
 * the reply goes on up to a line with the same code and a space. Null where none is complete.
 */
export function ftpCode(bytes: Uint8Array): number | null {
  let open: string | null = null
  let found: number | null = null
  for (const line of completeLines(latin1(bytes.subarray(0, 16_384)))) {
    const start = /^([1-6][0-9]{2})([ -]|$)/.exec(line)
    if (!start) continue
    const [, code = '', mark] = start
    if (open !== null && code !== open) continue
    if (mark === '-') open = code
    else {
      open = null
      found = Number(code)
    }
  }
  return found
}

/** The server begins TLS with the next byte (RFC 4217 section 4). */
export const goesAhead = (bytes: Uint8Array): boolean => ftpCode(bytes) === 234

const completeLines = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((l) => l.replace(/\r$/, ''))
