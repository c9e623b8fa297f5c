import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '../suites/facts/http-message.ts'
import { deniesInBody, jsonResult, refusesInBody } from '../suites/facts/json-result.ts'
import { alike } from '../suites/facts/likeness.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
const says = (text: string): string | null => jsonResult(bytes(text))?.says ?? null
const ok = (body: string) => parseMessage(bytes(`HTTP/1.1 200 OK\r\n\r\n${body}`))

test('what the body says of the request, whatever the status line says', () => {
  for (const [text, expected] of [
    ['{"code":0,"token":"10000001"}', 'success'],
    ['{"code":-2,"msg":"not logged in"}', 'failure'],
    ['{"success":false}', 'failure'],
    ['{"success":true,"code":7}', 'success'],
    ['{"ok":1}', 'success'],
    ['{"ok":0}', 'failure'],
    ['{"result":"ok"}', 'success'],
    ['{"statusCode":200}', 'success'],
    ['{"status_code":200}', 'success'],
    ['{"error":null,"x":1}', 'success'],
    ['{"code":1}', 'unclear'],
    ['[{"cmd":"Login","code":0}]', 'success'],
    ['{"serial":"D20"}', null],
    ['<html>code 0</html>', null],
    ['{"code":0', null],
    ['[]', null],
    ['', null],
  ] as const)
    assert.equal(says(text), expected, text)
})

test('a denial is one beside a success by the same member only', () => {
  const good = bytes('{"code":0,"users":["admin"]}')
  assert.ok(deniesInBody(bytes('{"code":-4,"msg":"no right"}'), good))
  assert.ok(deniesInBody(bytes('{"code":1}'), good))
  assert.ok(!deniesInBody(bytes('{"code":0}'), good))
  assert.ok(!deniesInBody(bytes('{"error":"no right"}'), good))
  assert.ok(!deniesInBody(good, bytes('{"code":-4}')))
})

test('a refusal without anything beside it needs a code and words', () => {
  assert.ok(refusesInBody(bytes('{"code":-2,"msg":"not logged in"}')))
  assert.ok(!refusesInBody(bytes('{"Ret":100,"Name":"Cam"}')), 'a code of success of its own')
  assert.ok(!refusesInBody(bytes('{"code":-2}')))
  assert.ok(!refusesInBody(bytes('{"msg":"not logged in"}')))
  assert.ok(!refusesInBody(bytes(`{"code":-2,"msg":"invalid","users":["${'x'.repeat(600)}"]}`)))
})

test('answers of nothing but a code are told apart', () => {
  const [good, bad] = [ok('{"code":0}'), ok('{"code":-1}')]
  assert.equal(alike(ok('{"code":0}'), good, bad), 'granted')
  assert.equal(alike(ok('{"code":-1}'), good, bad), 'refused')
  assert.equal(alike(ok('{"code":-5}'), good, bad), 'refused', 'locked')
  assert.equal(alike(ok('<html>try later</html>'), good, bad), 'unclear')
  assert.equal(alike(bad, bad, good), 'unclear', 'a good answer that says no shows nothing')
})

test('no body makes it throw', () => {
  let seed = 11
  for (let i = 0; i < 500; i++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    const whole = '[{"code":-2,"msg":"not logged in","data":{"a":[1,2]}}]'
    const broken = bytes(whole.slice(0, seed % whole.length) + String.fromCharCode(seed & 0xff) + whole.slice(seed % 7))
    assert.doesNotThrow(() => [jsonResult(broken), refusesInBody(broken), deniesInBody(broken, bytes(whole))])
  }
  assert.equal(jsonResult(bytes('['.repeat(20_000))), null)
})
