import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from './fixtures.ts';
import { everyView, settled } from './pages.ts';

test.use({ dataFolder: 'finished' });

for (const scheme of ['light', 'dark'] as const) {
  test(`every view passes axe (WCAG 2.2 AA), ${scheme}`, async ({ touchstone }) => {
    const { page } = touchstone;
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const { name, route } of await everyView(touchstone)) {
      await touchstone.goto(route);
      await settled(page);
      // The legacy mode stays in one page: Electron's window has no second one to open.
      const { violations } = await new AxeBuilder({ page })
        .setLegacyMode(true)
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
        .analyze();
      const found = violations.map(
        (violation) =>
          `${violation.id} (${violation.impact}): ${violation.help}\n    ${violation.nodes
            .slice(0, 3)
            .map((node) => node.html.slice(0, 200))
            .join('\n    ')}`,
      );
      expect.soft(found, `${name}, ${scheme}`).toEqual([]);
    }
  });
}
