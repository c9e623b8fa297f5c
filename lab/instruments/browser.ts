import type { Browsed, Exchange, Failure } from '../../suites/observations/exchange.ts'
import type { Session } from '../../suites/statement.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { takeSteps, type Misfit } from './browser-steps.ts'
import { inTime } from './chromium.ts'
import type { Conversation } from './conversation.ts'
import { keepPicture, settle, withPage, type OpenPage } from './page.ts'
import { pathOf } from './page-request.ts'

/** Longest time for a whole log-in at a page. */
export const LOG_IN_MILLISECONDS = 45_000

/** What came of a log-in at a page. */
export interface Entered {
  /** The first page, and the answer to the password, as far as they came. */
  rounds: Exchange['rounds']
  /** The answer to the password as it came, before anything was hidden. */
  text: string
  cookies: [name: string, value: string][]
  userAgent: string | null
  failure: Failure | null
  browser?: Browsed
}

export type Recipe = Session & { browser: NonNullable<Session['browser']> }

/**
 * Logs in as a person does, in a browser without a network: every request of the page is made by `client`, which stays
 * within the budgets. Each log-in has a context of its own: a page remembers nothing of the one before.
 */
export async function logInAtPage(
  bench: Bench,
  to: Endpoint,
  session: Recipe,
  credential: Credential,
  client: Conversation,
): Promise<Entered> {
  const opened = await withPage(bench, to, client, LOG_IN_MILLISECONDS, (open) =>
    atPage(bench, open, session, credential),
  )
  return 'value' in opened
    ? opened.value
    : { rounds: [], text: '', cookies: [], userAgent: null, failure: opened.failure }
}

async function atPage(bench: Bench, open: OpenPage, session: Recipe, credential: Credential): Promise<Entered> {
  const { traffic } = open
  const failure = await enterAt(open, session, credential)
  const cookies = await open.cookies()
  const { secret, published } = credential
  await keepPicture(bench, open.page, `page after the log-in with ${published ? 'a published password' : secret}`)
  void traffic.stop()
  const { page: first, said } = traffic
  return {
    rounds: [...(first ? lastRound(first) : []), ...(said ? lastRound(said.exchange) : [])],
    text: said?.text ?? '',
    cookies,
    userAgent: traffic.userAgent,
    failure,
    browser: { ...open.browsed(), logIns: traffic.sent },
  }
}

/** Takes the steps of the log-in, and stays as long as the page works at it; why nothing was said to the password, else. */
export async function enterAt(open: OpenPage, session: Recipe, credential: Credential): Promise<Failure | null> {
  const { traffic, left } = open
  const { user, password } = credential
  const named = { method: session.logIn.method, target: pathOf(session.logIn.target) }
  traffic.watch(named)
  // Many pages ask the path of the log-in first whether somebody is logged in already.
  const given = session.browser.logIn.findIndex(({ fill }) => fill?.value.includes('{{password}}'))
  const steps = async (): Promise<{ misfit: Misfit | null }> => {
    const patience = { left, quiet: traffic.quiet }
    const misfit = await takeSteps(open.page, open.origin, session.browser.logIn, { user, password }, patience, {
      async before(i) {
        if (i === given) traffic.watch(named)
      },
    })
    await settle(open, misfit)
    return { misfit }
  }
  const done = await inTime(steps(), Math.min(LOG_IN_MILLISECONDS, left()))
  if (traffic.said) return traffic.said.exchange.failure
  if (traffic.failure) return traffic.failure
  return {
    code: 'lab',
    detail:
      done === null
        ? 'the page did not come to an end in time'
        : done.misfit === null
          ? 'the page did not send the log-in that the statement names'
          : misfitText(done.misfit),
  }
}

export const misfitText = ({ step, what, why }: Misfit): string =>
  `the page is not as the statement says: step ${step}, ${what}: ${why}`

export const lastRound = ({ rounds }: Exchange): Exchange['rounds'] =>
  rounds.slice(-1).filter((r) => r.answer.length > 0)
