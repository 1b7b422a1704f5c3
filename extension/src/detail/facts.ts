/** Facts of a run in words: times, options, dependencies. No DOM but the language's own dates. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { bytes, count, duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import type { Amounts, RecordedDependency, RecordedOptions, RunRecord } from '../../../kernel/cluster/record/types.ts'

export type Fact = readonly [name: string, value: string]

/** A duration, or a dash where there is none. */
export function known(ms: number): string {
  return ms >= 0 && ms < Infinity ? duration(ms) : '–'
}

/** The time of day, to the millisecond; nothing for what is no time. @param ms since 1970 */
export function clockTime(ms: number): string {
  if (!(Math.abs(ms) <= 8.64e15)) return ''
  return new Date(ms).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' })
}

/** Day and time. @param ms since 1970 */
export function dateTime(ms: number): string {
  if (!(Math.abs(ms) <= 8.64e15)) return ''
  return new Date(ms).toLocaleString(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
}

/** `cpu 2, memory 2 GiB` */
export function amounts(request: Amounts): string {
  const shown = Object.entries(request).slice(0, 20)
  return shown.map(([name, amount]) => `${plain(name, 40)} ${name === 'memory' ? bytes(amount) : amount}`).join(', ')
}

/** What was asked for; what nobody asked for is left out. */
export function optionFacts(trans: TranslationBundle, options: RecordedOptions): Fact[] {
  const { priority, request, node, labels, retries, backoff, timeout, replicas, mode, policy, speculate } = options
  const names: Readonly<Record<string, string>> = { [-10]: trans.__('low'), 0: trans.__('normal'), 10: trans.__('high') }
  const places = [...(node === undefined ? [] : [plain(node, 60)]), ...Object.entries(labels ?? {}).slice(0, 20).map(([key, value]) => `${plain(key, 40)}=${plain(value, 40)}`)]
  return [
    [trans.__('priority'), names[priority] === undefined ? String(priority) : `${names[priority]} (${priority})`],
    ...(Object.keys(request).length === 0 ? [] : [[trans.__('each asks for'), amounts(request)] as const]),
    ...(places.length === 0 ? [] : [[trans.__('only on'), places.join(', ')] as const]),
    [trans.__('retries'), retries === 0 ? trans.__('none') : trans.__('%1, the first after %2', count(retries), duration(backoff))],
    ...(timeout === undefined ? [] : [[trans.__('timeout'), duration(timeout)] as const]),
    ...(replicas > 1 ? [[trans.__('replicas'), count(replicas)] as const] : []),
    ...(speculate === true ? [[trans.__('speculation'), trans.__('stragglers get a copy')] as const] : []),
    ...(mode === 'sync' ? [[trans.__('mode'), trans.__('all start together')] as const] : []),
    ...(policy === undefined ? [] : [[trans.__('policy'), plain(policy, 60)] as const]),
  ]
}

/** What a run's tasks wait for, one line for each dependency. */
export function dependencyLines(trans: TranslationBundle, record: RunRecord, dependencies: readonly RecordedDependency[], most: number): string[] {
  const name = (run: number): string => {
    const group = run === record.run.id ? record.run : record.upstream.find((one) => one.run === run)
    return group ? plain(group.name, 60) : trans.__('run %1', run)
  }
  return dependencies.slice(0, most).map((dependency) => {
    switch (dependency.how) {
      case 'each': return dependency.stride === 1 ? trans.__('its own task of %1', name(dependency.on)) : trans.__('a task of %1, %2 share each', name(dependency.on), count(dependency.stride))
      case 'all': return trans.__('all of %1', name(dependency.on))
      case 'tasks': return trans._n('%2 task of %3', '%2 tasks of %3', dependency.tasks.length, count(dependency.tasks.length), name(dependency.on))
      case 'tree': return dependency.on === undefined ? trans.__('a tree over %1 items', count(dependency.leaves)) : trans.__('a tree over the %1 results of %2', count(dependency.leaves), name(dependency.on))
    }
  })
}
