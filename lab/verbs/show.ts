import { t, messageText, type Language } from '../../reports/locales/index.ts'
import { plain } from '../../reports/verbs/terminal.ts'
import type { Progress, OnProgress } from '../progress.ts'

/** Live on a terminal: one line that changes. */
export function liveProgress(
  language: Language,
  out: NodeJS.WriteStream,
): { onProgress: OnProgress; hold: (on: boolean) => void; stop: () => void } {
  let head = ''
  let tail = ''
  let until: number | null = null
  let isHeld = false
  const draw = () => {
    if (isHeld) return
    const left = until === null ? '' : ` ${remaining(until)}`
    out.write(`\r\u001b[K${`${head}${tail ? `, ${tail}` : ''}${left}`.slice(0, (out.columns ?? 80) - 1)}`)
  }
  const timer = setInterval(draw, 500)
  timer.unref()
  const say = (line: string) => out.write(`\r\u001b[K${line}\n`)
  return {
    onProgress(p) {
      if (p.event === 'step') {
        head = t(language, 'cli', 'progress.step', {
          n: p.n,
          of: p.of,
          what: title(language, p.kind),
          subject: p.subject,
        })
        tail = ''
        until = null
      } else if (p.event === 'doing') tail = plain(messageText(language, p.about))
      else if (p.event === 'waiting') {
        tail = plain(messageText(language, p.about))
        until = p.until
      } else {
        const line = lineOf(language, p)
        if (line) say(line)
      }
      draw()
    },
    /** Somebody is asked something on this terminal. */
    hold(on) {
      if (on) out.write('\r\u001b[K')
      isHeld = on
    },
    stop() {
      clearInterval(timer)
      out.write('\r\u001b[K')
    },
  }
}

/** Plain lines where there is no terminal. */
export function plainProgress(language: Language, out: (line: string) => void): OnProgress {
  let waitingFor = ''
  return (p) => {
    const line = lineOf(language, p)
    if (line) out(line)
    if (p.event === 'step') waitingFor = ''
    if (p.event !== 'waiting') return
    // A wait of many short pieces is one wait to a reader.
    const about = plain(messageText(language, p.about))
    if (about !== waitingFor) out(`   ${about} ${remaining(p.until)}`)
    waitingFor = about
  }
}

/** One JSON object a line, for machines. */
export const jsonProgress =
  (out: (line: string) => void): OnProgress =>
  (p) =>
    out(JSON.stringify(p))

function lineOf(language: Language, p: Progress): string | null {
  switch (p.event) {
    case 'planned':
      return t(language, 'cli', 'progress.planned', { steps: p.steps, minutes: Math.max(1, Math.ceil(p.seconds / 60)) })
    case 'state':
      return t(language, 'cli', `progress.state-${p.state}`, { sample: p.sample })
    case 'observed': {
      const base = t(language, 'cli', 'progress.observed', {
        n: p.n,
        of: p.of,
        what: title(language, p.kind),
        subject: p.subject,
        seconds: p.seconds,
      })
      return p.answered || !p.why
        ? base
        : `${base}\n   ${t(language, 'cli', 'progress.unanswered')}: ${plain(messageText(language, p.why))}`
    }
    default:
      return null
  }
}

const title = (language: Language, kind: string): string => {
  const text = t(language, `probes/${kind}`, 'title')
  return text.startsWith('probes/') ? kind : text
}

function remaining(until: number): string {
  const seconds = Math.max(0, Math.round(until / 1e6 - Date.now() / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
