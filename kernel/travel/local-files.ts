/** Local modules as they stand on disk: read, transpiled, and given a version that covers what they import. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { extname, isAbsolute, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseSync } from './oxc.ts'
import { resolve, type Resolved } from './resolve.ts'
import { placed, positionAt } from './source-error.ts'
import { following, type Sources } from './sources.ts'
import { transpile } from './transpile.ts'

export interface LocalFile {
  readonly path: string
  readonly hash: string
  readonly kind: 'esm' | 'commonjs' | 'json'
  /** JavaScript, or the JSON text. */
  readonly code: string
  /** Specifiers that it imports when it is loaded. */
  readonly requests: readonly string[]
  /** Turns positions of `code` into the file's. */
  readonly original: ReturnType<typeof following>
}

/** The files of one import, each read once, so that all of them see the same content. */
export class Snapshot {
  readonly #files: LocalFiles
  readonly #read = new Map<string, LocalFile>()
  readonly #versions = new Map<string, string>()

  constructor(files: LocalFiles) {
    this.#files = files
  }

  file(path: string): LocalFile {
    let file = this.#read.get(path)
    if (!file) this.#read.set(path, (file = this.#files.read(path)))
    return file
  }

  /** Hash of the contents of everything local that the file reaches, itself included; so cycles need no order. */
  version(path: string): string {
    let version = this.#versions.get(path)
    if (version !== undefined) return version
    const hash = createHash('sha256')
    for (const file of this.closure(path)) hash.update(`${file.path}\0${file.hash}\0`)
    version = hash.digest('hex').slice(0, 16)
    this.#versions.set(path, version)
    return version
  }

  /** The file and all local ones that it imports, directly or not, by path. */
  closure(path: string): LocalFile[] {
    const reached = new Map<string, LocalFile>()
    const visit = (at: string) => {
      if (reached.has(at)) return
      const file = this.file(at)
      reached.set(at, file)
      for (const specifier of file.requests) {
        const resolved = tryResolve(specifier, at)
        if (resolved?.kind === 'local') visit(resolved.path)
      }
    }
    visit(path)
    return [...reached.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }
}

/** What cannot be found is reported by whoever imports it, when it does. */
function tryResolve(specifier: string, from: string): Resolved | undefined {
  try {
    return resolve(specifier, from)
  } catch {
    return undefined
  }
}

export class LocalFiles {
  readonly #directory: string
  readonly #known = new Map<string, LocalFile>()

  /** @param directory the notebook's folder: files in it are shown relative to it */
  constructor(directory: string) {
    this.#directory = directory
  }

  /** Reads the file; what was made of the same content before is used again. */
  read(path: string): LocalFile {
    const source = readFileSync(path, 'utf8')
    const hash = createHash('sha256').update(source).digest('hex')
    const known = this.#known.get(path)
    if (known?.hash === hash) return known
    const file = this.#make(path, hash, source)
    this.#known.set(path, file)
    return file
  }

  /** Name of a file's version in stacks, mapped to its own lines by `sources`. */
  name(file: LocalFile, version: string, sources: Sources): string {
    const name = `${pathToFileURL(file.path).href}?v=${version}`
    sources.add(name, { shown: this.shown(file.path), original: file.original })
    return name
  }

  shown(path: string): string {
    const inside = relative(this.#directory, path)
    return inside.startsWith('..') || isAbsolute(inside) ? path : inside
  }

  #make(path: string, hash: string, source: string): LocalFile {
    const extension = extname(path)
    if (extension === '.json') return { path, hash, kind: 'json', code: source, requests: [], original: (position) => position }
    const text = source.replace(/^\uFEFF/, '')
    const typed = /^\.[mc]?tsx?$/.test(extension)
    const transpiled = typed ? transpile(this.shown(path), text, 'dropped') : undefined
    const code = transpiled?.code ?? text
    const { module, errors } = parseSync('module.js', code, { sourceType: 'unambiguous', lang: 'js' })
    if (errors[0] && module.hasModuleSyntax) throw placed(new SyntaxError(errors[0].message), this.shown(path), code, positionAt(code, errors[0].labels[0]?.start ?? 0))
    const kind = kindOf(extension, code, module.hasModuleSyntax)
    const requests =
      kind === 'commonjs'
        ? [...code.matchAll(/\brequire\(\s*(['"])(.+?)\1\s*\)/g)].map((match) => match[2]!)
        : [...module.staticImports.map((one) => one.moduleRequest.value), ...module.staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest?.value ?? []))]
    return { path, hash, kind, code, requests: [...new Set(requests)], original: transpiled ? following(transpiled.map) : (position) => position }
  }
}

/** Extensions decide where they can; otherwise what the file itself says, for notebooks' folders seldom have a package.json. */
function kindOf(extension: string, code: string, hasModuleSyntax: boolean): 'esm' | 'commonjs' {
  if (hasModuleSyntax || extension === '.mjs' || extension === '.mts') return 'esm'
  if (extension === '.cjs' || extension === '.cts') return 'commonjs'
  return /\b(?:module\.exports|exports\.\w|exports\[|require\()/.test(code) ? 'commonjs' : 'esm'
}
