/** What the line magics do, given the cluster and a place to print. */
import { spawn } from 'node:child_process'
import type { Backend } from './cluster/backend.ts'
import type { Coordinator } from './cluster/coordinator.ts'
import { timeLeft, timeLeftWords } from './cluster/view/amounts.ts'
import { why } from './cluster/why.ts'
import type { Run } from './cluster/run.ts'
import { badMagic, duration, noSuchTask, plural, unknownMagic, unknownRun, UserError } from './errors.ts'
import { simulateNotebook, type SimulateContext } from './line-magics-simulate.ts'
import { table } from './line-magics-table.ts'
import { help } from './magics/complete.ts'
import { magicDocs, type LineMagic, type NodeWords } from './magics/lines.ts'
import type { SimulatedClusterWords } from './magics/simulation.ts'
import type { NodeStatus } from './scheduler/index.ts'
import { policies as builtIn } from './scheduler/index.ts'
import type { Expected } from './simulator/forecast.ts'
import type { KnownPolicy } from './travel/declaration.ts'

/** How long %tasks waits to hear when runs are expected to have ended, ms. */
const FORECAST_PATIENCE = 500

export type TypesMode = 'error' | 'warn' | 'off'

export interface LineMagicContext {
  readonly coordinator: Coordinator
  /** The notebook's folder. */
  readonly directory: string
  print(text: string, stream?: 'stdout' | 'stderr'): void
  show(data: Record<string, unknown>): void
  makeLocal(nodes: number, slots: number | undefined, extra: readonly NodeWords[]): Backend
  makeSimulated(words: SimulatedClusterWords): Backend
  /** For what takes a while: it can be interrupted, and shows how far it is. */
  simulating(): SimulateContext
  /** Of Sluice, then of the notebook. */
  policies(): readonly KnownPolicy[]
  /** Sets the mode when one is given; answers the one that holds. */
  typesMode(mode: TypesMode | undefined): TypesMode
}

/** @throws UserError */
export async function doLineMagic(line: LineMagic, context: LineMagicContext): Promise<void> {
  const { coordinator, print } = context
  switch (line.magic) {
    case 'cluster':
      return cluster(line, context)
    case 'simulate':
      return simulateNotebook(line, context.simulating())
    case 'tasks':
      await coordinator.foresight.forecasts.fresh(FORECAST_PATIENCE)
      return print(line.name === undefined ? allRuns(coordinator) : tasksOf(coordinator, named(coordinator, line.name)))
    case 'why': {
      const run = named(coordinator, line.name)
      checkIndex(run, line.index)
      return print(why(coordinator, run, line.index))
    }
    case 'cancel': {
      const run = named(coordinator, line.name)
      if (line.index !== undefined) checkIndex(run, line.index)
      const cancelled = coordinator.cancel([{ run: run.spec.id, ...(line.index !== undefined && { index: line.index }) }])
      return print(`${plural(cancelled, 'task')} of ${run.name} cancelled.\n`)
    }
    case 'priority': {
      const run = named(coordinator, line.name)
      coordinator.prioritize(run.spec.id, line.value)
      return print(`${run.name} now has priority ${line.value}.\n`)
    }
    case 'rerun': {
      const run = named(coordinator, line.name)
      if (line.index !== undefined) checkIndex(run, line.index)
      const tasks = coordinator.rerun({ run: run.spec.id, ...(line.index !== undefined && { index: line.index }) }, line.failed)
      return print(tasks === 0 ? `${run.name} has no task to run again.\n` : `${plural(tasks, 'task')} of ${run.name} will run again.\n`)
    }
    case 'policy':
      if (line.name !== undefined) coordinator.setPolicy(line.name)
      return print(policyTable(context, line.name))
    case 'types':
      return print(`type errors: ${context.typesMode(line.mode)}\n`)
    case 'npm':
      return npm(line.args, context)
    case 'lsmagic':
      return print(table(magicDocs.map((doc) => [doc.name, doc.meaning])) + '\n')
    case 'help':
      return helpOn(line.name, context)
  }
}

async function cluster(line: Extract<LineMagic, { magic: 'cluster' }>, { coordinator, print, makeLocal, makeSimulated }: LineMagicContext): Promise<void> {
  if (line.action === 'stop') {
    await coordinator.close()
    return print('The cluster is stopped. The next declaration starts one.\n')
  }
  if (line.action === 'local') await coordinator.open(makeLocal(line.nodes ?? (line.extra.length > 0 ? 0 : 1), line.slots, line.extra))
  if (line.action === 'simulate') await coordinator.open(makeSimulated(line))
  print(clusterTable(coordinator))
}

/** Nodes of which %cluster tells one by one. */
const LISTED_NODES = 20

function clusterTable(coordinator: Coordinator): string {
  const { backend, state } = coordinator
  if (!backend) return 'No cluster runs. The first declaration starts one on this machine; %cluster local --nodes 4 chooses its shape.\n'
  const nodes = [...state.nodes.values()]
  const rows = nodes.slice(0, LISTED_NODES).map(({ spec, idleSlots }) => {
    const sample = coordinator.samples.get(spec.id)
    const { cpu, memory, ...own } = spec.resources
    const labels = [...(spec.speed === 1 ? [] : [['speed', spec.speed]]), ...Object.entries(own), ...Object.entries(spec.labels)].map(([key, value]) => `${key}=${value}`).join(' ')
    return [spec.id, `${spec.slots - idleSlots}/${spec.slots}`, `${sample ? sample.cpu.toFixed(1) : '–'}/${cpu}`, `${sample ? gigabytes(sample.memory) : '–'}/${gigabytes(memory ?? 0)}`, labels]
  })
  const features = Object.entries(backend.capabilities).map(([feature, support]) => `${feature} ${support}`).join(', ')
  const head = `${backend.kind} cluster, ${plural(nodes.length, 'node')}, policy ${coordinator.policy}`
  const simulated = backend.simulated ? 'No body is executed and every result is undefined. Times are of a virtual clock. %cluster local starts a real one.\n' : ''
  return `${head}\n${simulated}${table([['node', 'slots busy', 'cpu', 'memory GiB', ''], ...rows])}\n${others(nodes)}${features}\n`
}

