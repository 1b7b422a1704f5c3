/** Which module a specifier names, seen from a file: as ESM resolves it, with what TypeScript users write besides. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, extname, resolve as resolvePath } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { cannotResolve, fileNotFound, packageNotFound } from '../errors.ts'

export type Resolved =
  /** A file outside node_modules: loaded here, and again when it changes. */
  | { readonly kind: 'local'; readonly path: string }
  /** `url`: a file inside node_modules, `node:` or `data:`. Loaded by Node, once. */
  | { readonly kind: 'package'; readonly url: string }

/** @param from the importing file's path; it need not exist */
export function resolve(specifier: string, from: string): Resolved {
  if (isBuiltin(specifier)) return { kind: 'package', url: specifier.startsWith('node:') ? specifier : `node:${specifier}` }
  if (specifier.startsWith('data:')) return { kind: 'package', url: specifier }
  if (/^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) return found(filePath(specifier, from))
  return resolveBare(specifier, from)
}

function resolveBare(specifier: string, from: string): Resolved {
  let url: string
  try {
    url = import.meta.resolve(specifier, pathToFileURL(from).href)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_MODULE_NOT_FOUND' && !specifier.startsWith('#')) throw packageNotFound(specifier, dirname(from))
    throw cannotResolve(specifier, dirname(from), message.replace(/ imported from .*$/s, ''))
  }
  return url.startsWith('file:') ? found(fileURLToPath(url)) : { kind: 'package', url }
}

function found(path: string): Resolved {
  const inPackage = /[\\/]node_modules[\\/]/.test(path)
  return inPackage ? { kind: 'package', url: pathToFileURL(path).href } : { kind: 'local', path }
}

const written = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json']
/** `./x.js` is how TypeScript names x.ts. */
const sourceOf: Readonly<Record<string, string>> = { '.js': '.ts', '.mjs': '.mts', '.cjs': '.cts' }

function filePath(specifier: string, from: string): string {
  const path = specifier.startsWith('file:') ? fileURLToPath(specifier.replace(/[?#].*$/, '')) : resolvePath(dirname(from), specifier)
  const extension = extname(path)
  const candidates = [path, ...(sourceOf[extension] ? [path.slice(0, -extension.length) + sourceOf[extension]] : []), ...written.map((one) => path + one), ...written.map((one) => resolvePath(path, `index${one}`))]
  const file = candidates.find((one) => isFile(one))
  if (file === undefined) throw fileNotFound(specifier, dirname(from), neighbours(path))
  return realpathSync(file)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function neighbours(path: string): string[] {
  const folder = dirname(path)
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => written.includes(extname(name)))
  return extname(basename(path)) === '' ? names.map((name) => name.slice(0, -extname(name).length)) : names
}
