/** Compiler options of a notebook, and what its folder's tsconfig.json makes of them. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type typescript from 'typescript'
import { ts } from './typescript.ts'

export interface Configuration {
  readonly options: typescript.CompilerOptions
  /** The user asked to be told of implicit `any`s. */
  readonly implicitAny: boolean
  /** The files it was read from, with their times of change. */
  readonly sources: ReadonlyMap<string, number>
}

const friendly: typescript.CompilerOptions = {
  strict: true,
  lib: [`lib.${libraryOf(Number.parseInt(process.versions.node))}.d.ts`],
  types: [],
  allowJs: true,
  jsx: ts.JsxEmit.Preserve,
}

/** What gets in the way of trying things out. */
const relaxed: typescript.CompilerOptions = { strictPropertyInitialization: false, useUnknownInCatchVariables: false }

/** What a cell is, whatever a project's own options say. */
const fixed: typescript.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['node'],
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  allowSyntheticDefaultImports: true,
  skipLibCheck: true,
  noEmit: true,
  // `let xs = []` in one cell and `xs.push(1)` in the next: without this the array's elements would be `never`.
  noImplicitAny: true,
}

/** Options of a project that also make sense for cells. */
const honoured = [
  'strict', 'strictNullChecks', 'strictFunctionTypes', 'strictBindCallApply', 'strictPropertyInitialization', 'strictBuiltinIteratorReturn', 'alwaysStrict',
  'noImplicitThis', 'useUnknownInCatchVariables', 'exactOptionalPropertyTypes', 'noUncheckedIndexedAccess', 'noPropertyAccessFromIndexSignature',
  'noFallthroughCasesInSwitch', 'noImplicitReturns', 'noImplicitOverride', 'paths', 'baseUrl', 'pathsBasePath', 'rootDirs', 'lib', 'types', 'typeRoots',
  'allowJs', 'checkJs', 'maxNodeModuleJsDepth', 'jsx', 'jsxFactory', 'jsxImportSource', 'experimentalDecorators', 'moduleSuffixes',
] as const

/** The options for cells of this folder; `before` itself while the files it was read from are unchanged. */
export function readOptions(directory: string, before?: Configuration): Configuration {
  if (before && [...before.sources].every(([path, time]) => changedAt(path) === time)) return before
  const path = join(directory, 'tsconfig.json')
  if (!changedAt(path)) return { options: { ...friendly, ...relaxed, ...fixed }, implicitAny: false, sources: new Map([[path, 0]]) }
  const file = ts.readJsonConfigFile(path, (name) => ts.sys.readFile(name))
  // An empty list of files: only the options are wanted, not a walk through the folder.
  const parsed = ts.parseJsonSourceFileConfigFileContent(file, { ...ts.sys, readDirectory: () => [] }, directory).options
  const theirs = Object.fromEntries(honoured.filter((name) => parsed[name] !== undefined).map((name) => [name, parsed[name]]))
  // A project that says how strict it is means all that `strict` stands for.
  const base = parsed.strict === undefined ? { ...friendly, ...relaxed } : friendly
  const sources = [path, ...(file.extendedSourceFiles ?? [])].map((source) => [source, changedAt(source)] as const)
  return { options: { ...base, ...theirs, ...fixed }, implicitAny: parsed.noImplicitAny ?? parsed.strict ?? false, sources: new Map(sources) }
}

/** Milliseconds; 0 when there is no such file. */
function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** The newest standard library that this version of Node knows in full. */
function libraryOf(node: number): string {
  return node >= 24 ? 'es2025' : node >= 22 ? 'es2024' : 'es2023'
}
