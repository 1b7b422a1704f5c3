import type { Pen } from '../../../kernel/cluster/view/picture-style.ts'

/** What a picture writes, and how many rectangles it draws: a pen that only counts. */
export function drawnBy(draw: (pen: Pen) => void): { readonly words: readonly string[]; readonly boxes: number; readonly bars: number } {
  const words: string[] = []
  let [boxes, bars] = [0, 0]
  const strokes: Record<string, (...given: never[]) => unknown> = {
    measureText: (text: string) => ({ width: 6 * text.length }),
    fillText: (text: string) => words.push(text),
    roundRect: () => boxes++,
    fillRect: () => bars++,
  }
  draw(new Proxy({}, { get: (_, name) => strokes[name as string] ?? (() => undefined), set: () => true }) as Pen)
  return { words, boxes, bars }
}
