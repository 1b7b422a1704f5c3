/** TypeScript to JavaScript: types removed; enums, namespaces, parameter properties, decorators and `using` carried out. */
import type { SourceMap } from 'oxc-transform'
import { transformSync } from './oxc.ts'
import { placed, positionAt } from './source-error.ts'
import './emitted.ts'

export interface Transpiled {
  readonly code: string
  readonly map: SourceMap
}

/**
 * @param shown how errors call the file, e.g. `Cell [3]` or its path
 * @param unusedImports `kept`: an import used nowhere here may be used by a later cell; `dropped`: it was a type's
 * @throws SyntaxError at the first thing that is not TypeScript
 */
export function transpile(shown: string, source: string, unusedImports: 'kept' | 'dropped'): Transpiled {
  const { code, map, errors } = transformSync('source.ts', source, {
    lang: 'ts',
    sourceType: 'module',
    sourcemap: true,
    // Node 20 has all of ES2024's syntax; `using` is younger.
    target: 'es2024',
    helpers: { mode: 'External' as never },
    decorator: { legacy: true },
    typescript: { onlyRemoveTypeImports: unusedImports === 'kept' },
  })
  const error = errors.find((one) => one.severity === ('Error' as never))
  if (error) throw placed(new SyntaxError(error.message.replace(/^TS\(\d+\): /, '')), shown, source, positionAt(source, error.labels[0]?.start ?? source.length))
  return { code, map: map! }
}
