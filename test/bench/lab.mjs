// The extension in a real JupyterLab in Chromium, without a GPU if the machine has none. What each figure is:
//   saved-N       a saved record of N tasks: ms from the notebook's renderModel to the end of the frame by which the graph
//                 stands on its canvas (looked at once a frame, so up to one frame too much). `cold`: in a fresh browser,
//                 where the code is loaded, too; `warm`: again in the same page. `longTask`: the longest that blocked the page.
//   live          a run whose tasks sleep, so that the machine is left for the kernel and the page. `lag`: from the moment
//                 that a message of the kernel tells of (asOf) to the frame in which the graph is next drawn. `kernelCpu`:
//                 cores that the kernel process used during the run, with this page watching, and with `live` off;
//                 `kernelCpuOfWatching`: the difference, at the same number of tasks a second.
//                 `offScreen`: what our code asked of the page (frames, timers) in 3 s after the run was scrolled away.
//   sizes         gzipped bytes of what is loaded, and of the record for each task.
import { chromium } from '@playwright/test'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { findChromium, labextension } from '../../kernel/setup/environment.mjs'
import { NotebookPage, notebookOf } from '../browser/notebook.mjs'
import { eachRun } from '../browser/samples.mjs'
import { Server } from '../browser/server.mjs'

const COLD_ROUNDS = 5
const WARM_ROUNDS = 9
const LIVE_TASKS = 60_000
const LIVE_ROUNDS = 3

export const measures = {
  'saved-1000': () => measureSaved(1000),
  'saved-10000': () => measureSaved(10_000),
  'saved-100000': () => measureSaved(100_000),
  live: measureLive,
  sizes: measureSizes,
}

async function inBrowser(work) {
  const server = await Server.start()
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-background-networking', '--disable-component-update']
  const browser = await chromium.launch({ executablePath: findChromium(), args })
  try {
    return await work(server, browser)
  } finally {
    await browser.close()
    await server.stop()
  }
}

function measureSaved(count) {
  return inBrowser(async (server, browser) => {
    const record = await eachRun(count)
    server.write('empty.ipynb', notebookOf(['1']))
    const cold = []
    const warm = []
    for (let round = 0; round < COLD_ROUNDS; round++) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      const notebook = new NotebookPage(page, server)
      await notebook.open('empty.ipynb')
      cold.push(await page.evaluate(paintSaved, { record, round: 0 }))
      for (let again = 1; again <= WARM_ROUNDS / 3; again++) warm.push(await page.evaluate(paintSaved, { record, round: again }))
      await page.close()
    }
    const ms = (list, name) => round(median(list.map((one) => one[name])))
    return {
      tasks: record.run.count,
      coldPaintMs: ms(cold, 'paint'), coldLongTaskMs: ms(cold, 'longTask'),
      warmPaintMs: ms(warm, 'paint'), warmWorstPaintMs: round(Math.max(...warm.map(({ paint }) => paint))),
      warmLongTaskMs: ms(warm, 'longTask'), warmWorstLongTaskMs: round(Math.max(...warm.map(({ longTask }) => longTask))),
    }
  })
}

/** Runs in the page: shows a record as the notebook would, takes it away, and returns ms. */
async function paintSaved({ record, round }) {
  const MIME = 'application/vnd.sluice.run.v1+json'
  const data = { ...record, run: { ...record.run, uid: round.toString(16).padStart(16, '0') } }
  const long = []
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)))
  observer.observe({ type: 'longtask' })
  const stage = document.createElement('div')
  stage.style.cssText = 'position: fixed; inset: 0; overflow: auto; z-index: 99999; background: white'
  document.body.append(stage)
  const frame = () => new Promise(requestAnimationFrame)
  for (let i = 0; i < 5; i++) await frame()
  const renderer = window.jupyterapp.shell.currentWidget.content.rendermime.createRenderer(MIME)
  stage.append(renderer.node)
  const drawn = () => {
    const canvas = renderer.node.querySelector('.sl-Pane-graph canvas')
    if (!canvas || canvas.width === 0 || canvas.height === 0) return false
    const { data } = canvas.getContext('2d').getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1)
    return new Uint32Array(data.buffer).some((pixel, _, row) => pixel !== row[0])
  }
  const began = performance.now()
  await renderer.renderModel({ data: { [MIME]: data }, metadata: {}, trusted: false, setData: () => undefined })
  while (!drawn()) await frame()
  // The frame ends before the next message is handled.
  await new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = resolve
    port2.postMessage(0)
  })
  const paint = performance.now() - began
  // Other panes follow; what they block is counted, too.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  observer.disconnect()
  renderer.dispose()
  stage.remove()
  return { paint, longTask: Math.max(0, ...long) }
}

