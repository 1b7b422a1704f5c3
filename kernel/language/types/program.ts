/**
 * The notebook as a TypeScript program. Every run of a cell is a module of its own that never changes again: in front
 * of the cell's text stands one generated line that imports what earlier runs declared, and behind it another that
 * exports what it declares itself. So redeclaring is no error, the latest declaration of a name wins, and a cell run
 * again after its dependents cannot make a cycle. Pure: nothing here touches the disk.
 */
import { namesOf, type DeclaredName, type Names } from './names.ts'

export interface RunCell {
  /** The notebook's cell; running it again replaces what it was. */
  readonly id: string
  readonly count: number
  /** TypeScript, magics translated line for line. */
  readonly code: string
}

/** One file of the program: `head` + the cell's own code + `tail`. */
export interface CellFile {
  readonly path: string
  readonly head: string
  readonly code: string
  readonly tail: string
}

export function textOf(file: CellFile): string {
  return file.head + file.code + file.tail
}

interface Run {
  readonly file: CellFile
  readonly names: Names
  /** Paths of the runs that it imports from. */
  readonly uses: ReadonlySet<string>
  /** Not every module it imports was found, so a re-run may find more. */
  incomplete: boolean
}

/** Cells that declare nothing are kept for their diagnostics, this many of them. */
const KEPT = 50

export class Notebook {
  /** The folder, with a slash at its end. */
  readonly #folder: string
  /** By path. */
  readonly #runs = new Map<string, Run>()
  readonly #byText = new Map<string, Run>()
  readonly #latest = new Map<string, Run>()
  readonly #values = new Map<string, Run>()
  readonly #types = new Map<string, Run>()
  #made = 0

  /** @param directory the notebook's folder: what the cells' relative imports are relative to */
  constructor(directory: string) {
    this.#folder = directory.endsWith('/') ? directory : `${directory}/`
  }

  ran({ id, code }: RunCell): CellFile {
    const names = namesOf(code)
    const { head, uses } = this.#head(code, (name) => names.mentioned.has(name), names.declared)
    // The same code with the same names in view is the same module: a notebook run again from the top costs nothing.
    const before = this.#byText.get(head + code)
    const run = before && !before.incomplete ? before : { file: { path: this.#newPath(), head, code, tail: tail(names.declared) }, names, uses, incomplete: false }
    this.#byText.set(head + code, run)
    this.#latest.delete(id)
    this.#latest.set(id, run)
    this.#runs.set(run.file.path, run)
    for (const { name, value, type } of names.declared.values()) {
      if (value !== 'none') this.#values.set(name, run)
      if (type) this.#types.set(name, run)
    }
    this.#forget()
    return run.file
  }

  /** A cell that is being written: it sees all names. */
  draft(code: string): CellFile {
    const { head } = this.#head(code, () => true, namesOf(code).declared)
    return { path: this.#path('draft'), head, code, tail: '\nexport {}\n' }
  }

  /** The latest run of a cell. */
  cell(id: string): CellFile | undefined {
    return this.#latest.get(id)?.file
  }

  get files(): CellFile[] {
    return [...this.#runs.values()].map(({ file }) => file)
  }

  /** Whether this run is still part of the program. */
  holds({ path }: CellFile): boolean {
    return this.#runs.has(path)
  }

  /** Path of the run whose declaration of `name` holds. */
  origin(name: string): string | undefined {
    return (this.#values.get(name) ?? this.#types.get(name))?.file.path
  }

  /** Running this cell again shall look for its modules again, even with the same code. */
  markIncomplete(path: string): void {
    const run = this.#runs.get(path)
    if (run) run.incomplete = true
  }

  #newPath(): string {
    return this.#path(`${++this.#made}`)
  }

  #path(name: string): string {
    return this.#folder + fileName(name)
  }

  /** The line in front of a cell: its references directives, and the earlier names among `wanted` that it does not declare. */
  #head(code: string, wanted: (name: string) => boolean, own: ReadonlyMap<string, DeclaredName>): { head: string; uses: Set<string> } {
    const uses = new Set<string>()
    const imports = new Map<string, string[]>()
    const others: string[] = []
    const from = (run: Run) => {
      uses.add(run.file.path)
      return JSON.stringify(`./${run.file.path.slice(this.#folder.length)}`)
    }
    const bring = (name: string, run: Run, words: string) => {
      const module = from(run)
      imports.set(module, [...(imports.get(module) ?? []), words + name])
    }
    for (const name of new Set([...this.#values.keys(), ...this.#types.keys()])) {
      if (!wanted(name)) continue
      const declared = own.get(name)
      const value = declared && declared.value !== 'none' ? undefined : this.#values.get(name)
      const type = declared?.type ? undefined : this.#types.get(name)
      const known = value?.names.declared.get(name)
      // An import cannot be assigned to, and cannot share its name with a type from elsewhere.
      if (value && known && (known.value === 'assignable' || declared || (type && type !== value))) {
        others.push(`${known.docs === undefined ? '' : `\n${known.docs}\n`}declare ${known.value === 'assignable' ? 'let' : 'const'} ${name}: typeof import(${from(value)}).${name};`)
        if (type) bring(name, type, 'type ')
      } else if (value) bring(name, value, '')
      else if (type) bring(name, type, declared ? 'type ' : '')
    }
    const lines = [...imports].map(([module, names]) => `import { ${names.join(', ')} } from ${module};`)
    return { head: `${references(code)}${[...lines, ...others].join(' ')}\n`, uses }
  }

  /** Drops the runs that nothing can refer to any more. */
  #forget(): void {
    const kept = new Set<string>()
    const keep = (run: Run | undefined) => {
      if (!run || kept.has(run.file.path)) return
      kept.add(run.file.path)
      for (const path of run.uses) keep(this.#runs.get(path))
    }
    for (const run of this.#values.values()) keep(run)
    for (const run of this.#types.values()) keep(run)
    for (const run of this.#latest.values()) if (run.names.augments) keep(run)
    for (const run of [...this.#latest.values()].slice(-KEPT)) keep(run)
    for (const runs of [this.#runs, this.#byText, this.#latest]) {
      for (const [key, { file }] of runs) if (!kept.has(file.path)) runs.delete(key)
    }
  }
}

/** A file name that no user has. */
function fileName(name: string): string {
  return `.sluice-cell-${name}.ts`
}

/** Takes the program's own file names out of a text meant for the user: `import("/home/me/.sluice-cell-3").Row` is `Row`. */
export function withoutPaths(text: string): string {
  return text.replace(/(?:typeof )?import\("[^"]*\.sluice-cell-[^"]*"\)\.?/g, '')
}

/** `/// <reference …>` counts only at the very top of a file. */
function references(code: string): string {
  const lines = /^(?:\s*\/\/\/\s*<reference[^\n]*)*/.exec(code)![0].trim()
  return lines === '' ? '' : `${lines}\n`
}

/** Exports what the cell declares; `export {}` at least, so that it is a module, where `await` may stand. */
function tail(declared: ReadonlyMap<string, DeclaredName>): string {
  const names = [...declared.values()].filter(({ exported }) => !exported)
  return `\nexport { ${names.map(({ name }) => name).join(', ')} }\n`
}
