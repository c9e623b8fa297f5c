import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endsWithConnection } from '../suites/facts/http-message.ts'
import { gainedBetween, readLog } from '../suites/facts/log-entries.ts'
import type { Exchange } from '../suites/observations/exchange.ts'
import { exchange } from './support/unit.ts'

/** As mini_httpd 1.30 hands on what a CGI program says: no length, and the connection ends (RFC 9112 section 6.3). */
const HEAD = 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n'
const LINES = [
  'Nov 22 18:02:03 camera syslog.info syslogd started: BusyBox v1.35.0\n',
  'Nov 22 18:02:03 camera user.notice fw: firmware update refused: bad signature by admin from 10.78.0.1\n',
  'Nov 22 18:02:04 camera user.notice web: setting name changed to abc by admin from 10.78.0.1\n',
]

type End = Exchange['rounds'][number]['answer']['end']
const read = (body: string, end: End = 'closed', head = HEAD): Exchange => {
  const one = exchange(head + body)
  return { ...one, rounds: one.rounds.map((r) => ({ ...r, answer: { ...r.answer, end } })) }
}

test('a log without a length is read to its end when the connection ends, and may still be a part', () => {
  const log = readLog(read(LINES.join('')))
  assert.deepEqual([log?.whole, log?.mayBePart, log?.isPage, log?.entries.length], [true, true, false, 3])
  assert.equal(readLog(read('{"entries":["2026-11-22T18:02:03Z a"]}'))?.whole, true)
  const sized = readLog(read(LINES.join(''), 'complete', HEAD.replace('\r\n\r\n', '\r\nContent-Length: 9\r\n\r\n')))
  assert.deepEqual([sized?.whole, sized?.mayBePart], [true, false])
})

test('broken off: within a line, by a reset, by a time-out, before the declared length or the last chunk', () => {
  const all = LINES.join('')
  const heads = ['Content-Length: 999', 'Transfer-Encoding: chunked'].map((h) =>
    HEAD.replace('\r\n\r\n', `\r\n${h}\r\n\r\n`),
  )
  for (const [name, one] of [
    ['within a line', read(all.slice(0, -20))],
    ['nothing', read('')],
    ['reset', read(all, 'reset')],
    ['time-out', read(all, 'timeout')],
    ['too long', read(all, 'too-long')],
    ...heads.map((h) => [h, read(all, 'closed', h)] as const),
  ] as const)
    assert.equal(readLog(one)?.whole, false, name)
})

test('what came new counts as all of it only where everything earlier is still there', () => {
  const lack = (earlier: string[], later: string[]) => gainedBetween(read(earlier.join('')), read(later.join('')))?.lack
  assert.equal(lack(LINES.slice(0, 2), LINES), null)
  assert.equal(lack(LINES.slice(0, 2), LINES.slice(1)), 'part')
  assert.equal(lack([], LINES), 'not-read')
  assert.equal(lack(LINES, LINES), 'unproven')
})

test('which answers end with the connection', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1')
  assert.equal(endsWithConnection(bytes(`${HEAD}a`), 'GET'), true)
  for (const [text, method] of [
    [`${HEAD}a`, 'HEAD'],
    ['HTTP/1.1 204 No Content\r\n\r\n', 'GET'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na', 'GET'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'GET'],
    ['HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n', 'GET'],
    ['RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n', 'OPTIONS'],
    ['no status line\n', 'GET'],
    ['', 'GET'],
  ] as const)
    assert.equal(endsWithConnection(bytes(text), method), false, text)
})
