/** Programs that tests start as processes of their own: bundled beside the kernel's, where they find those. */
import { build } from 'esbuild'
import { join } from 'node:path'
import { programs } from '../../kernel/entry.ts'

/** @param name of a file in this folder; returns the path of its bundle */
export async function buildTestProgram(name: string): Promise<string> {
  const outfile = join(programs, `test-${name}.js`)
  await build({ entryPoints: [join(import.meta.dirname, `${name}.ts`)], outfile, bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', logLevel: 'warning' })
  return outfile
}
