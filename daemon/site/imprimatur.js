// imprimatur: the element <imprimatur-status>, and the search field of the board.
//
//   <imprimatur-status src="https://review.example.org/" article="content/a.md" version="3f2a...">
//     Pending human review: exercise caution.
//   </imprimatur-status>
//
// The element's own content is what stands where anything at all is missing. It is replaced by "approved" only while
// the status file and alive.json agree that exactly this version is approved, and have not ended.
(() => {
  'use strict';
  // What a page in one of these languages is told; the site says the same (captions.c).
  const WORDS = {
    en: 'Reviewed for accuracy. Approved until ', de: 'Fachlich geprüft. Freigegeben bis ',
    fr: 'Exactitude vérifiée. Approuvé jusqu’au ', es: 'Exactitud revisada. Aprobado hasta el ',
  };
  const MINUTE = 60000, LONGEST = 2 ** 31 - 1, MOST_BYTES = 65536, PATIENCE = 5000;

  const moment = text => typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : NaN;

  async function load(url) {
    const control = new AbortController(), timer = setTimeout(() => control.abort(), PATIENCE);
    try {
      const answer = await fetch(url, {signal: control.signal, credentials: 'omit', cache: 'no-cache', redirect: 'error'});
      if (answer.status !== 200 || !answer.body) throw new Error('no answer');
      const reader = answer.body.getReader(), parts = [];
      let size = 0;
      for (;;) {
        const {done, value} = await reader.read();
        if (done) break;
        size += value.length;
        if (size > MOST_BYTES) throw new Error('too long');
        parts.push(value);
      }
      const bytes = new Uint8Array(size);
      size = 0;
      for (const part of parts) { bytes.set(part, size); size += part.length; }
      return JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes));
    } finally {
      clearTimeout(timer);
      control.abort();
    }
  }

  // When what `alive` says ends; NaN if it does not hold now.
  function aliveUntil(alive, now) {
    const at = moment(alive.at), expires = moment(alive.expires);
    return alive.schema === 1 && alive.ok === true && at - 10 * MINUTE <= now && now < expires ? expires : NaN;
  }

  // In the language of the page around it, or in one that is named.
  function say(element, day) {
    const around = element.closest('[lang]'), lang = around ? around.lang.toLowerCase().split('-')[0] : '';
    const known = Object.hasOwn(WORDS, lang) ? lang : 'en', text = document.createElement('span');
    if (known !== lang) text.lang = known;
    text.textContent = WORDS[known] + day + '.';
    return text;
  }

  // {day, until} if the text may be called approved, else nothing.
  async function ask(base, path, version) {
    if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(version || '') || !path) return null;
    const name = path.split('/').map(encodeURIComponent).join('/');
    const [alive, status] = await Promise.all([load(new URL('alive.json', base)), load(new URL('s/' + name + '.json', base))]);
    const now = Date.now(), approved = status.approved;
    let ends = aliveUntil(alive, now), worse = alive.worse;
    if (!(ends > now) || status.schema !== 1 || !status.article || status.article.path !== path) return null;
    if (!approved || approved.version !== version || !/^[0-9a-f]{12}$/.test(status.worse)) return null;
    if (worse === null) {
      const part = await load(new URL('alive/' + status.worse.slice(0, 2) + '.json', base));
      ends = Math.min(ends, aliveUntil(part, Date.now()));
      worse = part.worse;
    }
    if (!Array.isArray(worse) || worse.includes(status.worse)) return null;
    const valid = moment(approved.valid_until), until = Math.min(valid, ends);
    if (!(until > Date.now())) return null;
    return {day: approved.valid_until.slice(0, 10), until};
  }

  class Status extends HTMLElement {
    connectedCallback() {
      this.asked = 0;
      this.onVisible = () => {
        if (document.visibilityState !== 'visible') return;
        if (!(this.until > Date.now())) this.fall();
        this.look();
      };
      document.addEventListener('visibilitychange', this.onVisible);
      this.look();
    }
    disconnectedCallback() {
      this.asked++;
      clearTimeout(this.timer);
      document.removeEventListener('visibilitychange', this.onVisible);
    }
    static get observedAttributes() { return ['src', 'article', 'version']; }
    attributeChangedCallback() { if (this.isConnected && this.onVisible) { this.fall(); this.look(); } }
    // Back to the element's own content.
    fall() {
      clearTimeout(this.timer);
      if (this.shown) { this.replaceChildren(...this.own); this.shown = false; }
      this.setAttribute('state', 'pending');
    }
    async look() {
      const turn = ++this.asked;
      let found = null;
      try {
        const meta = document.querySelector('meta[name="imprimatur-version"]');
        const version = this.hasAttribute('version') ? this.getAttribute('version') : meta && meta.content;
        const base = new URL(this.getAttribute('src') || '.', document.baseURI);
        if (!base.pathname.endsWith('/')) base.pathname += '/';
        found = await ask(base, this.getAttribute('article'), version);
      } catch (error) {
        found = null;
      }
      if (turn !== this.asked || !this.isConnected) return;
      if (!found) return this.fall();
      if (!this.shown) { this.own = [...this.childNodes]; this.shown = true; }
      this.replaceChildren(say(this, found.day));
      this.setAttribute('state', 'approved');
      this.until = found.until;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { this.fall(); this.look(); }, Math.min(Math.max(found.until - Date.now(), 0), LONGEST));
    }
  }
  if (!customElements.get('imprimatur-status')) customElements.define('imprimatur-status', Status);

  // The board: rows of this page that have all the words.
  const field = document.getElementById('search');
  if (field && field.parentElement.classList.contains('search')) {
    const rows = [...document.querySelectorAll('table.board tbody tr, .folders li')].map(row => [row, row.textContent.toLowerCase()]);
    field.parentElement.hidden = false;
    field.addEventListener('input', () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(word => word);
      for (const [row, text] of rows) row.hidden = !words.every(word => text.includes(word));
    });
  }
})();
