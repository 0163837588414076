/** What dev/look.mjs looks at: each scene brings the page into one state. */
const NET = /Failed to load resource|WebSocket connection|net::ERR/;

const first = (page) => page.locator('[data-row]').first();
async function openFirst({ page, open, settle }, view = 'unassigned') {
  await open(`/${view}`);
  await first(page).click();
  await page.locator('[role=log] article').first().waitFor();
  await settle();
}

export const SCENES = [
  {
    name: 'files-zh',
    noise: NET,
    run: async (it) => {
      await openFirst(it, 'mine');
      await it.page.setInputFiles('form input[type=file]', [
        {
          name: '截图_2026-11-21 一个非常长的文件名用来看看会不会撑破布局.png',
          mimeType: 'image/png',
          buffer: Buffer.from('x'.repeat(120_000)),
        },
        { name: 'wallet.log', mimeType: 'text/plain', buffer: Buffer.from('log '.repeat(9_000)) },
        { name: 'video.mp4', mimeType: 'video/mp4', buffer: Buffer.from('x') },
        { name: 'huge.png', mimeType: 'image/png', buffer: Buffer.alloc(11_000_000) },
      ]);
      await it.settle(800);
    },
  },
  {
    name: 'pictures-en',
    language: 'en',
    run: async (it) => {
      await openFirst(it, 'mine');
      await it.page.setInputFiles('form input[type=file]', [
        { name: 'screenshot.png', mimeType: 'image/png', buffer: Buffer.from('x'.repeat(120_000)) },
        { name: 'wallet.log', mimeType: 'text/plain', buffer: Buffer.from('log '.repeat(9_000)) },
      ]);
      await it.settle(500);
      await it.page.locator('#composer-text').fill('Here is what it should look like.');
      await it.page.keyboard.press('Control+Enter');
      await it.page.locator('[role=log] img').first().waitFor();
      await it.settle();
    },
  },
  {
    name: 'merged-number-en-dark',
    language: 'en',
    theme: 'dark',
    run: async (it) => {
      await openFirst(it, 'solved');
      await it.page.keyboard.press('m');
      await it.settle();
      const number = await it.page
        .locator('[role=log]')
        .evaluate(
          () =>
            document.querySelectorAll('.figure.font-\\(family-name\\:--mono\\)')[0]?.textContent,
        );
      await it.page.keyboard.type(number ?? '');
      await it.settle(700);
    },
  },
  {
    name: 'signin-zh',
    as: null,
    noise: NET,
    run: async ({ page, open }) => (await open('/'), page.locator('form').waitFor()),
  },
  {
    name: 'signin-en-dark-360',
    as: null,
    width: 360,
    theme: 'dark',
    language: 'en',
    run: async ({ page, open }) => {
      await open('/');
      await page.fill('[name=email]', 'lin@desk.example');
      await page.fill('[name=password]', 'wrong');
      await page.click('form button');
      await page.locator('[role=alert] p').waitFor();
    },
    noise: NET,
  },
  {
    name: 'list-zh',
    run: async ({ page, open, settle }) => (
      await open('/unassigned'),
      await first(page).waitFor(),
      settle()
    ),
  },
  { name: 'conversation-zh', run: (it) => openFirst(it) },
  {
    name: 'conversation-en-dark',
    theme: 'dark',
    language: 'en',
    run: (it) => openFirst(it, 'mine'),
  },
  { name: 'conversation-zh-768', width: 768, run: (it) => openFirst(it, 'mine') },
  {
    name: 'list-zh-360',
    width: 360,
    run: async ({ page, open, settle }) => (
      await open('/all'),
      await first(page).waitFor(),
      settle()
    ),
  },
  {
    name: 'conversation-zh-360-dark',
    width: 360,
    theme: 'dark',
    run: (it) => openFirst(it, 'mine'),
  },
  {
    name: 'drawer-en-360',
    width: 360,
    language: 'en',
    run: async ({ page, open, settle }) => {
      await open('/all');
      await first(page).waitFor();
      await page.locator('header button').first().click();
      await settle();
    },
  },
  {
    name: 'context-en-768',
    width: 768,
    language: 'en',
    run: async (it) => (
      await openFirst(it, 'mine'),
      await it.page.keyboard.press('c'),
      it.settle()
    ),
  },
  {
    name: 'palette-en',
    language: 'en',
    run: async (it) => {
      await openFirst(it, 'mine');
      await it.page.keyboard.press('Control+k');
      await it.page.locator('[role=combobox]').fill('usdt');
      await it.settle(800);
    },
  },
  {
    name: 'keys-zh-dark',
    theme: 'dark',
    run: async (it) => (await openFirst(it), await it.page.keyboard.press('?'), it.settle()),
  },
  {
    name: 'assign-zh',
    run: async (it) => (await openFirst(it), await it.page.keyboard.press('a'), it.settle()),
  },
  {
    name: 'tags-en',
    language: 'en',
    run: async (it) => (
      await openFirst(it),
      await it.page.keyboard.press('l'),
      await it.settle(),
      await it.page.locator('[role=combobox]').fill('new tag'),
      it.settle()
    ),
  },
  {
    name: 'merge-zh',
    run: async (it) => (await openFirst(it), await it.page.keyboard.press('m'), it.settle()),
  },
  {
    name: 'more-en',
    language: 'en',
    run: async (it) => (
      await openFirst(it),
      await it.page.locator('[aria-label="More actions"]').click(),
      it.settle()
    ),
  },
  {
    name: 'me-zh',
    run: async (it) => (
      await openFirst(it),
      await it.page.locator('nav [aria-haspopup=menu]').click(),
      it.settle()
    ),
  },
  {
    name: 'spam-en-dark',
    language: 'en',
    theme: 'dark',
    run: async (it) => (await openFirst(it), await it.page.keyboard.press('!'), it.settle()),
  },
  {
    name: 'erase-zh',
    as: 'sofia',
    run: async (it) => {
      await openFirst(it, 'mine');
      await it.page.locator('[role=log] article').first().hover();
      await it.page.locator('[role=log] article [aria-label="擦除…"]').first().click();
      await it.settle();
    },
  },
  {
    name: 'note-en',
    language: 'en',
    run: async (it) => {
      await openFirst(it, 'mine');
      await it.page.keyboard.press('n');
      await it.page.keyboard.type(
        'Unlimited approval to a known drainer.\nAsked the user to revoke.',
      );
      await it.page.keyboard.press('Control+Enter');
      await it.settle();
      await it.page.keyboard.type('Second note, not sent yet');
      await it.settle();
    },
  },
  {
    name: 'outdated-zh',
    noise: NET,
    run: async (it) => {
      await openFirst(it);
      await it.mock({ outdated: true });
      await it.page.keyboard.press('r');
      await it.page.keyboard.type('您好，请提供一下交易哈希，我来查。');
      await it.page.keyboard.press('Control+Enter');
      await it.settle(900);
    },
  },
  {
    name: 'secret-asked-en',
    noise: NET,
    language: 'en',
    run: async (it) => {
      await openFirst(it);
      await it.page.keyboard.press('r');
      await it.page.keyboard.type('Please send me your recovery phrase so that I can check.');
      await it.page.keyboard.press('Control+Enter');
      await it.settle(900);
    },
  },
  {
    name: 'failed-send-zh',
    noise: NET,
    run: async (it) => {
      await openFirst(it);
      await it.mock({ fail: 'reply', status: 413 });
      await it.page.keyboard.press('r');
      await it.page.keyboard.type('这条会失败');
      await it.page.keyboard.press('Control+Enter');
      await it.settle(900);
    },
  },
  {
    name: 'offline-en',
    noise: NET,
    language: 'en',
    run: async (it) => {
      await openFirst(it);
      await it.mock({ offline: true });
      await it.page.keyboard.press('r');
      await it.page.keyboard.type('Written while offline');
      await it.page.keyboard.press('Control+Enter');
      await it.settle(3500);
    },
  },
  {
    name: 'failing-list-zh-dark',
    noise: NET,
    theme: 'dark',
    run: async ({ page, open, mock, settle }) => {
      await mock({ fail: 'inbox' });
      await open('/all');
      await page.getByText('列表加载失败').waitFor();
      await settle();
    },
  },
  {
    name: 'failing-conversation-en',
    noise: NET,
    language: 'en',
    run: async ({ page, open, mock, settle }) => {
      await mock({ fail: 'requests/' });
      await open('/all');
      await first(page).click();
      await settle(800);
    },
  },
  {
    name: 'loading-zh',
    run: async ({ open, mock, settle }) => {
      await mock({ delay: 4000 });
      const going = open('/all');
      await going;
      await settle(4600);
    },
  },
  {
    name: 'empty-en',
    language: 'en',
    run: async ({ page, open, settle }) => (
      await open('/all?q=zzzzqqq'),
      await page.getByText('Nothing found').waitFor(),
      settle()
    ),
  },
  {
    name: 'arrivals-en',
    language: 'en',
    run: async ({ page, open, mock, settle }) => {
      await open('/unassigned');
      await first(page).hover();
      await settle(600);
      await page.mouse.move(400, 300);
      await mock({ arrive: 3, atRisk: 2 });
      await settle();
    },
  },
  {
    name: 'viewer-zh',
    run: async (it) => {
      await openFirst(it);
      const id = new URL(it.page.url()).pathname.split('/').at(-1);
      await it.mock({ viewer: id, viewerTyping: true, typing: id });
      await it.settle();
    },
  },
  {
    name: 'link-zh',
    run: async (it) => {
      await it.open('/all?q=evil');
      await first(it.page).click();
      await it.page.locator('[role=log] [role=link]').first().click();
      await it.settle();
    },
  },
  ...['en', 'zh-CN'].flatMap((language) =>
    ['light', 'dark'].flatMap((theme) =>
      [360, 1440].flatMap((width) =>
        ['events', 'active-users'].map((section) => ({
          name: `drivers-${section}-${language}-${theme}-${width}`,
          as: 'admin',
          language,
          theme,
          width,
          run: async ({ page, open, settle }) => {
            await open(`/drivers/${section}`);
            await page.locator('main li, main table').first().waitFor();
            if (section === 'active-users') await page.locator('main table button').nth(2).click();
            await settle();
          },
        })),
      ),
    ),
  ),
  ...[360, 1440].flatMap((width) => [
    {
      name: `drivers-event-${width}-zh`,
      as: 'admin',
      width,
      run: async ({ page, open, settle }) => {
        await open('/drivers/events');
        await page.getByRole('button', { name: '编辑“Harbor Wallet 2.16.0”' }).click();
        await settle();
      },
    },
    ...['faults', 'preview'].map((what) => ({
      name: `drivers-table-${what}-${width}-en-dark`,
      as: 'admin',
      language: 'en',
      theme: 'dark',
      width,
      noise: NET,
      run: async ({ page, open, settle }) => {
        await open('/drivers/active-users');
        await page.getByRole('button', { name: 'Upload CSV' }).click();
        await page.setInputFiles('input[type=file]', {
          name: 'active-users-november.csv',
          mimeType: 'text/csv',
          buffer: Buffer.from(what === 'faults' ? 'day,users\nx' : 'day,users\n'),
        });
        await settle(800);
      },
    })),
  ]),
  {
    name: 'tokens-zh',
    as: 'admin',
    run: async ({ page, open, settle }) => {
      await open('/settings/tokens');
      await page.locator('main li').first().waitFor();
      await settle();
    },
  },
  {
    name: 'tokens-add-en-dark-360',
    as: 'admin',
    language: 'en',
    theme: 'dark',
    width: 360,
    run: async ({ page, open, settle }) => {
      await open('/settings/tokens');
      await page.getByRole('button', { name: 'Issue token' }).click();
      await settle();
    },
  },
  {
    name: 'settings-zh',
    as: 'admin',
    run: async ({ page, open, settle }) => (
      await open('/settings/agents'),
      await page.locator('select').first().waitFor(),
      settle()
    ),
  },
  {
    name: 'settings-add-en-dark',
    as: 'admin',
    language: 'en',
    theme: 'dark',
    run: async ({ page, open, settle }) => (
      await open('/settings/agents'),
      await page.getByText('Add agent').click(),
      settle()
    ),
  },
  {
    name: 'jobs-en',
    as: 'admin',
    language: 'en',
    run: async ({ page, open, settle }) => (
      await open('/settings/jobs'),
      await page.getByText('webhook', { exact: true }).waitFor(),
      settle()
    ),
  },
  { name: 'analyst-en', as: 'analyst', language: 'en', run: (it) => openFirst(it, 'all') },
  {
    name: 'long-zh',
    run: async (it) => {
      const { long } = await it.mock({});
      await it.open(`/all/${long}`);
      await it.page.locator('[role=log] article').first().waitFor();
      await it.settle(800);
    },
  },
  ...[
    ['overview', 1440, 'light', 'zh-CN', ''],
    [
      'overview',
      1440,
      'dark',
      'en',
      '?period=84d&where=type%2Ctheft%2Cfees&zone=America%2FNew_York',
    ],
    ['overview', 360, 'light', 'en', '?period=7d&compare=weekdays'],
    ['types', 768, 'dark', 'zh-CN', '?period=84d'],
    ['types', 1440, 'light', 'en', ''],
    ['times', 1440, 'light', 'zh-CN', '?period=84d'],
    ['times', 360, 'dark', 'zh-CN', '?from=2026-01-01&to=2026-01-02'],
  ].map(([page, width, theme, language, search]) => ({
    name: `insight-${page}-${width}-${theme}-${language}`,
    as: 'analyst',
    width,
    theme,
    language,
    run: async (it) => {
      await it.open(`/insight/${page}${search}`);
      await it.page.locator('[data-plot] svg[data-drawing], .plot-blank').first().waitFor();
      await it.settle(1_200);
    },
  })),
  {
    name: 'insight-values-zh',
    as: 'sofia',
    run: async (it) => {
      await it.open('/insight/overview?where=type%2Ctheft');
      await it.page.locator('.insight-chip button').first().click();
      await it.page.locator('[role=listbox] [role=option]').first().waitFor();
      await it.settle();
    },
  },
  {
    name: 'insight-zone-en',
    as: 'admin',
    language: 'en',
    run: async (it) => {
      await it.open('/insight/times');
      await it.page.locator('.insight-bar > button[aria-haspopup=dialog]').click();
      await it.page.locator('[role=listbox]').waitFor();
      await it.page.keyboard.type('utc+8');
      await it.settle();
    },
  },
  {
    name: 'insight-failing-zh',
    as: 'analyst',
    noise: NET,
    run: async (it) => {
      await it.open('/insight/overview');
      await it.page.locator('[data-plot] svg[data-drawing]').first().waitFor();
      await it.mock({ fail: 'insight/query' });
      await it.open('/insight/types');
      await it.page.locator('.plot-blank').first().waitFor();
      await it.settle();
    },
  },
];
