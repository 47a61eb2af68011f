// A page as a picture: light, dark and narrow.
import type { Page } from '@playwright/test';

const folder = process.env.CLEARHOOK_PICTURES ?? '../target/pictures';

// A window as tall as the page, because a bar that sticks to the window's edge would cover the middle of a longer picture.
async function size(page: Page, width: number, height: number, whole: boolean): Promise<void> {
  await page.setViewportSize({ width, height });
  if (whole) await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
}

export async function shoot(page: Page, name: string, whole = false): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await size(page, 1280, 800, whole);
    await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png`, animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await size(page, 360, 740, whole);
  await page.screenshot({ path: `${folder}/${name}-narrow.png`, animations: 'disabled' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** A page at four widths, light and dark. */
export async function shootWidths(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [360, 740],
    [1024, 768],
    [1280, 800],
    [2560, 1300],
  ]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, animations: 'disabled' });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
