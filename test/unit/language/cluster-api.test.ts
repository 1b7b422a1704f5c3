import { describe, expect, test } from 'vitest'
import { ClusterApi } from '../../../kernel/language/cluster-api.ts'
import type { Execution } from '../../../kernel/language/context.ts'
import type { FromSession } from '../../../kernel/language/messages.ts'
import { decodeBody } from '../../../kernel/travel/capture.ts'
import type { Schedule } from '../../../kernel/travel/experiment.ts'
import { cell, decodeContext } from '../travel/notebook.ts'
import { FakeKernel } from './fake-kernel.ts'

const display = Symbol.for('Jupyter.display')

/** A session's `cluster`, and what it says to the kernel. */
function session() {
  const sent: FromSession[] = []
  const kernel = new FakeKernel()
  const execution: Execution = { id: 'cell 7', count: 7, silent: false, allowStdin: false, abandoned: false }
  const api = new ClusterApi({
    send: (message) => sent.push(message),
    alive: () => execution,
    capture: (body, what) => kernel.distribution.capture(body, what),
    policies: [{ name: 'heft', about: 'plans ahead', own: false }, { name: 'earlier', about: '', own: true }],
  })
  return { api, cluster: api.api, sent, execution, kernel, body: (code: string) => kernel.body(code) as (view: unknown) => unknown }
}

const graph = { tasks: [{ name: 'b', duration: 2, after: 'a' }, { name: 'a', duration: 3 }] }
const schedule: Schedule = { node: Int32Array.of(0, 0), start: Float64Array.of(0, 3), end: Float64Array.of(3, 5), makespan: 5, lowerBound: 5, utilization: 1, utilizations: Float64Array.of(1), policy: 'heft' }
const shown = { text: 'as text', png: Uint8Array.of(1, 2, 3) }

