import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRedactor, type Secret } from '../lab/redact.ts'

/** A small repeatable generator (mulberry32): a failing case can be run again by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const redactText = (input: string, ...secrets: Secret[]): string => text(makeRedactor(() => secrets)(latin1(input)))
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0')

/** Encoders of their own, written from the standards and not from the redactor. */
const utf8Text = (s: string) => Buffer.from(s, 'utf8').toString('latin1')
const encoders: Record<string, (s: string, r: (below: number) => number) => string> = {
  utf8: utf8Text,
  utf16le: (s) => Buffer.from(s, 'utf16le').toString('latin1'),
  utf16be: (s) => Buffer.from(s, 'utf16le').swap16().toString('latin1'),
  uri: (s) => encodeURIComponent(s),
  percentAll: (s) => [...Buffer.from(s, 'utf8')].map((b) => `%${hex(b, 2).toUpperCase()}`).join(''),
  percentSome: (s, r) =>
    [...Buffer.from(s, 'utf8')].map((b) => (r(2) ? String.fromCharCode(b) : `%${hex(b, 2)}`)).join(''),
  percentTwice: (s) => encodeURIComponent([...Buffer.from(s, 'utf8')].map((b) => `%${hex(b, 2)}`).join('')),
  form: (s) => new URLSearchParams({ p: s }).toString().slice(2),
  json: (s) => utf8Text(JSON.stringify(s).slice(1, -1)),
  jsonUnicode: (s) =>
    s
      .split('')
      .map((c) => `\\u${hex(c.charCodeAt(0), 4)}`)
      .join(''),
  jsonUnicodeSome: (s, r) =>
    utf8Text(
      s
        .split('')
        .map((c) => {
          const surrogate = c >= '\ud800' && c <= '\udfff'
          return surrogate || r(2) ? `\\u${hex(c.charCodeAt(0), 4).toUpperCase()}` : JSON.stringify(c).slice(1, -1)
        })
        .join(''),
    ),
  jsonTwice: (s) => utf8Text(JSON.stringify(JSON.stringify(s).slice(1, -1)).slice(1, -1)),
  xml: (s) =>
    utf8Text(
      s
        .replace(/&/g, '&amp;')
        .replace(/</g, '&lt;')
        .replace(/>/g, '&gt;')
        .replace(/"/g, '&quot;')
        .replace(/'/g, '&apos;'),
    ),
  xmlDecimal: (s) => [...s].map((c) => `&#${c.codePointAt(0)};`).join(''),
  xmlHex: (s, r) => [...s].map((c) => `&#x${r(2) ? '0' : ''}${(c.codePointAt(0) ?? 0).toString(16)};`).join(''),
  hex: (s) => Buffer.from(s, 'utf8').toString('hex'),
  hexUpper: (s) => Buffer.from(s, 'utf8').toString('hex').toUpperCase(),
}

const PASSWORDS = [
  'Tr0ub4dor&3',
  'p@ss"w\\rd/1',
  'mật-khẩu-Đúng9',
  '%41%2B+%25',
  'a b<c>d\'e"f&g',
  '🔑key🔒cam',
  'xkcd-936-horse',
  'ÄöÜß2026!',
  '~!@#$%^&*()_+',
  'zzzzzzzz',
]

test('every encoding is found, replaced at the same length, and nothing else is touched', () => {
  for (const [i, value] of PASSWORDS.entries()) {
    const redact = makeRedactor(() => [{ name: 'admin', value }])
    for (const [name, encode] of Object.entries(encoders)) {
      for (let seed = 0; seed < 8; seed++) {
        const coded = encode(value, random(seed * 31 + i))
        const [before, after] = ['<Password>\r\n', '</Password> tail']
        const out = text(redact(latin1(before + coded + after)))
        assert.equal(out.length, before.length + coded.length + after.length, `${name} ${value}`)
        assert.ok(out.startsWith(before) && out.endsWith(after), `${name} ${value}: ${out}`)
        const middle = out.slice(before.length, -after.length)
        const token = middle.length < 10 ? '*'.repeat(middle.length) : '{secret:admin}'.slice(0, middle.length)
        assert.ok(middle.startsWith(token), `${name} ${value}: ${out}`)
        assert.match(middle.slice(token.length), /^([*#.~])\1*$|^$/, `${name} ${value}: ${out}`)
        assert.deepEqual(redact(latin1(out)), latin1(out))
      }
    }
  }
})

/** Positions of Base64 characters whose six bits all belong to bytes [from, to) of the plain text. */
const decided = (from: number, to: number, length: number): boolean[] =>
  Array.from({ length: Math.ceil((length * 8) / 6) }, (_, k) => k * 6 >= from * 8 && k * 6 + 6 <= to * 8)

test('Base64 at all alignments: exactly the characters that the secret decides are replaced', () => {
  for (const variant of ['base64', 'base64url'] as const)
    for (const value of PASSWORDS)
      for (const user of ['', 'a:', 'ab:', 'abc:', 'admin:', 'root:x', 'operator-7:'])
        for (const tail of ['', '1', '22', '333', '; and more'])
          for (const form of ['utf8', 'utf16le', ...(/^[\0-\xff]*$/.test(value) ? ['latin1' as const] : [])] as const) {
            const secret = Buffer.from(value, form)
            const plain = Buffer.concat([Buffer.from(user), secret, Buffer.from(tail)])
            const coded = plain.toString(variant)
            const out = redactText(`Basic ${coded}\r\n`, { name: 'n', value }).slice(6, -2)
            const isSecret = decided(user.length, user.length + secret.length, plain.length)
            for (let i = 0; i < coded.length; i++) {
              if (isSecret[i]) continue
              assert.equal(out[i], coded[i], `${variant} ${user}${value}${tail}: ${coded} ${out}`)
            }
            const covered = [...out].filter((_, i) => isSecret[i]).join('')
            assert.match(covered, /^({secret:n}?)?[^A-Za-z0-9+/_-]*$/, `${variant} ${user}${value}${tail}: ${out}`)
          }
})

test('Base64 inside JSON and addresses: the escaped plus and slash belong to the secret', () => {
  const value = '\u00ff\u00fe>>?~\u00fb\u00ef'
  const coded = Buffer.from(`admin:${value}`, 'latin1').toString('base64')
  assert.match(coded, /[+/]/)
  for (const spelled of [coded.replaceAll('/', '\\/'), coded.replaceAll('+', '%2B').replaceAll('/', '%2f')]) {
    const out = redactText(`"auth":"${spelled}"`, { name: 'p', value })
    assert.equal(out.length, spelled.length + 9)
    assert.equal(out.includes(spelled.slice(10, -2)), false, out)
    assert.match(out, /\{secret:p\}/)
  }
})

test('a secret shorter than four characters counts only where it is delimited', () => {
  const short = { name: 's', value: 'abc' }
  for (const [input, expected] of [
    ['password=abc&x=1', 'password=***&x=1'],
    ['abcd xabc 1abc abc2 \xe9abc', 'abcd xabc 1abc abc2 \xe9abc'],
    ['<p>abc</p>"abc"', '<p>***</p>"***"'],
    ['p%3Dabc%26q', 'p%3D***%26q'],
    ['p%41abc', 'p%41abc'],
    ['616263 1616263', '****** 1616263'],
    [`Basic ${btoa('root:abc')} x`, 'Basic cm9vdDp***M= x'],
    [`Basic ${btoa('abc')} x`, 'Basic **** x'],
    [btoa('xxxabc'), btoa('xxxabc')],
    [btoa('xxx:abcd'), btoa('xxx:abcd')],
  ] as const)
    assert.equal(redactText(input, short), expected, input)
  assert.equal(redactText('a=1&b=2', { name: 's', value: '1' }), 'a=*&b=2')
  assert.equal(redactText('anything', { name: 's', value: '' }), 'anything')
})

test('the longest names the place, overlapping and adjacent secrets are covered whole', () => {
  const [long, part, end] = [
    { name: 'long', value: 'correct-horse-battery' },
    { name: 'part', value: 'horse-bat' },
    { name: 'end', value: 'battery-staple' },
  ]
  assert.equal(
    redactText('a correct-horse-battery b', part, long),
    'a {secret:long}******** b'.replace('********', '*'.repeat(8)),
  )
  const overlapping = redactText('<correct-horse-battery-staple>', part, end, long)
  assert.equal(overlapping.length, 30)
  assert.match(overlapping, /^<\{secret:long\}\*+>$/)
  assert.equal(redactText('horse-bathorse-bat', part), '******************')
  assert.equal(redactText('correct-horse-batterybattery-staple', end, long), '{secret:long}********{secret:end}**')
})

test('tokens never spell a secret, whatever the secrets and names are', () => {
  for (const [value, name] of [
    ['secret', 'x'],
    ['{secret:admin}', 'admin'],
    ['****', 'x'],
    ['********************', 'star'],
    ['aadminaa-admin-aa', 'admin'],
  ] as const) {
    const redact = makeRedactor(() => [
      { name, value },
      { name: 'y', value: 'another-longer-secret' },
    ])
    const out = redact(latin1(`1 ${value} 2 another-longer-secret 3`))
    assert.equal(out.length, `1 ${value} 2 another-longer-secret 3`.length)
    assert.equal(text(out).includes(value), false, text(out))
    assert.deepEqual(redact(out), out)
  }
})

test('a secret made after the redactor is known at once, and the input is never changed', () => {
  const secrets: Secret[] = []
  const redact = makeRedactor(() => secrets)
  const input = latin1('pw=later-made-one;')
  assert.deepEqual(redact(input), input)
  secrets.push({ name: 'new', value: 'later-made-one' })
  assert.equal(text(redact(input)), 'pw={secret:new}**;')
  assert.equal(text(input), 'pw=later-made-one;')
})

test('fuzz: no encoding survives, length and foreign bytes stay, twice is once', () => {
  const names = Object.keys(encoders)
  for (let seed = 1; seed <= 300; seed++) {
    const r = random(seed)
    const pick = <T>(items: readonly T[]): T => items[r(items.length)] as T
    const alphabet = pick([
      'abAB01',
      'aZ9!%&<"\\/+',
      'Đéß🔑x',
      'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
    ])
    const secrets = Array.from({ length: 1 + r(4) }, (_, i) => ({
      name: `s${i}`,
      value: Array.from({ length: 6 + r(18) }, () => pick([...alphabet])).join(''),
    }))
    const redact = makeRedactor(() => secrets)
    const placed: string[] = []
    let input = ''
    for (let part = 0; part < 12; part++) {
      input += text(new Uint8Array(Array.from({ length: r(40) }, () => r(256))))
      const coded = encoders[pick(names)]?.(pick(secrets).value, r) ?? ''
      placed.push(coded)
      input += coded
    }
    const output = text(redact(latin1(input)))
    assert.equal(output.length, input.length)
    for (const coded of placed) assert.equal(output.includes(coded), false, `seed ${seed}`)
    assert.deepEqual(redact(latin1(output)), latin1(output), `seed ${seed}`)
  }
})

test('fuzz: data without the secret stays as it is, byte for byte', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const r = random(seed * 7919)
    const redact = makeRedactor(() => [
      { name: 'a', value: 'Q7w!ke#92mZ' },
      { name: 'b', value: 'đường-Ngắn-7788' },
    ])
    const input = new Uint8Array(
      Array.from({ length: 20_000 }, () => (seed % 2 ? r(256) : '%\\&#;ux0123456789abcdefQ7w!'.charCodeAt(r(27)))),
    )
    assert.deepEqual(redact(input), input)
  }
})

test('megabytes in one pass, and bodies made to be slow', () => {
  const secrets = Array.from({ length: 10 }, (_, i) => ({ name: `s${i}`, value: `Zq${i}-pass%word&${i}xyz` }))
  const redact = makeRedactor(() => secrets)
  const r = random(5)
  const ordinary = latin1(
    Array.from({ length: 4 << 20 }, () => 'abcdefghijklmnopqrstuvwxyzABCDEFZ0123456789 ="<>/\r\n'[r(50)]).join(''),
  )
  for (const body of [
    ordinary,
    ...['\\', '%25', '&amp;', 'Z', '%5a', '&#', '%2525'].map((unit) => latin1(unit.repeat((1 << 20) / unit.length))),
  ]) {
    const from = performance.now()
    assert.deepEqual(redact(body), body)
    const took = performance.now() - from
    if (process.env['SHOW_TIMES']) console.log(text(body.subarray(0, 8)), Math.round(took))
    assert.ok(took < 20_000, `${body.length} bytes of ${text(body.subarray(0, 8))} took ${took} ms`)
  }
})