/** The nodes that are not listed, in a line. */
function others(nodes: readonly NodeStatus[]): string {
  const rest = nodes.slice(LISTED_NODES)
  if (rest.length === 0) return ''
  const slots = rest.reduce((sum, { spec }) => sum + spec.slots, 0)
  const idle = rest.reduce((sum, { idleSlots }) => sum + idleSlots, 0)
  return `… and ${plural(rest.length, 'more node')}, ${slots - idle} of their ${plural(slots, 'slot')} busy\n`
}

/** The one that holds is marked; below those of the notebook stands what is amiss with them, and where the chosen one comes from. */
function policyTable({ coordinator, policies }: LineMagicContext, chosen: string | undefined): string {
  const known = policies()
  const rows = known.map(({ name, about }) => [`${name === coordinator.policy ? '*' : ' '} ${name}`, about])
  const problems = known.flatMap(({ name, own }) => (own ? [coordinator.policyProblem(name) ?? []].flat() : []))
  const source = chosen === undefined ? [] : builtIn.filter(({ name }) => name === chosen).map((policy) => `${policy.name}: ${policy.meaning} (${policy.source})`)
  return `${[table(rows), ...problems, ...source].join('\n')}\n`
}

function gigabytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1)
}

function allRuns(coordinator: Coordinator): string {
  const runs = [...coordinator.runs.values()].slice(-50)
  if (runs.length === 0) return 'No tasks have been declared. A cell that begins with %%distribute NAME declares some (%help distribute).\n'
  const rows = runs.map((run) => [run.name, String(run.spec.count), states(coordinator, run), left(coordinator, coordinator.expected(run))])
  const unfinished = rows.filter(([, , , expected]) => expected !== '').length
  const all = unfinished > 1 ? left(coordinator, coordinator.foresight.forecasts.all) : ''
  return `${table([['run', 'tasks', 'states', ''], ...rows])}\n${all && `all of them: ${all}\n`}`
}

/** When it is expected to have ended; nothing where nobody knows. */
function left(coordinator: Coordinator, expected: Expected | undefined): string {
  if (!expected) return ''
  const now = coordinator.now
  return timeLeftWords(timeLeft(expected.early - now, expected.middle - now, expected.late - now))
}

function states(coordinator: Coordinator, run: Run): string {
  return Object.entries(coordinator.counts(run)).filter(([, count]) => count > 0).map(([state, count]) => `${count} ${state}`).join(', ')
}

function tasksOf(coordinator: Coordinator, run: Run): string {
  const most = 100
  const tasks = coordinator.tasks(run.spec.id)
  const rows = tasks.slice(0, most).map((task) => {
    const took = task.began !== undefined && task.ended !== undefined ? duration(task.ended - task.began) : ''
    const error = run.errors.get(task.index)
    return [`${run.name}[${task.index}]`, task.state, task.node ?? '', took, String(task.attempts), error ? `${error.name}: ${error.message.split('\n')[0]}` : '']
  })
  const rest = tasks.length > most ? `\n… and ${tasks.length - most} more` : ''
  const expected = left(coordinator, coordinator.expected(run))
  return `${run.name}: ${states(coordinator, run)}${expected && `, ${expected}`}\n${table([['task', 'state', 'node', 'took', 'attempts', ''], ...rows])}${rest}\n`
}

/** The latest run of that name. */
function named(coordinator: Coordinator, name: string): Run {
  const runs = [...coordinator.runs.values()]
  const run = runs.findLast((one) => one.name === name)
  if (!run) throw unknownRun(name, [...new Set(runs.map((one) => one.name))])
  return run
}

function checkIndex(run: Run, index: number): void {
  if (index >= run.spec.count) throw noSuchTask(run.name, index, run.spec.count)
}

function helpOn(name: string | undefined, { show }: LineMagicContext): void {
  const wanted = name?.replace(/^%+/, '')
  const docs = wanted === undefined ? magicDocs : magicDocs.filter((doc) => doc.name.replace(/^%+/, '') === wanted)
  if (docs.length === 0) throw unknownMagic(`%${wanted!}`, magicDocs.map((doc) => doc.name))
  const text = docs.map(help).join('\n\n')
  show({ 'text/markdown': text, 'text/plain': text })
}

/** Installs beside the notebook; npm's own output is the cell's. */
async function npm(args: readonly string[], { directory, print }: LineMagicContext): Promise<void> {
  if (args[0] !== 'install' && args[0] !== 'uninstall' && args[0] !== 'ls') throw badMagic('%npm can install, uninstall and ls', '%npm install PACKAGE …')
  const child = spawn('npm', [...args, '--prefix', directory, '--no-audit', '--no-fund'], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.setEncoding('utf8').on('data', (text: string) => print(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => print(text, 'stderr'))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(new UserError('npm', `npm could not be started: ${error.message}. Is it installed and on the PATH?`)))
    child.on('close', resolve)
  })
  if (code !== 0) throw new UserError('npm', `npm ${args.join(' ')} ended with exit code ${code}; its messages stand above.`)
}