const liveCells = [
  '%cluster local --nodes 2 --slots 8',
  `%%distribute events --each n of Array.from({ length: ${LIVE_TASKS} }, (_, i) => i)\nawait new Promise((resolve) => setTimeout(resolve, 2))\nreturn n`,
  'await events.results({ settled: true }); 0',
  ...Array.from({ length: 30 }, (_, i) => `// ${i}\n\n\n\n`),
]

function measureLive() {
  return inBrowser(async (server, browser) => {
    const watched = []
    const unwatched = []
    // By turns, so that a busy moment of the machine falls on both.
    for (let round = 0; round < LIVE_ROUNDS; round++) {
      watched.push(await oneLive(server, browser, { watching: true, scrollAway: false }))
      unwatched.push(await oneLive(server, browser, { watching: false, scrollAway: false }))
    }
    const away = await oneLive(server, browser, { watching: true, scrollAway: true })
    const lags = watched.flatMap((one) => one.lags)
    const mid = (list, figure, digits) => round(median(list.map(figure)), digits)
    return {
      tasks: LIVE_TASKS, eventsPerSecond: mid(watched, rate), messagesPerSecond: mid(watched, ({ lags, seconds }) => lags.length / seconds),
      lagP50Ms: round(quantile(lags, 0.5)), lagP95Ms: round(quantile(lags, 0.95)),
      framesPerSecond: mid(watched, ({ frames, seconds }) => frames / seconds), longTasks: mid(watched, ({ long }) => long.length), longestTaskMs: mid(watched, ({ long }) => Math.max(0, ...long)),
      kernelCpu: mid(watched, load, 3), unwatchedKernelCpu: mid(unwatched, load, 3), unwatchedEventsPerSecond: mid(unwatched, rate),
      kernelCpuOfWatching: round(median(watched.map(load)) - median(unwatched.map((one) => (one.cpu / LIVE_TASKS) * (median(watched.map(rate)) / 2))), 3),
      offScreen: away.asked,
    }
  })
}

/** A task tells of its start and of its end. */
const rate = ({ seconds }) => (2 * LIVE_TASKS) / seconds
const load = ({ cpu, seconds }) => cpu / seconds

async function oneLive(server, browser, { watching, scrollAway }) {
  await server.set('sluice-jupyterlab:plugin', { live: watching })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  await page.addInitScript(instrument)
  const notebook = new NotebookPage(page, server)
  server.write('live.ipynb', notebookOf(liveCells))
  await notebook.open('live.ipynb')
  await notebook.run(0)
  const id = await page.evaluate(() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id)
  const before = cpuSeconds(id)
  const began = performance.now()
  await page.evaluate(() => window.measured.start())
  await notebook.run(1)
  let asked
  if (scrollAway) {
    await notebook.show(liveCells.length - 1)
    asked = await page.evaluate(() => window.measured.askedIn(3000))
  }
  await notebook.run(2)
  const seconds = (performance.now() - began) / 1000
  const cpu = cpuSeconds(id) - before
  const figures = await page.evaluate(() => window.measured.stop())
  await page.close()
  await server.shutDownKernels()
  if (watching && figures.lags.length === 0) throw new Error('the kernel told the page nothing of its run')
  return { seconds, cpu, asked, ...figures }
}

