/** The modules of a process: packages as Node loads them, local files read again when they change. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { missingExport } from '../errors.ts'
import { CommonJs } from './commonjs.ts'
import { LocalFiles, Snapshot, type LocalFile } from './local-files.ts'
import type { ModuleExport } from './module-export.ts'
import { resolve, type Resolved } from './resolve.ts'
import { Sources } from './sources.ts'
import './emitted.ts'

export type Namespace = Record<string, unknown>

export interface ImportOptions {
  /** Import attributes, e.g. `{ type: 'json' }`. */
  readonly with?: Record<string, string>
  /** Exports that must be there. */
  readonly names?: readonly string[]
}

/**
 * Needs Node's `--experimental-vm-modules` and `--experimental-import-meta-resolve`. Local modules are re-evaluated
 * when their content, or that of a local module they import, has changed since the last import.
 */
export class Modules {
  readonly sources: Sources
  readonly #notebook: string
  readonly #files: LocalFiles
  readonly #commonJs: CommonJs
  /** Local modules by name, which holds their version. */
  readonly #instances = new Map<string, vm.Module>()
  readonly #fileOf = new WeakMap<vm.Module, LocalFile>()
  readonly #packages = new Map<string, vm.Module>()
  readonly #exports = new WeakMap<object, ModuleExport>()
  #linking: Promise<unknown> = Promise.resolve()

  /** @param directory the notebook's folder, from which specifiers are resolved */
  constructor(directory: string, sources = new Sources()) {
    this.sources = sources
    this.#notebook = join(directory, 'notebook.ts')
    this.#files = new LocalFiles(directory)
    this.#commonJs = new CommonJs(directory, this.#files)
  }

  /** @param from path of the importing file */
  async import(specifier: string, options: ImportOptions = {}, from = this.#notebook): Promise<Namespace> {
    const namespace = await this.#namespace(resolve(String(specifier), from), options)
    return options.names ? withNames(namespace, String(specifier), options.names) : namespace
  }

  /** Namespace of the module that an export is of. A local file is loaded as it now stands. */
  load(ref: ModuleExport): Promise<Namespace> {
    return this.import(ref.url)
  }

  /** The export that an imported function, object or namespace is. */
  exportOf(value: object): ModuleExport | undefined {
    return this.#exports.get(value)
  }

  /** `require` of the notebook's folder. */
  get require(): NodeJS.Require {
    return this.#commonJs.require(
      () => new Snapshot(this.#files),
      (value, resolved) => this.#recordOne(value, { url: resolved.kind === 'local' ? pathToFileURL(resolved.path).href : resolved.url, name: 'default', version: '' }),
    )
  }

  mapStack(stack: string): string {
    return this.sources.map(stack)
  }

  /** To be called when execution was terminated: what was being linked then will never be. */
  forgetUnfinished(): void {
    this.#linking = Promise.resolve()
    for (const [name, module] of this.#instances) if (module.status === 'unlinked' || module.status === 'linking') this.#instances.delete(name)
  }

  async #namespace(resolved: Resolved, options: ImportOptions): Promise<Namespace> {
    if (resolved.kind === 'package') return await this.#importPackage(resolved.url, options)
    const snapshot = new Snapshot(this.#files)
    const module = await this.#alone(async () => {
      const instance = this.#instance(resolved.path, snapshot)
      if (instance.status === 'unlinked') await instance.link((specifier, importer) => this.#link(specifier, importer, snapshot))
      return instance
    })
    try {
      await module.evaluate()
    } finally {
      this.#settle(snapshot.closure(resolved.path), snapshot)
    }
    return module.namespace as Namespace
  }

