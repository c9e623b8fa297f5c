// A reporter of node:test: one JSON line for each test that is not merely the sum of its subtests, and for each note
// on an error outside of tests.

/** Message and first lines of the stack of what a test threw. */
function described(error) {
  const cause = error?.cause ?? error
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return text.split('\n').slice(0, 24).join('\n')
}

export default async function* reporter(source) {
  const path = []
  let deepest = 0
  for await (const { type, data } of source) {
    // what is thrown after the test that caused it has ended arrives as a diagnostic only
    if (type === 'test:diagnostic' && data.message.startsWith('Error:'))
      yield `${JSON.stringify({ note: data.message })}\n`
    if (type === 'test:start') path[data.nesting] = data.name
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const isSum = deepest > data.nesting || data.details.type === 'suite'
    deepest = data.nesting
    const error = data.details.error
    if (isSum && (type === 'test:pass' || error?.failureType === 'subtestsFailed') && data.skip === undefined) continue
    const reason = data.skip ?? data.todo
    const row = {
      name: [...path.slice(0, data.nesting), data.name].join(' > '),
      result: type === 'test:fail' && data.todo === undefined ? 'failed' : reason === undefined ? 'passed' : 'skipped',
      ...(reason === undefined
        ? {}
        : { reason: typeof reason === 'string' && reason !== '' ? reason : 'no reason given' }),
      ...(type === 'test:fail' ? { error: described(error) } : {}),
    }
    yield `${JSON.stringify(row)}\n`
  }
}
