/** Colours of a plot, mixed from those of the theme, so that they are as dark or as light as the page. */
export type Rgb = readonly [red: number, green: number, blue: number]

/** Of the theme, as numbers. */
export interface Palette {
  readonly text: Rgb
  readonly quiet: Rgb
  readonly grid: Rgb
  readonly background: Rgb
  /** What is busy. */
  readonly busy: Rgb
  readonly lost: Rgb
}

/** @param part how much of `b` */
export function mix(a: Rgb, b: Rgb, part: number): Rgb {
  const at = (i: 0 | 1 | 2): number => a[i] + (b[i] - a[i]) * part
  return [at(0), at(1), at(2)]
}

export function css([red, green, blue]: Rgb, opacity = 1): string {
  const numbers = [red, green, blue].map((channel) => Math.round(Math.min(255, Math.max(0, channel))))
  return opacity === 1 ? `rgb(${numbers.join(', ')})` : `rgba(${numbers.join(', ')}, ${opacity})`
}

/**
 * From close to the background, for nothing, through one hue to what stands out most, for all: the order is one of
 * lightness, which every eye can follow.
 */
export function heatScale({ background, busy, text }: Palette): [number, string][] {
  const stops: readonly [number, Rgb][] = [
    [0, mix(background, busy, 0.1)],
    [0.4, mix(background, busy, 0.5)],
    [0.75, mix(background, busy, 0.95)],
    [1, mix(busy, text, 0.4)],
  ]
  return stops.map(([at, colour]) => [at, css(colour)])
}
