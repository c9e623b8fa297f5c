export type Form = 'target' | 'json' | 'form' | 'xml' | 'plain'

/** How values are written into a body of this type. */
export function formOf(contentType: string | undefined): Form {
  const type = contentType?.toLowerCase() ?? ''
  return type.includes('json') ? 'json' : type.includes('urlencoded') ? 'form' : type.includes('xml') ? 'xml' : 'plain'
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
const percent = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const ESCAPES: Record<Form, (value: string) => string> = {
  target: percent,
  form: percent,
  json: (value) => JSON.stringify(value).slice(1, -1),
  xml: (value) => value.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c),
  plain: (value) => value,
}

/** Fills `{{name}}`; all names without a value at once. */
export function fill(
  template: string,
  values: Record<string, string>,
  form: Form,
): { text: string } | { unknown: string[] } {
  const names = [...template.matchAll(/\{\{([^{}]*)\}\}/g)].map(([, name = '']) => name)
  const unknown = [...new Set(names.filter((n) => !Object.hasOwn(values, n)))]
  if (unknown.length > 0) return { unknown }
  return { text: template.replace(/\{\{([^{}]*)\}\}/g, (_, name: string) => ESCAPES[form](values[name] ?? '')) }
}
