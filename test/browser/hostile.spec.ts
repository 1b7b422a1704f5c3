/** Records that somebody has tampered with: whatever they say, the page stays well, and what cannot be shown is explained. */
import { expect, notebookOf, sample, test } from './fixtures.ts'

const SEED = Math.floor(Math.random() * 2 ** 31)
const COUNT = 10_000
const BATCH = 100

test(`${COUNT.toLocaleString('en')} tampered records are shown or explained, and harm nothing`, async ({ notebook, server }) => {
  test.setTimeout(120_000)
  server.write('empty.ipynb', notebookOf(['1']))
  await notebook.open('empty.ipynb')
  const names = ['twelve tasks in progress', 'a failed run with skipped followers', 'a single task', 'no nodes']
  const bases = await Promise.all(names.map(sample))
  const total = { shown: 0, explained: 0 }
  for (let batch = 0; batch < COUNT / BATCH; batch++) {
    const result = await notebook.page.evaluate(showTampered, { bases, seed: SEED + batch, count: BATCH })
    expect(result.silent, `neither shown nor explained, seed ${SEED + batch}`).toEqual([])
    total.shown += result.shown
    total.explained += result.explained
    expect(notebook.errors, `seed ${SEED + batch}`).toEqual([])
  }
  expect(await notebook.page.evaluate(() => 'hacked' in window)).toBe(false)
  test.info().annotations.push({ type: 'records', description: `${JSON.stringify(total)}, seed ${SEED}` })
  expect(total.shown + total.explained).toBe(COUNT)
  for (const count of Object.values(total)) expect(count).toBeGreaterThan(COUNT / 20)
})

interface Job {
  readonly bases: readonly object[]
  readonly seed: number
  readonly count: number
}

interface Outcome {
  shown: number
  explained: number
  /** Indices of records of which nothing was said. */
  silent: number[]
}

/** Runs in the page: tampers, renders in the notebook's own renderer where it is seen, and takes it away. */
async function showTampered({ bases, seed, count }: Job): Promise<Outcome> {
  const MIME = 'application/vnd.sluice.run.v1+json'
  let state = seed
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
  const nonsense: unknown[] = [null, -1, 0, 1, 1e308, 2 ** 31, 2 ** 53, 0.5, '', markup, '\u202e\u0000\ud800', 'AAAA', [], {}, true, 'NaN', [markup], '__proto__']
  /** Of the kind that stands there, so that it may pass the schema. */
  const alike = (value: unknown): unknown => {
    if (typeof value === 'number') return pick([0, 1, 7, value + 1, value * 2, 99_999, 2 ** 31, 2 ** 53 - 1])
    if (typeof value === 'string') return pick([markup, '', value.slice(1), value + value, 'x'.repeat(5000), '\u202e\u0000\ud800'])
    if (Array.isArray(value)) return pick([[], [...value, ...value], [...value].reverse(), value.slice(1), [...value, value[0]]])
    return pick(nonsense)
  }
  /** Changes a place anywhere in a value. */
  const tamper = (value: object): void => {
    let node = value as Record<string, unknown>
    for (;;) {
      const key = pick(Object.keys(node))
      const inner = node[key]
      if (typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0 && random() < 0.8) {
        node = inner as Record<string, unknown>
        continue
      }
      const what = random()
      if (what < 0.1) delete node[key]
      else node[key] = what < 0.75 ? alike(inner) : pick(nonsense)
      return
    }
  }
  interface Renderer {
    readonly node: HTMLElement
    renderModel(model: object): Promise<void>
    dispose(): void
  }
  const { rendermime } = window.jupyterapp.shell.currentWidget.content as unknown as { rendermime: { createRenderer(type: string): Renderer } }
  const stage = document.createElement('div')
  stage.style.cssText = 'position: fixed; inset: 0; overflow: hidden; z-index: 99999; background: white; display: grid; grid-template-columns: repeat(10, 1fr)'
  document.body.append(stage)
  const renderers: Renderer[] = []
  for (let i = 0; i < count; i++) {
    const record = structuredClone(pick(bases))
    for (let times = 1 + Math.floor(random() * 3); times > 0; times--) tamper(record)
    const renderer = rendermime.createRenderer(MIME)
    renderer.node.style.cssText = 'height: 80px; overflow: hidden'
    stage.append(renderer.node)
    renderers.push(renderer)
    await renderer.renderModel({ data: { [MIME]: record }, metadata: {}, trusted: false, setData: () => undefined })
  }
  const said = ({ node }: Renderer): boolean => node.querySelector('.sl-Notice, .sl-Run .sl-RunFrame') !== null
  // React draws in frames of its own choice; then one frame to be seen, and one to be drawn in.
  for (let frame = 0; frame < 300 && !renderers.every(said); frame++) await new Promise(requestAnimationFrame)
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
  const outcome: Outcome = { shown: 0, explained: 0, silent: [] }
  renderers.forEach(({ node }, i) => {
    const notice = node.querySelector('.sl-Notice')?.textContent ?? ''
    if (notice.includes('cannot be shown') && notice.split('\n').length >= 3) outcome.explained++
    else if (node.querySelector('.sl-Run .sl-RunFrame')) outcome.shown++
    else outcome.silent.push(i)
  })
  for (const renderer of renderers) renderer.dispose()
  stage.remove()
  return outcome
}
