import type { Kept } from '../../suites/observations/update-refusal.ts'
import type { Reading, Update } from '../../suites/statement.ts'
import { endpointOf, read } from '../actions.ts'
import { httpClient } from '../instruments/http.ts'
import type { Bench } from '../probe.ts'

/** What an update must leave as it is: declared web log-ins, settings, where records are sent, marks of identity. */
export async function snapshot(bench: Bench, update: Update): Promise<Kept[]> {
  const { logins, logging, identity = [] } = bench.statement
  const kept: Kept[] = []
  for (const login of logins) {
    const endpoint = endpointOf(bench, login.service)
    if (!endpoint || bench.signal.aborted) continue
    const client = httpClient(bench, endpoint, { maxBytes: 4_096 })
    const exchange = await client.send({
      method: login.method ?? 'GET',
      target: login.target,
      credential: bench.credential(login.account),
    })
    client.close()
    kept.push({ what: 'login', name: login.id, exchange, text: null })
  }
  const facts: [Kept['what'], string, Reading][] = [
    ...(update.settings ?? []).map((r, i): [Kept['what'], string, Reading] => ['setting', `${i + 1} ${r.target}`, r]),
    ...logging.channels.flatMap((c): [Kept['what'], string, Reading][] =>
      c.current ? [['log-setting', c.id, c.current]] : [],
    ),
    ...identity.map((r, i): [Kept['what'], string, Reading] => ['identity', `${i + 1} ${r.target}`, r]),
  ]
  for (const [what, name, reading] of facts) {
    if (bench.signal.aborted) break
    kept.push({ what, name, ...(await read(bench, reading)) })
  }
  return kept
}