describe('cluster.policy()', () => {
  test('sends the function with what it captured', async () => {
    const { cluster, sent, body } = session()
    cell('globalThis.wanted = "b"')
    const policy = cluster.policy('mine', body('(view) => view.tasks.map((task) => ({ task, node: wanted }))'), { about: 'all on b', timeout: '2s', seed: 4 })
    expect(sent).toEqual([{ type: 'policy', policy: { name: 'mine', cell: 'cell 7', about: 'all on b', timeout: 2000, seed: 4, bundle: expect.any(Uint8Array) as Uint8Array, digest: expect.any(String) as string } }])
    const { bundle } = (sent[0] as Extract<FromSession, { type: 'policy' }>).policy
    const decoded = await decodeBody(bundle, { ...decodeContext(), load: () => Promise.reject(new Error()) })
    expect(decoded({ tasks: [1] })).toEqual([{ task: 1, node: 'b' }])
    expect(policy).toMatchObject({ name: 'mine', about: 'all on b', own: true })
    expect((policy as Record<symbol, () => object>)[display]!()).toEqual({ 'text/plain': expect.stringContaining('%policy mine') as string })
  })

  test('describes a policy by its name, and removes one of the notebook', () => {
    const { cluster, sent } = session()
    expect(cluster.policy('heft')).toMatchObject({ name: 'heft', about: 'plans ahead', own: false })
    expect('remove' in cluster.policy('heft')).toBe(false)
    ;(cluster.policy('earlier') as { remove(): void }).remove()
    expect(sent).toEqual([{ type: 'policy-removed', name: 'earlier' }])
    expect(() => cluster.policy('earlier')).toThrow(/there is no policy earlier/)
  })

  const mistakes: Record<string, [call: (one: ReturnType<typeof session>) => unknown, says: RegExp]> = {
    'a name that is no word': [({ cluster, body }) => cluster.policy('a b', body('() => []')), /a word of letters.*not a b/],
    'a name of Sluice’s': [({ cluster, body }) => cluster.policy('heft', body('() => []')), /^heft is one of Sluice's own policies/],
    'no function': [({ cluster }) => cluster.policy('mine', 5), /takes a function of the view, not 5/],
    'an unknown option': [({ cluster, body }) => cluster.policy('mine', body('() => []'), { timeut: 1 }), /^cluster.policy has no option timeut \(did you mean timeout\?\)/],
    'a timeout without end': [({ cluster, body }) => cluster.policy('mine', body('() => []'), { timeout: '1h' }), /^timeout takes a duration from 1ms to 60s/],
    'the handle of a run': [({ cluster, kernel, body }) => {
      const handle = kernel.distribution.distribute('one', kernel.body())
      return cluster.policy('mine', (body('(handle) => () => handle') as (handle: unknown) => unknown)(handle))
    }, /the policy mine uses the handle of a run/],
    'what cannot travel': [({ cluster, body }) => cluster.policy('mine', (body('(config) => () => config.db') as (config: unknown) => unknown)({ db: { pending: Promise.resolve() } })), /^config\.db\.pending is a Promise/],
  }
  for (const [what, [call, says]] of Object.entries(mistakes)) {
    test(`says what is wrong with ${what}, and registers nothing`, () => {
      const one = session()
      expect(() => call(one)).toThrow(expect.objectContaining({ name: 'SluiceError', message: expect.stringMatching(says) as string }))
      expect(one.sent).toEqual([])
    })
  }
})

describe('cluster.plan() and cluster.simulate()', () => {
  test('give tasks in the order of the graph, by name', async () => {
    const { api, cluster, sent } = session()
    const planning = cluster.plan(graph, { policy: 'heft', seed: 3, schedules: 100 })
    expect(sent).toMatchObject([{ type: 'experiment', id: 1, question: { kind: 'plan', policy: 'heft', seed: 3, schedules: 100, names: ['a', 'b'], problem: { count: 2 } } }])
    api.receive({ type: 'experimented', id: 1, outcome: { ...schedule, schedules: 1 }, shown })
    const plan = await planning
    expect(plan).toEqual({
      policy: 'heft', makespan: 5, lowerBound: 5, schedules: 1, utilization: 1, nodes: [{ name: 'node-1', utilization: 1 }],
      tasks: [{ name: 'b', node: 'node-1', start: 3, end: 5 }, { name: 'a', node: 'node-1', start: 0, end: 3 }],
    })
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })

  test('show themselves as the text and the picture that came with the answer', async () => {
    const { api, cluster } = session()
    const comparing = cluster.simulate(graph, { policies: 'fifo, heft' })
    api.receive({ type: 'experimented', id: 1, outcome: { schedules: [{ ...schedule, policy: 'fifo', relative: 1 }, { ...schedule, relative: 1 }] }, shown })
    const rows = await comparing
    expect(rows.map(({ policy, relative, utilization }) => [policy, relative, utilization])).toEqual([['fifo', 1, 1], ['heft', 1, 1]])
    expect((rows as unknown as Record<symbol, () => Record<string, string>>)[display]!()).toEqual({ 'image/png': 'AQID', 'text/plain': 'as text' })
    const planning = cluster.plan(graph)
    api.receive({ type: 'experimented', id: 2, outcome: { ...schedule, schedules: 1 }, shown: { text: 'nothing could be drawn' } })
    expect(((await planning) as unknown as Record<symbol, () => object>)[display]!()).toEqual({ 'text/plain': 'nothing could be drawn' })
  })

  test('say what is wrong with options, and pass on what the planner refuses', async () => {
    const { api, cluster } = session()
    await expect(cluster.plan(graph, { seconds: -1 })).rejects.toThrow(/^seconds takes a number above 0/)
    await expect(cluster.plan(graph, { nodez: 1 })).rejects.toThrow(/no option nodez \(did you mean nodes\?\)/)
    await expect(cluster.plan({ tasks: [{ name: 'a', duration: -1 }] })).rejects.toThrow('tasks[0] (a): duration is -1; it takes ms, 0 or more.')
    await expect(cluster.simulate(graph, { failures: [{ node: 'x', at: 1 }] })).rejects.toThrow(/failures\[0\]: node is x/)
    await expect(cluster.simulate(graph, { policies: ['earlier'] })).rejects.toThrow(/policies of Sluice/)
    const planning = cluster.plan(graph, { policy: 'nothing' })
    api.receive({ type: 'experimented', id: 1, error: { code: 'unknown-policy', message: 'there is no policy nothing.' } })
    await expect(planning).rejects.toMatchObject({ code: 'unknown-policy' })
  })

  test('end with the cell that is interrupted', async () => {
    const { api, cluster, sent, execution } = session()
    const planning = cluster.plan(graph)
    api.abandoned({ ...execution })
    api.abandoned(execution)
    await expect(planning).rejects.toThrow('interrupted')
    expect(sent.at(-1)).toEqual({ type: 'experiments-dropped', ids: [1] })
  })
})
