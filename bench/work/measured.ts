/** Runs one piece of work once and prints its wall time, the most memory this process ever held, and what was found. */
export async function measured(work: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  const findings = await work()
  const milliseconds = performance.now() - began
  process.stdout.write(JSON.stringify({ milliseconds, kilobytes: process.resourceUsage().maxRSS, findings }))
}
