import { check, type Check } from './checks.ts'
import { parseOptions } from './options.ts'

export const help = `usage: sluice doctor [--json]

Checks what Sluice needs, line by line, and says how to get what is missing. Ends with 1 when something fails.
`

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

export async function run(words: readonly string[]): Promise<number> {
  const options = parseOptions('doctor', words, { json: 'flag' })
  const results: Check[] = []
  for await (const result of check()) {
    results.push(result)
    if (options.json !== true) console.log(line(result))
  }
  const failed = results.filter((result) => result.status === 'fail').length
  if (options.json === true) console.log(JSON.stringify({ ok: failed === 0, checks: results }, null, 2))
  else console.log(failed === 0 ? '\nEverything Sluice needs is here.' : `\n${failed} of ${results.length} checks failed.`)
  return failed === 0 ? 0 : 1
}

function line({ name, status, detail, remedy }: Check): string {
  return `${marks[status]}  ${name}: ${detail}${remedy === undefined ? '' : `\n      ${remedy}`}`
}