/** Runs in the page before anything else: notes what the kernel says, when our canvases are drawn, and what our code asks for. */
function instrument() {
  const state = { lags: [], long: [], frames: 0, measuring: false, latest: undefined, declared: 0, drew: false, asked: { frames: 0, timers: 0 } }
  const decoder = new TextDecoder()
  const read = ({ data }) => {
    const text = typeof data === 'string' ? data : decoder.decode(data)
    if (!text.includes('comm_msg')) return
    state.declared = Number(/"declared":(\d+(?:\.\d+)?)/.exec(text)?.[1] ?? state.declared)
    const asOf = /"asOf":(\d+(?:\.\d+)?)/.exec(text)?.[1]
    if (asOf !== undefined && state.declared > 0) state.latest = state.declared + Number(asOf)
  }
  const Native = window.WebSocket
  window.WebSocket = class extends Native {
    constructor(...words) {
      super(...words)
      this.addEventListener('message', read)
    }
  }
  for (const name of ['clearRect', 'fillRect']) {
    const native = CanvasRenderingContext2D.prototype[name]
    CanvasRenderingContext2D.prototype[name] = function (...words) {
      state.drew ||= this.canvas.closest?.('.sl-Pane-graph') !== null
      return native.apply(this, words)
    }
  }
  const ours = () => new Error().stack.includes('sluice-jupyterlab')
  const nativeFrame = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (callback) => {
    if (ours()) state.asked.frames++
    return nativeFrame((time) => {
      state.drew = false
      callback(time)
      if (!state.drew || state.latest === undefined || !state.measuring) return
      state.lags.push(Date.now() - state.latest)
      state.latest = undefined
    })
  }
  for (const name of ['setTimeout', 'setInterval']) {
    const native = window[name].bind(window)
    window[name] = (...words) => {
      if (ours()) state.asked.timers++
      return native(...words)
    }
  }
  const observer = new PerformanceObserver((list) => state.long.push(...list.getEntries().map(({ duration }) => duration)))
  window.measured = {
    start() {
      Object.assign(state, { lags: [], long: [], frames: 0, measuring: true })
      observer.observe({ type: 'longtask' })
      const count = () => {
        state.frames++
        if (state.measuring) nativeFrame(count)
      }
      nativeFrame(count)
    },
    stop() {
      state.measuring = false
      observer.disconnect()
      return { lags: state.lags, long: state.long, frames: state.frames }
    },
    async askedIn(ms) {
      // What was under way when it was scrolled away.
      await new Promise((resolve) => nativeFrame(() => nativeFrame(resolve)))
      state.asked = { frames: 0, timers: 0 }
      await new Promise((resolve) => setTimeout(resolve, ms))
      return state.asked
    },
  }
}

/** CPU seconds that a kernel's own process has used; NaN where /proc does not tell. */
function cpuSeconds(kernel) {
  try {
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && commandLine(name).includes('kernel.js') && commandLine(name).includes(kernel))
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return NaN
  }
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // It has just ended.
  }
}

async function measureSizes() {
  const statics = join(labextension, 'static')
  const chunks = readdirSync(statics).filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(statics, name)))
  const holding = (text) => chunks.filter((chunk) => chunk.includes(text)).map((chunk) => gzipSync(chunk).length).sort((a, b) => b - a)[0]
  const remote = readdirSync(statics).find((name) => name.startsWith('remoteEntry'))
  const perTask = {}
  for (const count of [1000, 10_000, 100_000]) perTask[count] = round(JSON.stringify(await eachRun(count)).length / count, 1)
  return {
    remoteEntryBytes: gzipSync(readFileSync(join(statics, remote))).length, viewBytes: holding('sl-RunFrame'), checkerBytes: holding('urn:sluice:run'), plotlyBytes: holding('hovertemplate'),
    recordBytesPerTask: perTask,
  }
}

function median(values) {
  return quantile(values, 0.5)
}

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}

function round(value, digits = 1) {
  return Number(value.toFixed(digits))
}
