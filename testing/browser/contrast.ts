import type { Page } from 'playwright-core'

/** Every shown text whose contrast with what lies behind it is under 4.5 (disabled controls are exempt by WCAG). */
export const poorContrast = (page: Page): Promise<string[]> => page.evaluate(measure)

function measure(): string[] {
  type Colour = [number, number, number, number]
  const brush = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', {
    willReadFrequently: true,
  })!
  // Painting a pixel understands every colour syntax of the browser, oklch and color-mix included.
  const read = (css: string): Colour => {
    brush.clearRect(0, 0, 1, 1)
    brush.fillStyle = css
    brush.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data
    return [r!, g!, b!, a! / 255]
  }
  const over = (top: Colour, below: Colour): Colour => [
    top[0] * top[3] + below[0] * (1 - top[3]),
    top[1] * top[3] + below[1] * (1 - top[3]),
    top[2] * top[3] + below[2] * (1 - top[3]),
    1,
  ]
  const luminance = ([r, g, b]: Colour) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    }) as [number, number, number]
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const ground = (element: Element): Colour => {
    const layers: Colour[] = []
    for (let at: Element | null = element; at; at = at.parentElement) {
      const colour = read(getComputedStyle(at).backgroundColor)
      if (colour[3] > 0) layers.push(colour)
      if (colour[3] === 1) break
    }
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1] as Colour)
  }
  const opacity = (element: Element): number => {
    let all = 1
    for (let at: Element | null = element; at; at = at.parentElement)
      all *= Number(getComputedStyle(at).opacity)
    return all
  }
  const hidden = (element: HTMLElement) => {
    const box = element.getBoundingClientRect()
    const style = getComputedStyle(element)
    return (
      box.width < 2 ||
      box.height < 2 ||
      style.visibility === 'hidden' ||
      opacity(element) === 0 ||
      element.closest(
        '.d-hidden, [disabled], [aria-disabled=true], .ant-dropdown-menu-item-disabled, [class*="-disabled"]',
      ) !== null
    )
  }
  const poor: string[] = []
  const check = (element: HTMLElement, css: string, text: string) => {
    const below = ground(element)
    const colour = read(css)
    const ink = over([colour[0], colour[1], colour[2], colour[3] * opacity(element)], below)
    const [high, low] = [luminance(ink), luminance(below)].sort((a, b) => b - a) as [number, number]
    const ratio = (high + 0.05) / (low + 0.05)
    if (ratio < 4.49)
      poor.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className} "${text.slice(0, 24)}"`)
  }
  for (const element of document.querySelectorAll<HTMLElement>('body *')) {
    const text = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent?.trim())
      .join('')
    const placeholder = (element as HTMLInputElement).placeholder
    if ((!text && !placeholder) || hidden(element)) continue
    if (text) check(element, getComputedStyle(element).color, text)
    else check(element, getComputedStyle(element, '::placeholder').color, placeholder)
  }
  return poor
}
