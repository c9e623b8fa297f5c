import type { TSchema } from '../../../suites/schema.ts'
import { isRecord } from '../source.ts'

/** The schema of a member; null where the schema does not say. */
export function schemaAt(schema: TSchema | null, token: string): TSchema | null {
  if (schema === null) return null
  const { properties, patternProperties, items, anyOf } = schema as Record<string, unknown>
  if (Array.isArray(anyOf)) return anyOf.map((s: TSchema) => schemaAt(s, token)).find((s) => s !== null) ?? null
  if (isRecord(properties) && Object.hasOwn(properties, token)) return properties[token] as TSchema
  if (isRecord(patternProperties)) return (Object.values(patternProperties)[0] as TSchema | undefined) ?? null
  if (Array.isArray(items)) return (items[Number(token)] as TSchema | undefined) ?? null
  return isRecord(items) ? (items as TSchema) : null
}

/** Whether a string is raw bytes (`base64` of suites/schema.ts). */
export function isBase64Schema(schema: TSchema | null): boolean {
  if (schema === null) return false
  const { pattern, anyOf } = schema as Record<string, unknown>
  if (Array.isArray(anyOf)) return anyOf.some((s: TSchema) => isBase64Schema(s))
  return typeof pattern === 'string' && pattern.includes('A-Za-z0-9+/')
}
