/** A notebook file (nbformat 4): read, its cells' outputs replaced, written. Everything else in it stays as it is. */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { badNotebook } from '../errors.ts'
import type { Output } from '../protocol/interpreter.ts'

type JsonObject = Record<string, unknown>

export interface CodeCell {
  readonly source: string
  /** In the file, as it stands there. */
  readonly json: JsonObject
}

export class Notebook {
  readonly #json: JsonObject
  /** Code cells in order. */
  readonly cells: readonly CodeCell[]

  private constructor(json: JsonObject, cells: readonly CodeCell[]) {
    this.#json = json
    this.cells = cells
  }

  /** @throws UserError naming the file and what is wrong with it */
  static async read(file: string): Promise<Notebook> {
    let json: unknown
    try {
      json = JSON.parse(await readFile(file, 'utf8'))
    } catch (error) {
      throw badNotebook(file, (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `cannot be read: ${(error as Error).message}`)
    }
    if (!isObject(json) || !Array.isArray(json['cells'])) throw badNotebook(file, 'is not a notebook: it has no list of cells')
    if (json['nbformat'] !== 4) throw badNotebook(file, `has notebook format ${String(json['nbformat'])}; convert it first with: jupyter nbconvert --to notebook --nbformat 4`)
    const language = languageOf(json)
    if (language !== undefined && language !== 'typescript') throw badNotebook(file, `is written in ${language}; sluice runs notebooks in typescript`)
    const code = json['cells'].map((cell: unknown, index) => codeCell(cell, index, file)).filter((cell) => cell !== undefined)
    return new Notebook(json, code)
  }

  /** In one step: a reader never finds half a notebook, and the old one stays when writing fails. */
  async write(file: string): Promise<void> {
    const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`
    await writeFile(temporary, JSON.stringify(this.#json, null, 1) + '\n')
    await rename(temporary, file)
  }
}

/** What a cell put out, by nbformat's rules: streams joined, displays updated in place, clear_output obeyed. */
export class CellOutputs {
  readonly #outputs: JsonObject[] = []
  readonly #displays = new Map<string, JsonObject[]>()
  #clearNext = false

  add(output: Output): void {
    if (output.type === 'clear') {
      if (output.wait) this.#clearNext = true
      else this.#clear()
      return
    }
    if (output.type === 'display' && output.update) return this.update(output.displayId!, output.data, output.metadata)
    if (this.#clearNext) this.#clear()
    this.#clearNext = false
    this.#append(output)
  }

  /** Of a display that this or another cell shows. */
  update(displayId: string, data: JsonObject, metadata: JsonObject): void {
    for (const shown of this.#displays.get(displayId) ?? []) Object.assign(shown, { data, metadata })
  }

  get json(): readonly JsonObject[] {
    return this.#outputs
  }

  #append(output: Exclude<Output, { type: 'clear' }>): void {
    switch (output.type) {
      case 'stream': {
        const last = this.#outputs.at(-1)
        if (last?.['output_type'] === 'stream' && last['name'] === output.name) last['text'] = String(last['text']) + output.text
        else this.#outputs.push({ output_type: 'stream', name: output.name, text: output.text })
        return
      }
      case 'display': {
        const shown = { output_type: 'display_data', data: output.data, metadata: output.metadata }
        this.#outputs.push(shown)
        if (output.displayId !== undefined) this.#displays.set(output.displayId, [...(this.#displays.get(output.displayId) ?? []), shown])
        return
      }
      case 'result':
        this.#outputs.push({ output_type: 'execute_result', execution_count: output.count, data: output.data, metadata: output.metadata })
        return
      case 'error':
        this.#outputs.push({ output_type: 'error', ename: output.name, evalue: output.message, traceback: output.traceback })
    }
  }

  #clear(): void {
    this.#outputs.length = 0
    this.#displays.clear()
  }
}

function codeCell(cell: unknown, index: number, file: string): CodeCell | undefined {
  if (!isObject(cell) || typeof cell['cell_type'] !== 'string') throw badNotebook(file, `has something that is no cell at position ${index + 1}`)
  if (cell['cell_type'] !== 'code') return undefined
  const { source } = cell
  const lines = Array.isArray(source) ? source : [source]
  if (!lines.every((line) => typeof line === 'string')) throw badNotebook(file, `has a cell without source at position ${index + 1}`)
  return { source: lines.join(''), json: cell }
}

function languageOf(json: JsonObject): string | undefined {
  const metadata = isObject(json['metadata']) ? json['metadata'] : {}
  const spec = isObject(metadata['kernelspec']) ? metadata['kernelspec'] : {}
  const info = isObject(metadata['language_info']) ? metadata['language_info'] : {}
  const language = spec['language'] ?? info['name']
  return typeof language === 'string' ? language.toLowerCase() : undefined
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
