import { setTimeout as wait } from 'node:timers/promises'
import type { Manner } from '../manner.ts'

const LEAST_MILLISECONDS = 700
const SPREAD_MILLISECONDS = 800

const late = (): number => LEAST_MILLISECONDS + Math.random() * SPREAD_MILLISECONDS

/** Begins each connection, with its TLS handshake, and each answer 0.7 to 1.5 seconds late. */
export const manner: Manner = {
  id: 'slow',
  title: { en: 'answers 0.7 to 1.5 seconds late', vi: 'trả lời chậm từ 0,7 đến 1,5 giây' },
  front: () => ({
    connected: (_socket, serve) => void setTimeout(serve, late()).unref(),
    answering: () => wait(late(), undefined, { ref: false }),
  }),
}
