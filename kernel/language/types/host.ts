/** What the compiler sees of the world: the notebook's cells from memory, everything else from the disk. */
import { createRequire, isBuiltin } from 'node:module'
import { statSync } from 'node:fs'
import { join, sep } from 'node:path'
import type typescript from 'typescript'
import { readOptions, type Configuration } from './configuration.ts'
import { textOf, type CellFile, type Notebook } from './program.ts'
import { ts } from './typescript.ts'

interface Content {
  readonly version: string
  readonly snapshot: typescript.IScriptSnapshot
}

export class Host implements typescript.LanguageServiceHost {
  readonly #directory: string
  readonly #notebook: Notebook
  readonly #cells = new Map<string, Content>()
  readonly #disk = new Map<string, Content>()
  readonly #always: readonly string[]
  readonly #compilerFolder = join(ts.sys.getExecutingFilePath(), '..')
  #configuration: Configuration
  readonly #hasNodeTypes: boolean
  #roots: string[] = []
  /** What has been found for one program: the next may find more. */
  #resolutions: typescript.ModuleResolutionCache
  #draft: CellFile
  readonly #isCancelled: () => boolean
  #generation = 0
  #revision = 0

  /**
   * @param directory the notebook's folder
   * @param globals path of globals.d.ts
   */
  constructor(directory: string, notebook: Notebook, globals: string, isCancelled: () => boolean) {
    this.#directory = directory
    this.#notebook = notebook
    this.#isCancelled = isCancelled
    this.#configuration = readOptions(directory)
    const node = nodeTypes(directory)
    this.#always = [globals, ...node]
    this.#hasNodeTypes = node.length > 0
    this.#resolutions = this.#noResolutions()
    this.#draft = notebook.draft('')
    this.#put(this.#draft)
    this.refresh()
  }

  get configuration(): Configuration {
    return this.#configuration
  }

  /**
   * Takes in the cells as they are now, and what has changed on the disk: whether anything there has. With
   * `installed`, packages may have changed as well, not only the user's files.
   */
  refresh(draft = this.#draft, installed = false): boolean {
    const files = [...this.#notebook.files, draft]
    const paths = new Set(files.map(({ path }) => path))
    for (const path of this.#cells.keys()) if (!paths.has(path)) this.#cells.delete(path)
    for (const file of files) if (!this.#cells.has(file.path)) this.#put(file)
    if (draft !== this.#draft) this.#put((this.#draft = draft))
    this.#roots = [...this.#always, ...paths]
    const before = this.#configuration
    this.#configuration = readOptions(this.#directory, before)
    const changed = [...this.#disk].filter(([path, { version }]) => !this.#isFixed(path, installed) && versionOf(path) !== version)
    for (const [path] of changed) this.#disk.delete(path)
    this.#resolutions = this.#noResolutions()
    this.#generation++
    return changed.length > 0 || this.#configuration !== before
  }

  getProjectVersion(): string {
    return `${this.#generation}`
  }
  getCompilationSettings(): typescript.CompilerOptions {
    return this.#configuration.options
  }
  getScriptFileNames(): string[] {
    return this.#roots
  }
  getScriptVersion(path: string): string {
    return this.#content(path)?.version ?? 'none'
  }
  getScriptSnapshot(path: string): typescript.IScriptSnapshot | undefined {
    return this.#content(path)?.snapshot
  }
  getCurrentDirectory(): string {
    return this.#directory
  }
  getDefaultLibFileName(options: typescript.CompilerOptions): string {
    return ts.getDefaultLibFilePath(options)
  }
  getCancellationToken(): typescript.HostCancellationToken {
    return { isCancellationRequested: this.#isCancelled }
  }
  fileExists(path: string): boolean {
    return this.#cells.has(path) || ts.sys.fileExists(path)
  }
  readFile(path: string): string | undefined {
    return ts.sys.readFile(path)
  }
  readDirectory(...words: Parameters<typeof ts.sys.readDirectory>): string[] {
    return ts.sys.readDirectory(...words)
  }
  getModuleResolutionCache(): typescript.ModuleResolutionCache {
    return this.#resolutions
  }
  /**
   * As the compiler itself does it, but for Node's own modules, which Node's types declare: looking for them as files, in
   * each folder upwards, for each import of Node's types and for each cell anew, takes a fifth of the compiler's time.
   */
  resolveModuleNameLiterals(
    literals: readonly typescript.StringLiteralLike[], from: string, reference: typescript.ResolvedProjectReference | undefined,
    options: typescript.CompilerOptions, source: typescript.SourceFile,
  ): typescript.ResolvedModuleWithFailedLookupLocations[] {
    return literals.map((literal) => {
      if (this.#hasNodeTypes && isBuiltin(literal.text)) return { resolvedModule: undefined }
      const mode = ts.getModeForUsageLocation(source, literal, options)
      return ts.resolveModuleName(literal.text, from, options, this, this.#resolutions, reference, mode)
    })
  }
  directoryExists(path: string): boolean {
    return ts.sys.directoryExists(path)
  }
  getDirectories(path: string): string[] {
    return ts.sys.getDirectories(path)
  }
  realpath(path: string): string {
    return this.#cells.has(path) ? path : ts.sys.realpath!(path)
  }
  useCaseSensitiveFileNames(): boolean {
    return ts.sys.useCaseSensitiveFileNames
  }

  #noResolutions(): typescript.ModuleResolutionCache {
    const canonical = (name: string) => (ts.sys.useCaseSensitiveFileNames ? name : name.toLowerCase())
    return ts.createModuleResolutionCache(this.#directory, canonical, this.#configuration.options)
  }

  #put(file: CellFile): void {
    this.#cells.set(file.path, { version: `cell ${++this.#revision}`, snapshot: ts.ScriptSnapshot.fromString(textOf(file)) })
  }

  #content(path: string): Content | undefined {
    const known = this.#cells.get(path) ?? this.#disk.get(path)
    if (known) return known
    const version = versionOf(path)
    const text = version === undefined ? undefined : ts.sys.readFile(path)
    if (version === undefined || text === undefined) return undefined
    const content = { version, snapshot: ts.ScriptSnapshot.fromString(text) }
    this.#disk.set(path, content)
    return content
  }

  /** Whether a file is taken not to have changed: looking at hundreds of them for every key typed would cost more than it finds. */
  #isFixed(path: string, installed: boolean): boolean {
    return path.startsWith(this.#compilerFolder) || (!installed && path.includes(`${sep}node_modules${sep}`))
  }
}

function versionOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() ? `${stat.mtimeMs} ${stat.size}` : undefined
}

/** Node's own types: those that the notebook's folder has, else those that Sluice brings. */
function nodeTypes(directory: string): string[] {
  for (const from of [join(directory, 'notebook.ts'), import.meta.url]) {
    try {
      return [join(createRequire(from).resolve('@types/node/package.json'), '..', 'index.d.ts')]
    } catch {
      // Not installed there.
    }
  }
  return []
}
