// Visits pages in Chromium and tells what happened there: one JSON object a line for each visit asked for on
// standard input ({"url", "width", "height", "scheme", "script", "axe", "picture", which is of the whole page unless "whole" is false). With "clock" it is that moment there, "wait" is a
// selector that has to fit first (a condition would be evaluated, which a strict page forbids), "answered" waits for all
// answers, "later" lets so many milliseconds pass, "click" is a link to follow, "type" what goes into the search field,
// "heard" a selector of what is told as those with aids hear it, "seen" one of what can be seen; "offline" is without a
// network for data from the beginning ("data"), or only after "wait" ("then"), when somebody comes back to the page.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const modules = createRequire(process.argv[2] + "/");
const { chromium } = modules("playwright-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: process.argv[3], args: ["--no-sandbox", "--disable-gpu"] });

async function visit(order) {
  const told = { dialogs: [], errors: [], requests: [], violations: [], axe: [] };
  const context = await browser.newContext({ viewport: { width: order.width ?? 1000, height: order.height ?? 900 }, colorScheme: order.scheme ?? "light",
                                             javaScriptEnabled: order.script ?? true });
  const page = await context.newPage();
  page.on("dialog", (dialog) => { told.dialogs.push(dialog.message()); dialog.dismiss(); });
  page.on("pageerror", (error) => told.errors.push(String(error)));
  page.on("request", (request) => told.requests.push(request.url()));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) told.violations.push(message.text());
  });
  if (order.clock) await page.clock.install({ time: order.clock });
  if (order.offline === "data") await page.route(/\.json$/, (route) => route.abort("internetdisconnected"));
  const answer = await page.goto(order.url, { waitUntil: "load", timeout: 30000 });
  told.status = answer.status();
  if (order.wait) await page.waitForSelector(order.wait, { state: "attached", timeout: 15000 });
  if (order.offline === "then") {
    await context.setOffline(true);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.waitForSelector(order.then, { state: "attached", timeout: 15000 });
  }
  if (order.click) await page.click(order.click);
  if (order.type) await page.fill("#search", order.type);
  if (order.answered) await page.waitForLoadState("networkidle");
  if (order.later) {
    await page.clock.runFor(order.later);
    await page.evaluate(() => new Promise((done) => setTimeout(done, 0)));
  }
  told.scripts = await page.evaluate(() => [...document.scripts].filter((one) => one.type !== "application/ld+json").map((one) => one.src));
  told.handlers = await page.evaluate(() => [...document.querySelectorAll("*")].filter(
    (one) => [...one.attributes].some((attribute) => /^on|^style$/i.test(attribute.name))).map((one) => one.outerHTML.slice(0, 200)));
  told.wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  told.text = await page.evaluate(() => document.body.innerText);
  if (order.heard) told.heard = await page.locator(order.heard).first().ariaSnapshot();
  if (order.seen) {
    told.seen = [];
    for (const one of await page.locator(order.seen).all()) if (await one.isVisible()) told.seen.push((await one.innerText()).trim());
  }
  told.at = page.url();
  if (order.axe) {
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    told.axe = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
  }
  if (order.picture) await page.screenshot({ path: order.picture, fullPage: order.whole ?? true });
  await context.close();
  return told;
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  let told;
  try {
    told = await visit(order);
  } catch (error) {
    told = { fault: String(error) };
  }
  process.stdout.write(`${JSON.stringify({ url: order.url, ...told })}\n`);
}
await browser.close();
