import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('the kernel itself has no planner and no solver in it: it could not plan if it wanted to, and starts without them', async () => {
  const main = fileURLToPath(new URL('../../../../kernel/main.ts', import.meta.url))
  const { metafile } = await build({ entryPoints: [main], bundle: true, write: false, metafile: true, packages: 'external', platform: 'node', format: 'esm', outdir: '/out', logLevel: 'silent' })
  const [output] = Object.values(metafile.outputs)
  const parts = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
  expect(parts.some((path) => path.endsWith('kernel/simulator/remaining.ts'))).toBe(true)
  expect(parts.filter((path) => path.includes('kernel/planning/'))).toEqual([])
  expect(output!.imports.map(({ path }) => path).filter((path) => path === 'highs' || path === 'linear-sum-assignment')).toEqual([])
})
