import type { Browsed, Exchange } from '../../../suites/observations/exchange.ts'
import { latin1 } from '../../../suites/facts/http-message.ts'
import { html, type Content, type Markup } from '../markup.ts'
import { isRecord } from '../source.ts'
import { duration, instant, say, size } from '../texts.ts'
import { bytesOfBase64, isText, textOfBytes } from '../visible.ts'
import { bytesBlock, quoted } from './bytes.ts'

const LONGEST_BINARY = 64
const LONGEST_ANSWER = 1600
const LONGEST_HEADER = 200

/** Whether a part of a value is one request of an HTTP-like protocol with its answers. */
export function isExchange(value: unknown): value is Exchange {
  if (!isRecord(value) || !isRecord(value['request'])) return false
  const { request, rounds, failure } = value
  const complete = (round: unknown) =>
    isRecord(round) && isRecord(round['answer']) && typeof round['answer']['raw'] === 'string'
  return (
    typeof request['method'] === 'string' &&
    typeof request['target'] === 'string' &&
    Array.isArray(request['headers']) &&
    Array.isArray(rounds) &&
    rounds.every(complete) &&
    (failure === null || isRecord(failure))
  )
}

/** The request as sent and every answer as it came; `cited` is the round that a finding points at. */
export function exchangeView(
  { at, elapsed, sourceAddress, request, rounds, failure, browser }: Exchange,
  cited: number | null,
): Markup {
  const headers = request.headers.filter((h) => Array.isArray(h)).slice(0, 30)
  return html`<div class="exchange">
<p class="meta">${instant(at)} · ${duration(elapsed)} · ${say('exchange.from', { address: quoted(sourceAddress) })}</p>
<div class="sent"><p class="label">${say('exchange.request')} — ${asWhom(request)}</p>
<pre class="dev">${request.method} ${request.target}${headers.map(([name, value]) => html`\n<i>${name}:</i> ${quoted(value, LONGEST_HEADER)}`)}${
    request.bodyBytes > 0 && html`\n\n<i>${say('exchange.body', { bytes: size(request.bodyBytes) })}</i>`
  }</pre></div>
${rounds.map((round, i) => answerView(round, i, rounds.length, cited === i))}
${isRecord(browser) && browsedView(browser)}
${failure && html`<p class="failure">${say(`failure.${failure.code}`)} <small>${quoted(failure.detail)}</small></p>`}
</div>`
}

/** What the browser did, and what the page wanted elsewhere. */
function browsedView(browsed: Browsed): Markup {
  const { name, sandbox, requests, logIns, refused, refusals, dialogs, sent, accepted = 0, shown } = browsed
  const counts = { requests, logIns, refusals, dialogs }
  const told = { name: quoted(name, 80), sandbox: say(sandbox ? 'exchange.sandbox' : 'exchange.no-sandbox'), ...counts }
  return html`<p class="meta">${say('exchange.browser', told)}${
    refused.length > 0 && html` (${quoted(refused.map((r) => `${r.what}: ${r.why}`).join('; '), 600)})`
  }${sent !== undefined && html`<br>${say('exchange.done-at-page', { sent, accepted })}`}</p>${
    isRecord(shown) &&
    html`<div class="got"><p class="label">${say('exchange.shown')} <small>${say(`end.${shown.end}`)}</small></p>
${bytesBlock(bytesOfBase64(shown.raw) ?? new Uint8Array(), LONGEST_ANSWER)}</div>`
  }`
}

const named = (text: string): Content => (text === '' ? html`<i>${say('evidence.empty-text')}</i>` : quoted(text))

function asWhom({ credential, scheme }: Exchange['request']): Content {
  if (!credential) return say('exchange.anonymous')
  const key = credential.published ? 'exchange.published' : 'exchange.credential'
  return say(key, { user: named(credential.user), secret: named(credential.secret), scheme })
}

/** First line of the last answer, or why there is none. */
export function resultOf({ rounds, failure }: Exchange, round: number | null = null): Content {
  if (failure) return say(`failure.${failure.code}`)
  const raw = rounds[round ?? rounds.length - 1]?.answer.raw ?? ''
  return quoted(textOfBytes((bytesOfBase64(raw) ?? new Uint8Array()).subarray(0, 200)).split('\n')[0] ?? '', 60)
}

/** Many exchanges, one line each: what was asked, as whom, what came back. */
export function exchangesTable(list: readonly Exchange[]): Markup {
  const columns = ['request', 'as', 'answer', 'elapsed'].map((c) => html`<th scope="col">${say(`exchange.${c}`)}</th>`)
  const row = (e: Exchange) =>
    html`<tr><td>${quoted(`${e.request.method} ${e.request.target}`, 120)}</td><td>${asWhom(e.request)}</td><td>${resultOf(e)}</td><td>${duration(e.elapsed)}</td></tr>`
  return html`<div class="wide"><table class="small"><thead><tr>${columns}</tr></thead><tbody>${list.map(row)}</tbody></table></div>`
}

/** The head as text; of a body that is no text only the beginning. */
function messageBlock(bytes: Uint8Array): Markup {
  const head = latin1(bytes).indexOf('\r\n\r\n')
  const body = head < 0 ? bytes.length : head + 4
  const isBinary = !isText(bytes.subarray(body))
  return bytesBlock(bytes, isBinary ? Math.min(LONGEST_ANSWER, body + LONGEST_BINARY) : LONGEST_ANSWER)
}

function answerView(round: Exchange['rounds'][number], index: number, of: number, cited: boolean): Markup {
  const { raw, length, end } = round.answer
  const bytes = bytesOfBase64(raw) ?? new Uint8Array()
  const label = of > 1 ? say('exchange.answer-of', { number: index + 1, of }) : say('exchange.answer')
  return html`<div class="got${cited && html` cited`}"><p class="label">${label}
<small>${duration(round.elapsed)} · ${say('exchange.received', { size: size(length) })} · ${say(`end.${end}`)}</small></p>
${bytes.length > 0 ? messageBlock(bytes) : html`<p class="none">${say('evidence.no-bytes')}</p>`}</div>`
}
