import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { UserError } from '../../kernel/errors.ts'
import { Pictures } from '../../kernel/cluster/view/view.ts'
import type { PicturesOptions } from '../../kernel/cluster/view/view.ts'
import { samples } from '../unit/cluster/sample-runs.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const open: Pictures[] = []
afterEach(() => Promise.all(open.splice(0).map((pictures) => pictures.close())))

function makePictures(options: PicturesOptions = {}): { pictures: Pictures; told: UserError[] } {
  const told: UserError[] = []
  const pictures = new Pictures({ onUnavailable: (error) => told.push(error), ...options })
  open.push(pictures)
  return { pictures, told }
}

function programOf(source: string): string {
  const path = join(folder, `${Math.random()}.mjs`)
  writeFileSync(path, source)
  return path
}

describe('the thread that draws', () => {
  it('makes a PNG of every sample, and of several at once', async () => {
    const { pictures, told } = makePictures()
    const records = Object.values(samples).map((sample) => sample())
    for (const [i, png] of (await Promise.all(records.map((record) => pictures.render(record)))).entries()) {
      const view = new DataView(png!.buffer, png!.byteOffset)
      expect([view.getUint32(0), view.getUint32(16)], Object.keys(samples)[i]).toEqual([0x89504e47, 1920])
      expect(png!.length).toBeLessThan(120_000)
    }
    expect(told).toEqual([])
  })

  it('starts with the first picture, ends when there was none for a while, and starts again', async () => {
    const { pictures } = makePictures({ idle: 1 })
    expect(pictures.running).toBe(false)
    expect(await pictures.render(samples['a single task']!())).toBeInstanceOf(Uint8Array)
    await vi.waitFor(() => expect(pictures.running).toBe(false), { timeout: 10_000 })
    expect(await pictures.render(samples['a single task']!())).toBeInstanceOf(Uint8Array)
  })

  it('draws on after a record that cannot be drawn', async () => {
    const { pictures, told } = makePictures()
    const record = samples['a single task']!()
    expect(await pictures.render({ ...record, tasks: { ...record.tasks, state: 'd:' } })).toBeUndefined()
    expect(told.map(({ code, message }) => [code, message])).toEqual([['picture-unavailable', expect.stringContaining('tasks.state: too short for 1 rows')]])
    expect(await pictures.render(record)).toBeInstanceOf(Uint8Array)
  })

  it('is done without where what it needs is missing, which is said once', async () => {
    const { pictures, told } = makePictures({ program: programOf("import 'a-native-module-that-is-not-there'") })
    const record = samples['a single task']!()
    expect(await Promise.all([pictures.render(record), pictures.render(record)])).toEqual([undefined, undefined])
    expect(await pictures.render(record)).toBeUndefined()
    expect(told).toHaveLength(1)
    expect(told[0]!.message).toContain("Cannot find package 'a-native-module-that-is-not-there'")
    expect(pictures.running).toBe(false)
  })

  it('is done without where its program is missing', async () => {
    const { pictures, told } = makePictures({ program: join(folder, 'nowhere.js') })
    expect(await pictures.render(samples['a single task']!())).toBeUndefined()
    expect(told).toHaveLength(1)
  })

  it('is given up when it does not answer', async () => {
    const { pictures, told } = makePictures({ program: programOf("import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => { for (;;); })"), patience: 50 })
    expect(await pictures.render(samples['a single task']!())).toBeUndefined()
    expect(told[0]!.message).toContain('it took too long')
    expect(pictures.running).toBe(false)
  })

  it('leaves nobody waiting when it is closed', async () => {
    const { pictures } = makePictures()
    const picture = pictures.render(samples['a hundred thousand tasks']!())
    await pictures.close()
    expect(await picture).toBeUndefined()
    expect(await pictures.render(samples['a single task']!())).toBeUndefined()
  })
})
