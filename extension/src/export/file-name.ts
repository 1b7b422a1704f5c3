/** Names of files that a run is saved under, whatever the run is called. No DOM. */

const LONGEST = 80
/** Names that Windows keeps for devices, whatever follows the dot. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i

/** `delays by airport` with `png`: `delays-by-airport.png`. Letters and digits of any script stay; nothing that means something to a file system does. */
export function fileName(run: string, extension: string): string {
  const words = run
    .slice(0, LONGEST * 10)
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\p{M}_.-]+/gu, '-')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .replace(/\.{2,}/g, '.')
    .replace(/-{2,}/g, '-')
  // By characters, so that none is cut in half; a leading dot would hide the file.
  const stem = Array.from(words).slice(0, LONGEST).join('').replace(/^[-.]+|[-.]+$/g, '')
  return `${stem === '' ? 'run' : devices.test(stem.split('.')[0]!) ? `run-${stem}` : stem}.${extension}`
}
