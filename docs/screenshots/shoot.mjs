// Pictures of the running program and of its Prometheus: docs/screenshots/README.md says how. Chromium has to be installed.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import puppeteer from 'puppeteer-core';

const {
  API = 'http://127.0.0.1:8080',
  PROMETHEUS = 'http://127.0.0.1:9090',
  CHROMIUM = '/usr/bin/chromium',
  RANGE = '30m',
} = process.env;
const here = dirname(new URL(import.meta.url).pathname);

const browser = await puppeteer.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--hide-scrollbars'],
});

const opened = async (url, height) => {
  const page = await browser.newPage();
  page.on('console', (line) => {
    if (line.type() === 'error') console.error(`${url}: ${line.text()}`);
  });
  await page.setViewport({ width: 1280, height });
  await page.goto(url, { waitUntil: 'networkidle0' });
  return page;
};

const shoot = async (page, name, fullPage = false) => {
  await page.screenshot({ path: join(here, name), fullPage });
  await page.close();
};

const api = async () => {
  const page = await opened(`${API}/docs`, 1100);

  await shoot(page, 'api.png');
};

/** Tries the route out, as a person does on the page. */
const timeline = async () => {
  const [delivered] = (await (await fetch(`${API}/api/orders?customerId=screenshot`)).json()).items;
  const page = await opened(`${API}/docs`, 1500);
  const operation = '#operations-orders-OrderViewController_timeline';
  await page.click(`${operation} .opblock-summary-control`);
  await page.waitForSelector(`${operation} .try-out__btn`);
  await page.click(`${operation} .try-out__btn`);
  await page.type(`${operation} tr[data-param-name="orderId"] input`, delivered.orderId);
  await page.click(`${operation} .execute`);
  await page.waitForSelector(`${operation} .live-responses-table .highlight-code`);
  await page.evaluate(
    `document.querySelector('${operation} .responses-wrapper .live-responses-table').scrollIntoView()`,
  );
  await shoot(page, 'timeline.png');
};

/** The queries of a dashboard's panels on Prometheus' own graph page. */
const dashboard = async (name, titles) => {
  const file = join(here, `../../deploy/grafana/dashboards/order-processing-${name}.json`);
  const panels = JSON.parse(readFileSync(file, 'utf8')).panels.flatMap((panel) => [
    panel,
    ...(panel.panels ?? []),
  ]);
  const graphs = titles.flatMap((title, index) => {
    const { targets } = panels.find((panel) => panel.title === title && panel.targets);
    const expr = targets.at(-1).expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '5m');
    return [
      [`g${index}.expr`, expr],
      [`g${index}.tab`, '0'],
      [`g${index}.range_input`, RANGE],
    ];
  });
  const page = await opened(`${PROMETHEUS}/graph?${new URLSearchParams(graphs)}`, 900);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await page.evaluate('document.activeElement.blur(); window.scrollTo(0, 0)');
  await shoot(page, `prometheus-${name}.png`, true);
};

const shots = {
  api,
  timeline,
  business: () => dashboard('business', ['Orders by state', 'From placed to confirmed', 'Revenue']),
  events: () => dashboard('events', ['Duration of appends', 'Lag in events', 'Lag of consumers']),
  fulfilment: () => dashboard('fulfilment', ['By step', 'Reactions']),
  service: () => dashboard('service', ['Requests by route', 'Latency by route, p99', 'Resident memory']),
};
const named = process.argv.slice(2);
for (const [name, take] of Object.entries(shots))
  if (named.length === 0 || named.includes(name)) await take();
await browser.close();
