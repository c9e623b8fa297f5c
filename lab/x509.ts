/** The library that writes certificates: 150 modules that most commands need not, so it is read when one is written. */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}
