/** Progress of a notebook's execution on a terminal: a bar for the cells and one for every run with tasks left. */
import { clip, duration } from '../errors.ts'

interface RunProgress {
  readonly name: string
  readonly count: number
  readonly counts: Readonly<Record<string, number>>
}

const WIDTH = 24
const MOST_RUNS = 5

/** On a terminal the bars stay below what is printed and are redrawn in place; elsewhere each cell gets a line when it ends. */
export class Progress {
  readonly #cells: number
  readonly #quiet: boolean
  readonly #runs: () => readonly RunProgress[]
  readonly #live: boolean
  #timer: NodeJS.Timeout | undefined
  #drawn = 0
  #current = ''
  #done = 0

  constructor(cells: number, quiet: boolean, runs: () => readonly RunProgress[]) {
    this.#cells = cells
    this.#quiet = quiet
    this.#runs = runs
    this.#live = !quiet && process.stderr.isTTY === true
    this.resume()
  }

  cell(count: number, source: string): void {
    this.#current = `[${count}] ${clip(source.trim().split('\n')[0]!, 60)}`
    this.#draw()
  }

  cellEnded(count: number, ms: number, ok: boolean): void {
    this.#done = count
    if (!this.#quiet) this.#above(`${ok ? '✓' : '✗'} ${this.#current}  ${duration(ms)}\n`)
  }

  /** What a cell printed, above the bars. */
  print(text: string): void {
    if (!this.#quiet) this.#above(text)
  }

  pause(): void {
    clearInterval(this.#timer)
    this.#erase()
  }

  resume(): void {
    if (this.#live) this.#timer = setInterval(() => this.#draw(), 100).unref()
  }

  stop(): void {
    this.pause()
  }

  #above(text: string): void {
    this.#erase()
    process.stderr.write(text.endsWith('\n') || !this.#live ? text : `${text}\n`)
    this.#draw()
  }

  #draw(): void {
    if (!this.#live) return
    this.#erase()
    const columns = process.stderr.columns || 80
    const lines = [`cells ${bar(this.#done / this.#cells)} ${this.#done}/${this.#cells}  ${this.#current}`, ...this.#runLines()].map((line) => clip(line, columns - 1))
    process.stderr.write(lines.join('\n') + '\n')
    this.#drawn = lines.length
  }

  #runLines(): string[] {
    const ended = ({ counts }: RunProgress) => (counts['succeeded'] ?? 0) + (counts['failed'] ?? 0) + (counts['cancelled'] ?? 0) + (counts['skipped'] ?? 0)
    const open = this.#runs().filter((run) => ended(run) < run.count)
    const lines = open.slice(0, MOST_RUNS).map((run) => `tasks ${bar(ended(run) / run.count)} ${ended(run)}/${run.count}  ${run.name}, ${run.counts['running'] ?? 0} running${run.counts['failed'] ? `, ${run.counts['failed']} failed` : ''}`)
    return open.length > MOST_RUNS ? [...lines, `… and ${open.length - MOST_RUNS} more runs`] : lines
  }

  #erase(): void {
    if (this.#drawn > 0) process.stderr.write(`\x1b[${this.#drawn}F\x1b[J`)
    this.#drawn = 0
  }
}

function bar(fraction: number): string {
  const full = Math.round(Math.min(1, fraction) * WIDTH)
  return '█'.repeat(full) + '░'.repeat(WIDTH - full)
}
