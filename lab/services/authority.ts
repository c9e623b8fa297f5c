import { readFileSync } from 'node:fs'
import type { TlsClient } from '../../suites/statement.ts'
import type { Bench } from '../probe.ts'
import { makeAuthority, readAuthority, type Authority } from './server-certificates.ts'

/** The declared authority, else one of the lab made now. */
export async function authorityOf(
  bench: Bench,
  { authority }: Pick<TlsClient, 'authority'>,
): Promise<Authority | { fault: string }> {
  if (!authority) return makeAuthority('CN=Camseal lab authority')
  const file = (path: string) => readFileSync(bench.resolve(path), 'utf8')
  try {
    return await readAuthority(file(authority.certificate), file(authority.key))
  } catch (e) {
    return { fault: e instanceof Error ? ((e as NodeJS.ErrnoException).code ?? e.message) : String(e) }
  }
}
