import { connect, type Socket } from 'node:net'

/**
 * What one attempt came to: open (accepted, closed at once), refused (RST seen), silent (no answer in time),
 * self (the lab connected to itself), or an error in the words of the system.
 */
export type Outcome =
  { is: 'open' | 'refused' | 'silent' | 'self'; elapsed: number } | { is: 'error'; code: string; elapsed: number }

export interface Dialer {
  dial(port: number, done: (outcome: Outcome) => void): void
  inFlight(): number
  /** Milliseconds an attempt waits now: max(300, 4 round trips + lag of the event loop). */
  patience(): number
  /** Longest that any attempt was allowed to wait. */
  longest(): number
  stop(): void
}

interface Attempt {
  socket: Socket
  start: number
  done: ((outcome: Outcome) => void) | null
}

const TICK_MS = 20
const LEAST_PATIENCE_MS = 300

/**
 * Many half-open connections at once. One clock for all time-outs instead of a timer each; expiry as of a tick is
 * decided after the answers that lay in the kernel at that tick were read, so that a busy event loop makes no port silent.
 */
export function createDialer(to: {
  address: string
  source: string | undefined
  rttMs: number
  leastMs?: number
}): Dialer {
  const attempts: Attempt[] = []
  let head = 0
  let flying = 0
  let lag = 0
  let longest = 0
  let expected = performance.now() + TICK_MS
  const patience = () => Math.ceil(Math.max(to.leastMs ?? LEAST_PATIENCE_MS, 4 * to.rttMs + lag))
  const settle = (attempt: Attempt, outcome: Outcome) => {
    const { done } = attempt
    if (!done) return
    attempt.done = null
    flying--
    attempt.socket.destroy()
    done(outcome)
  }
  const expire = (asOf: number) => {
    const wait = patience()
    longest = Math.max(longest, wait)
    for (let attempt = attempts[head]; attempt; attempt = attempts[head]) {
      if (attempt.done && attempt.start + wait > asOf) break
      settle(attempt, { is: 'silent', elapsed: since(attempt.start) })
      head++
    }
    if (head > 4096) {
      attempts.splice(0, head)
      head = 0
    }
  }
  const clock = setInterval(() => {
    const now = performance.now()
    lag = Math.max(lag * 0.9, now - expected)
    expected = now + TICK_MS
    setImmediate(expire, now)
  }, TICK_MS)
  return {
    dial(port, done) {
      const socket = connect({ host: to.address, port, ...(to.source ? { localAddress: to.source } : {}) })
      const attempt: Attempt = { socket, start: performance.now(), done }
      attempts.push(attempt)
      flying++
      socket.on('error', (e: NodeJS.ErrnoException) => {
        const elapsed = since(attempt.start)
        if (e.code === 'ECONNREFUSED') settle(attempt, { is: 'refused', elapsed })
        else if (e.code === 'ETIMEDOUT') settle(attempt, { is: 'silent', elapsed })
        else settle(attempt, { is: 'error', code: e.code ?? 'unknown', elapsed })
      })
      socket.on('connect', () => {
        const self = socket.localPort === port && socket.localAddress === socket.remoteAddress
        settle(attempt, { is: self ? 'self' : 'open', elapsed: since(attempt.start) })
      })
    },
    inFlight: () => flying,
    patience,
    longest: () => Math.max(longest, patience()),
    stop() {
      clearInterval(clock)
      // Who waits for an outcome may hold a place in a budget.
      for (const attempt of attempts) settle(attempt, { is: 'error', code: 'stopped', elapsed: since(attempt.start) })
    },
  }
}

const since = (start: number): number => Math.max(0, Math.round((performance.now() - start) * 1000))
