/** Local CommonJS files, through Node's own loader: read again when they or what they require have changed. */
import Module, { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { LocalFiles, Snapshot } from './local-files.ts'
import { resolve, type Resolved } from './resolve.ts'

type Extension = (module: { _compile(code: string, path: string): void }, path: string) => void

export class CommonJs {
  readonly #loaded = new Map<string, string>()
  readonly #notebook: string
  readonly #require: NodeJS.Require

  constructor(directory: string, files: LocalFiles) {
    this.#notebook = join(directory, 'notebook.ts')
    this.#require = createRequire(this.#notebook)
    const extensions = (Module as unknown as { _extensions: Record<string, Extension> })._extensions
    for (const extension of ['.ts', '.cts']) extensions[extension] = (module, path) => module._compile(files.read(path).code, path)
  }

  load(path: string, snapshot: Snapshot): unknown {
    this.#forgetChanged(path, snapshot)
    return this.#require(path)
  }

  /** `require` as a cell has it: of the notebook's folder. `seen` is told what was required. */
  require(snapshot: () => Snapshot, seen: (value: unknown, module: Resolved) => void): NodeJS.Require {
    const require = (specifier: string): unknown => {
      const resolved = this.#resolve(specifier)
      const value: unknown = resolved.kind === 'local' ? this.load(resolved.path, snapshot()) : this.#require(specifier)
      seen(value, resolved)
      return value
    }
    const { resolve: resolver, cache, extensions, main } = this.#require
    return Object.assign(require, { resolve: resolver, cache, extensions, main })
  }

  /** Packages as CommonJS finds them; files also by the names that TypeScript gives them. */
  #resolve(specifier: string): Resolved {
    if (/^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier)) return resolve(specifier, this.#notebook)
    const path = this.#require.resolve(specifier)
    if (isBuiltin(path)) return { kind: 'package', url: path.startsWith('node:') ? path : `node:${path}` }
    return /[\\/]node_modules[\\/]/.test(path) ? { kind: 'package', url: pathToFileURL(path).href } : { kind: 'local', path }
  }

  /** Drops from Node's cache every file in reach whose version is not the one that was loaded. */
  #forgetChanged(path: string, snapshot: Snapshot): void {
    for (const file of snapshot.closure(path)) {
      const version = snapshot.version(file.path)
      if (this.#loaded.get(file.path) === version) continue
      delete this.#require.cache[file.path]
      this.#loaded.set(file.path, version)
    }
  }
}
