import { SaxesParser } from 'saxes'

export interface XmlName {
  namespace: string
  name: string
}

export interface XmlElement extends XmlName {
  /** By local name; those with a prefix are left out. */
  attributes: Record<string, string>
  children: XmlElement[]
  /** Its own text, without that of its children. */
  text: string
  /** What the text names where it is a QName whose prefix is bound here (XML Schema part 2, section 3.2.18). */
  named: XmlName | null
}

export interface XmlReading {
  /** As far as it could be read; null where there is no element, or a document type. */
  root: XmlElement | null
  /** Well-formed to its end. */
  whole: boolean
}

const MOST_DEPTH = 64
const MOST_ELEMENTS = 20_000
const MOST_CHARACTERS = 1_048_576

class Refused extends Error {}

/**
 * Reads XML 1.0 with namespaces into a tree, what came before a fault or the cut-off end included. A document type is
 * refused whole: nothing that SOAP carries has one (SOAP 1.2 part 1, section 5), and entities are a way to exhaust a reader.
 */
export function readXml(text: string): XmlReading {
  const parser = new SaxesParser({ xmlns: true })
  const open: XmlElement[] = []
  const found: { root: XmlElement | null; sound: boolean; refused: boolean } = {
    root: null,
    sound: true,
    refused: false,
  }
  let count = 0
  const refuse = (): never => {
    found.refused = true
    throw new Refused()
  }
  const add = (piece: string): void => {
    const current = open.at(-1)
    if (current) current.text += piece
  }
  parser.on('error', () => {
    found.sound = false
  })
  parser.on('doctype', refuse)
  parser.on('opentag', (tag) => {
    if (open.length >= MOST_DEPTH || ++count > MOST_ELEMENTS) refuse()
    const element: XmlElement = {
      namespace: tag.uri,
      name: tag.local,
      attributes: Object.create(null) as Record<string, string>,
      children: [],
      text: '',
      named: null,
    }
    for (const a of Object.values(tag.attributes)) if (a.prefix === '') element.attributes[a.local] = a.value
    open.at(-1)?.children.push(element)
    found.root ??= element
    open.push(element)
  })
  parser.on('text', (piece) => {
    add(piece)
    const current = open.at(-1)
    const [, prefix, name] = /^\s*(?:([\w.-]+):)?([\w.-]+)\s*$/.exec(current?.text.slice(0, 256) ?? '') ?? []
    const namespace = name === undefined ? undefined : parser.resolve(prefix ?? '')
    if (current) current.named = name !== undefined && namespace ? { namespace, name } : null
  })
  parser.on('cdata', add)
  parser.on('closetag', () => {
    open.pop()
  })
  try {
    parser.write(text.slice(0, MOST_CHARACTERS).replace(/^(?:\ufeff|\xef\xbb\xbf)/, '')).close()
  } catch {
    found.sound = false
  }
  if (found.refused) return { root: null, whole: false }
  return { root: found.root, whole: found.sound && text.length <= MOST_CHARACTERS }
}

/** The first child of that name; any namespace where none is given. */
export const childOf = (element: XmlElement | null | undefined, name: string, namespace?: string): XmlElement | null =>
  element?.children.find((c) => c.name === name && (namespace === undefined || c.namespace === namespace)) ?? null

/** All descendants of that name (`*`: of any), in document order. */
export const descendantsOf = (element: XmlElement, name: string): XmlElement[] =>
  element.children.flatMap((c) => [...(name === '*' || c.name === name ? [c] : []), ...descendantsOf(c, name)])
