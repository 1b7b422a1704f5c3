/** Answers about a notebook's cells: the program, its host and TypeScript's language service together. */
import type typescript from 'typescript'
import { completionsAt, type OwnNames } from './completion.ts'
import { diagnose } from './diagnosis.ts'
import { Host } from './host.ts'
import { inspectionAt } from './inspection.ts'
import type { TypeCompletions, TypeDiagnostic, TypeInspection } from './messages.ts'
import { Notebook, type CellFile, type RunCell } from './program.ts'
import { ts } from './typescript.ts'

/** Parsed files, shared by all programs of this thread. */
const documents = ts.createDocumentRegistry(ts.sys.useCaseSensitiveFileNames)

export class Answers {
  readonly #notebook: Notebook
  readonly #host: Host
  readonly #service: typescript.LanguageService
  readonly #own: OwnNames
  #ran = true

  /**
   * @param directory the notebook's folder
   * @param globals path of globals.d.ts
   * @param isCancelled asked while an answer is computed; when true, it throws ts.OperationCanceledException
   */
  constructor(directory: string, globals: string, isCancelled: () => boolean = () => false) {
    this.#notebook = new Notebook(directory)
    this.#host = new Host(directory, this.#notebook, globals, isCancelled)
    this.#own = { origin: (name) => this.#notebook.origin(name), signatures: new Map() }
    this.#service = ts.createLanguageService(this.#host, documents)
  }

  ran(cell: RunCell): CellFile {
    this.#ran = true
    return this.#notebook.ran(cell)
  }

  /** The latest run of a cell, as it now is. */
  cell(id: string): CellFile | undefined {
    return this.#notebook.cell(id)
  }

  /** @param patience ms that describing the matches may take, where it is not the usual */
  complete(code: string, offset: number, patience?: number): TypeCompletions {
    const draft = this.#draft(code)
    return completionsAt(this.#service, draft, clamp(offset, code), this.#own, patience)
  }

  inspect(code: string, offset: number, detail: 0 | 1): TypeInspection | undefined {
    return inspectionAt(this.#service, this.#draft(code), clamp(offset, code), detail)
  }

  diagnostics(file: CellFile): TypeDiagnostic[] {
    this.#refresh()
    if (!this.#notebook.holds(file)) return []
    const { diagnostics, incomplete } = diagnose(this.#service, file, this.#host.configuration.implicitAny)
    if (incomplete) this.#notebook.markIncomplete(file.path)
    return diagnostics
  }

  /** Does beforehand what the next completion would have to: the program, and the types of the names it may offer. */
  warm(): void {
    completionsAt(this.#service, this.#draft(''), 0, this.#own, Infinity)
  }

  #draft(code: string): CellFile {
    const draft = this.#notebook.draft(code)
    this.#refresh(draft)
    return draft
  }

  /** A cell that ran may have installed packages. */
  #refresh(draft?: CellFile): void {
    const changed = this.#host.refresh(draft, this.#ran)
    if (changed) this.#own.signatures.clear()
    this.#ran = false
  }
}

function clamp(offset: number, code: string): number {
  return Math.max(0, Math.min(offset, code.length))
}