  /** Two graphs that share modules must not be linked at the same time. */
  #alone<T>(link: () => Promise<T>): Promise<T> {
    const done = this.#linking.then(link)
    this.#linking = done.catch(() => undefined)
    return done
  }

  async #link(specifier: string, importer: vm.Module, snapshot: Snapshot): Promise<vm.Module> {
    const resolved = resolve(specifier, this.#fileOf.get(importer)!.path)
    return resolved.kind === 'local' ? this.#instance(resolved.path, snapshot) : await this.#packageModule(resolved.url)
  }

  #instance(path: string, snapshot: Snapshot): vm.Module {
    const file = snapshot.file(path)
    const name = this.#files.name(file, snapshot.version(path), this.sources)
    let module = this.#instances.get(name)
    if (module && module.status !== 'errored') return module
    module = file.kind === 'esm' ? this.#sourceModule(file, name) : this.#valueModule(file, name, snapshot)
    const base = name.slice(0, name.indexOf('?v='))
    for (const other of this.#instances.keys()) if (other.startsWith(`${base}?v=`)) this.#instances.delete(other)
    this.#instances.set(name, module)
    this.#fileOf.set(module, file)
    return module
  }

  #sourceModule(file: LocalFile, name: string): vm.Module {
    return new vm.SourceTextModule(file.code, {
      identifier: name,
      initializeImportMeta: (meta) => void Object.assign(meta, this.meta(file.path)),
      importModuleDynamically: (async (specifier: string, _module: unknown, attributes: Record<string, string>) => await this.import(specifier, { with: attributes }, file.path)) as never,
    })
  }

  /** JSON and CommonJS: the value is the default export, its properties the named ones. */
  #valueModule(file: LocalFile, name: string, snapshot: Snapshot): vm.Module {
    const value: unknown = file.kind === 'json' ? JSON.parse(file.code) : this.#commonJs.load(file.path, snapshot)
    const named = file.kind === 'commonjs' && value !== null && (typeof value === 'object' || typeof value === 'function') ? ownData(value) : new Map<string, unknown>()
    named.set('default', value)
    return synthetic(name, named)
  }

  async #importPackage(url: string, options: ImportOptions): Promise<Namespace> {
    const isJson = options.with?.['type'] === 'json' || /\.json$/.test(url)
    const namespace = (await (isJson ? import(url, { with: { type: 'json' } }) : import(url))) as Namespace
    this.#record(namespace, url, '')
    return namespace
  }

  async #packageModule(url: string): Promise<vm.Module> {
    let module = this.#packages.get(url)
    if (module) return module
    const namespace = await this.#importPackage(url, {})
    module = this.#packages.get(url) ?? synthetic(url, new Map(Object.keys(namespace).map((key) => [key, namespace[key]])))
    this.#packages.set(url, module)
    return module
  }

  /** What `import.meta` says in a file. */
  meta(path = this.#notebook): object {
    return {
      url: pathToFileURL(path).href,
      filename: path,
      dirname: join(path, '..'),
      resolve: (specifier: string) => {
        const resolved = resolve(specifier, path)
        return resolved.kind === 'local' ? pathToFileURL(resolved.path).href : resolved.url
      },
    }
  }

  #settle(files: readonly LocalFile[], snapshot: Snapshot): void {
    for (const file of files) {
      const version = snapshot.version(file.path)
      const name = `${pathToFileURL(file.path).href}?v=${version}`
      const module = this.#instances.get(name)
      // What failed is tried anew by the next import.
      if (module?.status === 'errored') this.#instances.delete(name)
      if (module?.status === 'evaluated') this.#record(module.namespace as Namespace, pathToFileURL(file.path).href, version)
    }
  }

  /** The first module seen to export a thing is taken to be its home. */
  #record(namespace: Namespace, url: string, version: string): void {
    if (this.#exports.has(namespace)) return
    this.#exports.set(namespace, { url, name: '*', version })
    for (const name of Object.keys(namespace)) this.#recordOne(namespace[name], { url, name, version })
  }

  #recordOne(value: unknown, ref: ModuleExport): void {
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') if (!this.#exports.has(value)) this.#exports.set(value, ref)
  }
}

function synthetic(name: string, values: ReadonlyMap<string, unknown>): vm.Module {
  const module: vm.SyntheticModule = new vm.SyntheticModule(
    [...values.keys()],
    () => {
      for (const [key, value] of values) module.setExport(key, value)
    },
    { identifier: name },
  )
  return module
}

/** Own properties that are plain values; no getter is run. */
function ownData(value: object): Map<string, unknown> {
  return new Map(Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([key, one]) => ('value' in one && one.enumerable ? [[key, one.value as unknown]] : [])))
}

/** Node finds only some of a CommonJS package's names; the others are properties of its default export. */
function withNames(namespace: Namespace, specifier: string, names: readonly string[]): Namespace {
  const missing = names.filter((name) => !(name in namespace))
  if (missing.length === 0) return namespace
  const whole = namespace['default']
  const more = (typeof whole === 'object' && whole !== null) || typeof whole === 'function' ? (whole as Namespace) : {}
  const absent = missing.find((name) => !(name in more))
  if (absent !== undefined) throw missingExport(specifier, absent, Object.keys(namespace))
  return { ...namespace, ...Object.fromEntries(missing.map((name) => [name, more[name]])) }
}
