/** All that a view shows of one task. */
import { plural } from '../../errors.ts'
import type { Wire } from '../../travel/declaration.ts'
import { parameterNames, preview } from '../../travel/preview.ts'
import type { Input, ValueRef } from '../backend.ts'
import type { Coordinator } from '../coordinator.ts'
import { cut } from '../record/pack.ts'
import { handleTasks, taskName, type Run, type Source } from '../run.ts'
import { why } from '../why.ts'
import type { Preview, Progress, TaskDetail, TaskInput, TaskRef } from './types.ts'

const MOST_TEXT = 19_000
const MOST_INPUTS = 100
/** Larger values stay where they are. */
const MOST_BYTES = 256 * 1024
/** So many values are fetched from nodes for one view of a task, and waited for so long, ms. */
const MOST_FETCHED = 12
const PATIENCE = 3000
/** Bodies with more captured data than this are not opened to see what they call their parameters. */
const MOST_BODY = 1024 * 1024

export async function detailOf(coordinator: Coordinator, run: Run, index: number): Promise<TaskDetail> {
  const inputs = inputsOf(coordinator, run, index)
  const progress = progressOf(run, index)
  const succeeded = run.submitted && coordinator.state.stateName(run.spec.first + index) === 'succeeded'
  const values = new Values(coordinator)
  const [told, result] = await Promise.all([
    Promise.all(inputs.slice(0, MOST_INPUTS).map(({ source, ...input }) => values.told(input, source))),
    succeeded ? values.preview({ task: run.spec.first + index }) : undefined,
  ])
  return {
    what: 'detail',
    name: cut(taskName(run, index), 190),
    why: cut(run.submitted ? why(coordinator, run, index) : `${taskName(run, index)} waits for the cluster to start.\n`, MOST_TEXT),
    log: (run.logs.get(index) ?? '').slice(-MOST_TEXT),
    ...(progress && { progress }),
    inputs: told,
    ...(inputs.length > MOST_INPUTS && { omitted: inputs.length - MOST_INPUTS }),
    ...(result && { result }),
  }
}

/** What the task's body reported, made to fit: it comes from the user's code. */
export function progressOf(run: Run, index: number): Progress | undefined {
  const progress = run.progress.get(index)
  if (!progress) return undefined
  const fraction = progress.fraction >= 0 ? Math.min(1, progress.fraction) : 0
  return { fraction, ...(progress.text !== undefined && { text: cut(String(progress.text), 290) }) }
}

interface NamedInput extends TaskInput {
  /** Absent for a whole run, which is too much to show. */
  readonly source?: Source
}

/** The body's arguments, then the results that it captured. */
function inputsOf(coordinator: Coordinator, run: Run, index: number): NamedInput[] {
  const names = run.bundle.length <= MOST_BODY ? parameterNames(run.bundle) : []
  const given = run.inputs(index).map((source, i): NamedInput => ({ name: names[i] ?? `argument ${i + 1}`, source, ...fromOf(coordinator, source) }))
  const captured = run.declaration.handles.map((ref): NamedInput => {
    const other = coordinator.runs.get(ref.run)
    if (!other) return { name: `run ${ref.run}` }
    const sources = handleTasks(other, ref)
    if (sources.length !== 1) return { name: cut(`${other.name} (${plural(sources.length, 'result')})`, 190) }
    return { name: cut(other.name, 190), source: sources[0]!, ...fromOf(coordinator, sources[0]!) }
  })
  return [...given, ...captured]
}

function fromOf(coordinator: Coordinator, source: Source): { from?: TaskRef } {
  const run = 'task' in source ? coordinator.find(source.task) : undefined
  return run && 'task' in source ? { from: { uid: run.uid, name: cut(run.name, 190), task: source.task - run.spec.first } } : {}
}

/** Fetches values for one answer, within bounds. */
class Values {
  readonly #coordinator: Coordinator
  #fetched = 0

  constructor(coordinator: Coordinator) {
    this.#coordinator = coordinator
  }

  async told(input: TaskInput, source: Source | undefined): Promise<TaskInput> {
    const shown = source && (await this.preview(source))
    return shown ? { ...input, preview: shown } : input
  }

  /** Nothing when there is no value (yet). */
  async preview(source: Source): Promise<Preview | undefined> {
    if ('wire' in source) return previewOf(source.wire)
    const run = this.#coordinator.find(source.task)
    if (!run?.submitted || this.#coordinator.state.stateName(source.task) !== 'succeeded') return undefined
    const value = this.#coordinator.input(source)
    return isReference(value) ? this.#fetch(value) : previewOf(value)
  }

  async #fetch(reference: ValueRef): Promise<Preview> {
    const { size, nodes } = reference
    const where = { bytes: size, nodes: nodes.slice(0, 16).map((node) => cut(node, 190)) }
    const told = `${plural(size, 'byte')} on ${nodes.slice(0, 3).join(', ')}`
    if (nodes.length === 0) return { ...where, text: 'dropped, as nothing needs it any more' }
    if (size > MOST_BYTES || ++this.#fetched > MOST_FETCHED) return { ...where, text: `${told}: await it in a cell to see it` }
    try {
      return { ...where, text: preview(await soon(this.#coordinator.read(reference))) }
    } catch (error) {
      return { ...where, text: cut(`${told}, from where it could not be read: ${(error as Error).message}`, 3900) }
    }
  }
}

function isReference(input: Input): input is ValueRef {
  return typeof input === 'object' && input !== null && !(input instanceof Uint8Array)
}

function previewOf(wire: Wire): Preview {
  if (!(wire instanceof Uint8Array)) return { text: preview(wire) }
  const bytes = wire.length
  return { bytes, text: bytes > MOST_BYTES ? `${plural(bytes, 'byte')} in the kernel: await it in a cell to see it` : preview(wire) }
}

async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('its node does not answer')), PATIENCE).unref()))
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
