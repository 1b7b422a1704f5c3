/** `sluice run NOTEBOOK`: executes a notebook with no Jupyter and no Python, and writes it with its outputs. */
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { durationsFile, DurationStore } from '../cluster/durations.ts'
import { readPackage } from '../entry.ts'
import { cannotAnswer, noNotebook, plural } from '../errors.ts'
import { SluiceInterpreter } from '../interpreter.ts'
import type { ExecuteReply, Frontend, Output } from '../protocol/interpreter.ts'
import { CellOutputs, Notebook, type CodeCell } from './notebook.ts'
import { parseOptions } from './options.ts'
import { Progress } from './progress.ts'

export const help = `sluice run NOTEBOOK.ipynb [--output FILE] [--no-save] [--quiet]

Executes every cell in order, waits for outstanding tasks, and writes the notebook with its outputs.

  --output FILE  write there; without it the notebook itself is replaced
  --no-save      write nothing
  --quiet        no progress, only errors

Ends with 1 when a cell fails (what ran so far is written), 130 when interrupted.
`

export async function run(words: string[]): Promise<number> {
  const at = words.findIndex((word, i) => !word.startsWith('--') && words[i - 1] !== '--output')
  if (at < 0) throw noNotebook()
  const options = parseOptions('run', words.toSpliced(at, 1), { output: 'value', 'no-save': 'flag', quiet: 'flag' })
  const file = resolve(words[at]!)
  // Before the execution changes the working directory to the notebook's.
  const target = resolve(options.output ?? file)
  const notebook = await Notebook.read(file)
  const kept = durationsFile()
  const durations = kept === undefined ? undefined : await DurationStore.open(kept, (text) => void process.stderr.write(`sluice: ${text}\n`))
  const code = await new Execution(notebook, dirname(file), options.quiet === true, durations).run()
  if (options['no-save'] !== true) await notebook.write(target)
  return code
}

/** One execution of a whole notebook. */
class Execution implements Frontend {
  readonly #notebook: Notebook
  readonly #interpreter: SluiceInterpreter
  readonly #progress: Progress
  readonly #outputs = new Map<string, CellOutputs>()
  #interrupted = false

  constructor(notebook: Notebook, directory: string, quiet: boolean, durations: DurationStore | undefined) {
    this.#notebook = notebook
    process.chdir(directory)
    this.#interpreter = new SluiceInterpreter(directory, readPackage().version, durations)
    this.#progress = new Progress(notebook.cells.length, quiet, () => this.#runningTasks())
  }

  async run(): Promise<number> {
    const interrupt = () => {
      this.#interrupted = true
      void this.#interpreter.interrupt()
    }
    process.on('SIGINT', interrupt)
    try {
      await this.#interpreter.start(this)
      return await this.#runCells()
    } finally {
      this.#progress.stop()
      process.off('SIGINT', interrupt)
      await this.#interpreter.shutdown()
    }
  }

  async #runCells(): Promise<number> {
    let count = 0
    for (const cell of this.#notebook.cells) {
      if (cell.source.trim() === '') continue
      const reply = await this.#runCell(cell, ++count)
      if (this.#interrupted) return this.#end(130, 'interrupted')
      if (reply.status === 'error') return this.#end(1, `cell [${count}] failed:\n${reply.traceback.join('\n')}`)
    }
    return this.#outstanding()
  }

  async #runCell(cell: CodeCell, count: number): Promise<ExecuteReply> {
    const execution = `cell-${count}`
    const outputs = new CellOutputs()
    this.#outputs.set(execution, outputs)
    this.#progress.cell(count, cell.source)
    const began = performance.now()
    const allowStdin = process.stdin.isTTY === true
    const reply = await this.#interpreter.execute({
      execution, code: cell.source, silent: false, count, userExpressions: {}, allowStdin,
      ...(typeof cell.json['id'] === 'string' && { cellId: cell.json['id'] }),
    })
    if (reply.status === 'error') outputs.add({ type: 'error', name: reply.name, message: reply.message, traceback: reply.traceback })
    this.#progress.cellEnded(count, performance.now() - began, reply.status === 'ok')
    cell.json['execution_count'] = count
    cell.json['outputs'] = outputs.json
    return reply
  }

  /** Tasks that no cell awaited are waited for too; failures that nobody has seen make the run fail. */
  async #outstanding(): Promise<number> {
    const { coordinator } = this.#interpreter
    for (const one of coordinator.runs.values()) {
      const failed = await coordinator.ended(one)
      if (this.#interrupted) return this.#end(130, 'interrupted')
      const [first] = failed
      if (first && !one.awaited) {
        await this.#interpreter.settleViews()
        return this.#end(1, `${plural(failed.length, 'task')} of ${one.name} failed. The first: ${first.error.name}: ${first.error.message}\n${coordinator.places.map(first.error.stack)}`)
      }
    }
    await this.#interpreter.settleViews()
    return 0
  }

  #end(code: number, message: string): number {
    this.#progress.stop()
    process.stderr.write(`${message}\n`)
    return code
  }

  #runningTasks() {
    const { coordinator } = this.#interpreter
    return [...coordinator.runs.values()].map((one) => ({ name: one.name, count: one.spec.count, counts: coordinator.counts(one) }))
  }

  // ── the front end ────────────────────────────────────────────────────────────────────────────────────────

  output(execution: string | undefined, output: Output): void {
    if (output.type === 'display' && output.update) {
      for (const outputs of this.#outputs.values()) outputs.update(output.displayId!, output.data, output.metadata)
      return
    }
    if (execution !== undefined) this.#outputs.get(execution)?.add(output)
    if (output.type === 'stream') this.#progress.print(output.text)
  }

  comm(): void {
    // No front end, so nobody to open a comm to.
  }

  async input(_execution: string, prompt: string): Promise<string> {
    if (process.stdin.isTTY !== true) throw cannotAnswer(prompt)
    this.#progress.pause()
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return await terminal.question(prompt)
    } finally {
      terminal.close()
      this.#progress.resume()
    }
  }
}

