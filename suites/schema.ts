import { Type, type Static, type TSchema, type TProperties } from '@sinclair/typebox'

export type { Static, TSchema }

/** A closed object: an unknown member is a fault, never ignored. */
export const obj = <P extends TProperties>(properties: P, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description ? { description } : {}) })

/** `enum`, because validators report it as one fault and not one per alternative. */
export const oneOf = <const T extends readonly string[]>(...values: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values] })

export const str = (description?: string) => Type.String(description ? { description } : {})
export const text = (description?: string) => Type.String({ minLength: 1, ...(description ? { description } : {}) })
export const int = (minimum = 0, maximum = Number.MAX_SAFE_INTEGER) => Type.Integer({ minimum, maximum })
export const bool = () => Type.Boolean()
export const list = <S extends TSchema>(items: S) => Type.Array(items)
export const opt = <S extends TSchema>(schema: S) => Type.Optional(schema)
export const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
/** Raw device bytes, base64 (RFC 4648 section 4). Never decoded to text while observing. */
export const base64 = (description?: string) =>
  Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$', ...(description ? { description } : {}) })
/** Lower-case hexadecimal SHA-256. */
export const sha256Hex = () => Type.String({ pattern: '^[0-9a-f]{64}$' })
export const port = () => Type.Integer({ minimum: 1, maximum: 65535 })
/** Microseconds, an integer: since the epoch for instants, else a duration. */
export const micros = (description?: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...(description ? { description } : {}) })
/** One text in both languages of the project. */
export const bilingual = () => obj({ en: text(), vi: text() })
export const map = <S extends TSchema>(values: S) => Type.Record(Type.String(), values)
export const any = () => Type.Unknown()

/** Two values in order (JSON Schema 2020-12 `prefixItems`). */
export const pair = <A extends TSchema, B extends TSchema>(a: A, b: B) =>
  Type.Unsafe<[Static<A>, Static<B>]>({ type: 'array', prefixItems: [a, b], items: false, minItems: 2, maxItems: 2 })
