// SPDX-License-Identifier: Apache-2.0
// The page of a simulated portal. It does nothing that the control API does not offer to everybody, and it
// shows no secret: bodies come with asterisks, and what is copied goes from the server to the clipboard.
import { h, render } from '/page/preact.js';

const state = {
  portals: [], label: null, portal: null, lines: [], chats: [], subscriptions: [], deliveries: [], calls: [],
  faults: [], plan: '', offline: { bindings: [], records: [] }, open: null, view: null, editing: null,
  said: '', failed: false, live: false, filter: '', unfolded: new Set(), older: { deliveries: 0, calls: 0 },
};
const KEPT = 500;
const SHOWN = 100;
let stream = null;
let refreshing = null;

const CLOSINGS = [
  ['operator', "Close as operator", "ONSESSIONFINISH with the operator's token"],
  ['agent', 'Close by time-out', 'ONSESSIONFINISH without any token'],
  ['rating', 'Close by rating', "ONSESSIONFINISH with the customer's token, who has no rights"],
  ['spam', 'Mark as spam', "ONSESSIONFINISH with the operator's token"],
  ['bot', 'Close as bot', "ONSESSIONFINISH with the administrator's token"],
];
const FAULTS = ['throttled', 'expired-token', 'error', 'gateway', 'moved', 'hangs', 'slow', 'reset', 'truncated'];
const DIALECTS = ['platform', 'docs-2024', 'docs-2024-table', 'docs-2026'];

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (method === 'POST') {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body ?? {});
  }
  const response = await fetch('/control/' + path, options);
  const text = await response.text();
  if (!response.ok) {
    let message = text;
    try { message = JSON.parse(text).error; } catch { /* the text says it */ }
    throw new Error(message || 'status ' + response.status);
  }
  return response.headers.get('Content-Type').startsWith('application/json') ? JSON.parse(text) : text;
}
const mine = (path) => 'portals/' + state.label + path;

function say(text, failed = false) {
  state.said = text;
  state.failed = failed;
  draw();
}

/** Does something and says how it went; every button comes through here. */
async function act(what, path, body, method = 'POST') {
  try {
    const result = await ask(method, path, body);
    const sent = result && result.deliveries;
    say(what + (sent ? ': ' + sent.length + (sent.length === 1 ? ' delivery' : ' deliveries') : ''));
    await refresh();
    return result;
  } catch (e) {
    say(what + ' failed: ' + e.message, true);
    return null;
  }
}

async function refresh() {
  if (refreshing) { refreshing.again = true; return; }
  refreshing = { again: false };
  try {
    state.portals = await ask('GET', 'portals');
    if (!state.portals.some((p) => p.label === state.label)) {
      choose(state.portals.length ? state.portals[0].label : null);
    }
    if (state.label) {
      const [lines, chats, subscriptions, faults, plan, offline] = await Promise.all(
        ['/lines', '/chats', '/subscriptions', '/faults', '/plan', '/offline'].map((p) => ask('GET', mine(p))));
      Object.assign(state, { lines, chats, subscriptions, faults: faults.faults, plan: plan.plan, offline });
      state.portal = state.portals.find((p) => p.label === state.label);
    }
  } finally {
    const again = refreshing.again;
    refreshing = null;
    draw();
    if (again) { await refresh(); }
  }
}

/** Puts rows above those that are there, and counts those that are too old to be shown. */
function add(kind, rows) {
  const all = [...rows, ...state[kind]];
  state.older[kind] += Math.max(0, all.length - KEPT);
  state[kind] = all.slice(0, KEPT);
}

function forget() {
  state.deliveries = [];
  state.calls = [];
  state.older = { deliveries: 0, calls: 0 };
}

function choose(label) {
  state.label = label;
  forget();
  state.open = state.view = state.editing = null;
  state.unfolded.clear();
  if (stream) { stream.close(); }
  if (!label) { return; }
  Promise.all([ask('GET', mine('/deliveries')), ask('GET', mine('/calls'))]).then(([deliveries, calls]) => {
    forget();
    add('deliveries', deliveries.reverse());
    add('calls', calls.reverse());
    draw();
  });
  stream = new EventSource('/control/' + mine('/stream'));
  stream.addEventListener('open', () => { state.live = true; draw(); });
  stream.addEventListener('error', () => { state.live = false; draw(); });
  stream.addEventListener('delivery', (e) => {
    const delivery = JSON.parse(e.data);
    if (!state.deliveries.some((d) => d.number === delivery.number)) {
      add('deliveries', [delivery]);
    }
    drawSoon();
  });
  stream.addEventListener('call', (e) => {
    add('calls', [JSON.parse(e.data)]);
    drawSoon();
  });
  stream.addEventListener('state', () => refresh());
}

async function show(number) {
  state.open = number;
  state.editing = null;
  try { state.view = await ask('GET', mine('/deliveries/' + number + '/view')); } catch (e) { say(e.message, true); }
  draw();
  document.getElementById('delivery')?.focus();
}

/** Sends a file that was recorded before, such as one of listen --record, as an event of this portal. */
async function replay(file) {
  let body;
  try {
    body = await file.text();
  } catch (e) {
    say('Could not read ' + file.name + ': ' + e.message, true);
    return;
  }
  const result = await act('Replayed ' + file.name, mine('/replay'), { body });
  if (result && result.deliveries.length === 0) {
    say(file.name + ' was not sent: its event has no handler, the application is not installed, or events are held', true);
  }
}

async function copy(what, load) {
  try {
    await navigator.clipboard.writeText(await load());
    say('Copied ' + what);
  } catch (e) {
    say('Could not copy ' + what + ': ' + e.message, true);
  }
}

/** The fields of a form as an object; empty ones are left out, numbers are numbers. */
function fields(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (value !== '') { values[name] = form.elements[name].type === 'number' ? Number(value) : value; }
  }
  return values;
}
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
/** Shows a time in the reader's zone, and as it was given in its title. */
const Time = (at, day) => h('time', { datetime: at, title: at }, (day ? dayAndTime : time).format(new Date(at)));
const submit = (handler) => (e) => { e.preventDefault(); handler(fields(e.target), e.target); };

const button = (text, onclick, more = {}) => h('button', { type: 'button', class: 'secondary outline', onclick, ...more }, text);
const box = (id, title, ...children) =>
  h('section', { class: 'box', 'aria-labelledby': id }, h('h2', { id }, title), ...children);
const field = (label, name, more = {}) => h('label', { class: more.class }, label, h('input', { name, ...more, class: undefined }));
const choice = (label, name, values, more = {}) =>
  h('label', null, label, h('select', { name, ...more }, values.map((v) => (Array.isArray(v) ? h('option', { value: v[0] }, v[1]) : h('option', { value: v }, v)))));

function Lines() {
  return box('lines-title', 'Lines and chats',
    h('form', { class: 'row', onsubmit: submit((f, form) => act('Line added', mine('/lines'), f).then(() => form.reset())) },
      field('New line', 'name', { required: true, placeholder: 'Support' }), h('button', { type: 'submit' }, 'Add line')),
    state.lines.length === 0 ? h('p', { class: 'muted' }, 'No line yet.') : null,
    state.lines.map((line) => h('div', { key: line.id },
      h('h3', { class: 'muted' }, 'Line ' + line.id + ': ', h('bdi', null, line.name)),
      button('Open chat', () => act('Chat opened', mine('/chats'), { line_id: line.id }), { 'aria-label': 'Open chat on line ' + line.id }),
      Chats(line))));
}

/** Shows open chats first, the newest at the top, then the closed ones, folded. */
function Chats(line) {
  const chats = state.chats.filter((c) => c.line_id === line.id).reverse();
  const open = chats.filter((c) => c.open);
  const closed = chats.filter((c) => !c.open);
  const unfolded = state.unfolded.has(line.id);
  return [
    Shown(open),
    closed.length === 0 ? null : h('details', { open: unfolded, 'data-closed': line.id, ontoggle: (e) => {
      if (e.target.open) { state.unfolded.add(line.id); } else { state.unfolded.delete(line.id); }
      if (e.target.open !== unfolded) { draw(); }
    } },
    h('summary', null, 'Closed chats (' + closed.length + ')'), unfolded ? Shown(closed) : null),
  ];
}

const Older = (count) => (count > 0 ? h('p', { class: 'muted' }, count + ' older ones are not shown') : null);

const Shown = (chats) => [
  h('ul', { class: 'plain' }, chats.slice(0, SHOWN).map(Chat)),
  Older(chats.length - SHOWN),
];

function Chat(chat) {
  const path = mine('/chats/' + chat.id);
  return h('li', { key: chat.id, class: 'chat' + (chat.open ? '' : ' closed'), 'data-chat': chat.id },
    h('span', null, 'Chat ' + chat.id + ' (' + chat.connector + '), ' + (chat.open ? 'open' : 'closed') + ', session ' + chat.session_id),
    h('span', null, chat.open
      ? [
        CLOSINGS.map(([by, text, title]) => button(text, () => act('Chat ' + chat.id + ' closed', path + '/close', { by }), {
          title, 'aria-label': text + ', chat ' + chat.id, key: by, 'data-close': by })),
        button('Customer writes', () => act('Customer wrote', path + '/messages', { by: 'customer', text: 'Hello' })),
        button('Operator writes', () => act('Operator wrote', path + '/messages', { by: 'operator', text: 'How can I help?' })),
        state.lines.length > 1
          ? h('select', { 'aria-label': 'Move chat ' + chat.id + ' to line', value: '', onchange: (e) =>
            act('Chat moved', path + '/transfer', { line_id: Number(e.target.value) }) },
          h('option', { value: '' }, 'Move to…'),
          state.lines.filter((l) => l.id !== chat.line_id).map((l) => h('option', { value: l.id }, 'line ' + l.id)))
          : null,
      ]
      : [
        button('Customer writes again', () => act('New session', path + '/return'), { title: 'A new session: ONSESSIONSTART' }),
        button('Resume the session', () => act('Session resumed', path + '/resume'),
          { title: 'As while a rating is awaited: no event, and the next close is a second ONSESSIONFINISH of one session' }),
      ]));
}

function Deliveries() {
  const wanted = state.filter.toLowerCase();
  const shown = state.deliveries.filter((d) =>
    !wanted || (d.event + ' ' + d.handler + ' ' + d.status + ' ' + (d.failure ?? '')).toLowerCase().includes(wanted));
  return box('deliveries-title', 'Deliveries',
    h('form', { class: 'row', id: 'replay', onsubmit: submit((f, form) => replay(form.elements.record.files[0])) },
      field('Record of an event: a form or JSON', 'record', { type: 'file', required: true, class: 'wide' }),
      h('button', { type: 'submit' }, 'Replay')),
    h('input', { type: 'search', 'aria-label': 'Filter deliveries', placeholder: 'Filter by event, handler, status', value: state.filter,
      oninput: (e) => { state.filter = e.target.value; draw(); } }),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'deliveries-title' },
      h('table', { id: 'deliveries' },
        h('thead', null, h('tr', null, ['No.', 'Event', 'Handler', 'Answer', 'Connect', 'First byte', 'Total'].map((t) => h('th', { scope: 'col' }, t)))),
        h('tbody', null, shown.map((d) => h('tr', { key: d.number, 'aria-selected': String(d.number === state.open), 'data-delivery': d.number },
          h('td', null, button(String(d.number), () => show(d.number), { 'aria-label': 'Show delivery ' + d.number })),
          h('td', null, d.event + (d.dialect === 'platform' ? '' : ' (' + d.dialect + ')')),
          h('td', null, d.handler),
          h('td', { class: d.acknowledged ? 'ok' : 'bad' }, d.failure ?? (d.acknowledged ? '✓ ' : '✗ ') + d.status),
          h('td', null, d.connect_ms + ' ms' + (d.backlog_suspected ? ' (queue of connections full)' : '')),
          h('td', null, d.first_byte_ms + ' ms'),
          h('td', null, d.total_ms + ' ms')))))),
    Older(state.older.deliveries),
    shown.length === 0 ? h('p', { class: 'muted' },
      wanted ? 'No delivery fits.' : 'Nothing yet. Bind a handler, open a chat and close it.') : null);
}

function Delivery() {
  const view = state.view;
  if (!view) { return null; }
  const path = mine('/deliveries/' + view.number);
  const again = (result) => { if (result) { show(result.number); } };
  return h('section', { class: 'box', id: 'delivery', tabindex: -1, 'aria-labelledby': 'delivery-title' },
    h('h2', { id: 'delivery-title' }, 'Delivery ' + view.number + ': ' + view.event),
    h('p', null,
      button('Resend', () => act('Delivery ' + view.number + ' sent again', path + '/again').then(again), { id: 'resend' }),
      button('Edit and resend', () => { state.editing = view.request_body; draw(); document.getElementById('edited')?.focus(); }, { id: 'edit' }),
      button('Copy as curl', () => copy('a curl command, with its secrets', () => ask('GET', path + '/curl'))),
      button('Copy as JUnit test', () => copy('a JUnit test', () => ask('GET', path + '/junit'))),
      button('Close', () => { state.view = state.open = null; draw(); })),
    state.editing === null ? null : h('form', { onsubmit: (e) => {
      e.preventDefault();
      act('Edited delivery sent', path + '/again', { body: state.editing }).then(again);
    } },
    h('label', null, 'Body. Three asterisks stand for the secret that was there.',
      h('textarea', { id: 'edited', rows: 6, value: state.editing, oninput: (e) => { state.editing = e.target.value; } })),
    h('button', { type: 'submit', id: 'send-edited' }, 'Send')),
    h('details', { open: true }, h('summary', null, 'As a tree'), h('pre', { tabindex: 0 }, JSON.stringify(view.tree, null, 2))),
    h('details', null, h('summary', null, 'Bytes sent'), h('pre', { tabindex: 0 }, view.request_head + view.request_body)),
    h('details', { open: true }, h('summary', null, 'Answer'), h('pre', { tabindex: 0 }, view.answer || view.failure || 'none')),
    h('details', null, h('summary', null, 'REST calls it led to (' + view.calls.length + ')'),
      h('ul', null, view.calls.map((c) => h('li', null, c.method + ' → ' + c.status + (c.error ? ' ' + c.error : '')
        + (c.linked_by === 'time' ? ', perhaps: it came within five seconds' : ''))))));
}

function Subscriptions() {
  return box('subscriptions-title', 'Subscriptions and application',
    h('form', { class: 'row', onsubmit: submit((f) => act('Handler bound', mine('/subscriptions'), f)) },
      field('Handler', 'handler', { type: 'url', required: true, placeholder: 'http://127.0.0.1:8080/bitrix24', class: 'wide' }),
      field('Event', 'event', { value: 'ONSESSIONFINISH', required: true }),
      choice('Dialect', 'dialect', DIALECTS),
      h('button', { type: 'submit' }, 'Bind')),
    h('ul', { class: 'plain' },
      state.subscriptions.map((s) => h('li', { key: s.id }, s.id + '. ' + s.event + ' → ' + s.handler + ' (' + s.dialect + ') ',
        button('Unbind', () => act('Unbound', mine('/subscriptions/' + s.id), null, 'DELETE'), { 'aria-label': 'Unbind subscription ' + s.id }))),
      state.offline.bindings.map((b) => h('li', { key: 'o' + b.id }, b.id + '. ' + b.event + ' → offline queue' + (b.connector ? ' of ' + b.connector : '')))),
    h('p', { class: 'muted' }, 'Offline queue: ' + state.offline.records.length + ' records'),
    h('p', null, 'The application is ' + (state.portal?.installed ? 'installed. ' : 'not installed: it gets no events. '),
      button('Install', () => act('Installed', mine('/install'))),
      button('Update', () => act('Updated', mine('/update'), { new_token: false })),
      button('Uninstall', () => act('Uninstalled', mine('/uninstall')))),
    h('p', null, button('Copy member id', () => copy('the member id', async () => state.portal.member_id)),
      button('Copy application token', () => copy('the application token', async () => (await ask('GET', mine(''))).application_token)),
      button('Copy webhook address', () => copy('the address of the incoming webhook', async () => (await ask('GET', mine(''))).webhook))));
}

function Faults() {
  return box('faults-title', 'Faults of REST and OAuth',
    h('form', { class: 'row', onsubmit: submit((f) => act('Fault added', mine('/faults'), f)) },
      choice('Fault', 'fault', FAULTS),
      field('Methods', 'on', { value: '*', required: true }),
      field('First', 'first', { type: 'number', min: 1 }),
      field('Every', 'every', { type: 'number', min: 1 }),
      field('ms', 'ms', { type: 'number', min: 0 }),
      field('Status', 'status', { type: 'number', min: 200, max: 599 }),
      field('New address', 'to', { type: 'url' }),
      h('button', { type: 'submit' }, 'Add fault')),
    h('ul', { class: 'plain' }, state.faults.map((f) => h('li', null, f))),
    state.faults.length ? button('Remove all faults', () => act('Faults removed', mine('/faults'), null, 'DELETE')) : null,
    h('h3', { class: 'muted' }, 'How events are sent: ' + state.plan),
    h('form', { class: 'row', onsubmit: submit((f) => act('Plan set', mine('/plan'), plan(f))) },
      field('Copies', 'copies', { type: 'number', min: 1 }),
      field('Delay ms', 'delay_ms', { type: 'number', min: 0 }),
      choice('Bytes', 'bytes', [['', 'whole'], ['byte_at_a_time_us', 'one at a time'], ['cut_after', 'cut after 30'], ['reset_after', 'reset after 30'], ['chunked', 'chunked'], ['expect_continue', 'Expect: 100-continue']]),
      choice('Token', 'token', [['', 'right'], ['wrong', 'wrong']]),
      h('button', { type: 'submit' }, 'Use')));
}

function plan(f) {
  const made = {};
  if (f.copies) { made.copies = f.copies; }
  if (f.delay_ms) { made.delay_ms = f.delay_ms; }
  if (f.token) { made.wrong_token = true; }
  if (f.bytes === 'byte_at_a_time_us') { made[f.bytes] = 500; }
  if (f.bytes === 'cut_after' || f.bytes === 'reset_after') { made[f.bytes] = 30; }
  if (f.bytes === 'chunked') { made.chunked = [10, 100]; }
  if (f.bytes === 'expect_continue') { made.expect_continue = true; }
  return made;
}

function Clock() {
  const clock = state.portal?.clock;
  const set = (what, body) => button(what, () => act('Clock: ' + what, mine('/clock'), body));
  return box('clock-title', 'Clock',
    h('p', null, clock ? Time(clock.now, true) : '', clock ? (clock.frozen ? ', stands still' : ', runs') : ''),
    set('Freeze', { freeze: true }), set('One hour on', { advance_seconds: 3600 }),
    set('Until tokens expire', { advance_seconds: 3601 }), set('Run', { run: true }));
}

function Calls() {
  return box('calls-title', 'REST calls',
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'calls-title' },
      h('table', null,
        h('thead', null, h('tr', null, ['Time', 'Method', 'Parameters', 'Answer', 'Known from'].map((t) => h('th', { scope: 'col' }, t)))),
        h('tbody', null, state.calls.map((c) => h('tr', null,
          h('td', null, Time(c.at)), h('td', null, c.method), h('td', null, c.parameters),
          h('td', { class: c.status < 400 ? 'ok' : 'bad' }, c.status + (c.error ? ' ' + c.error : '') + (c.fault ? ' (' + c.fault + ')' : '')),
          h('td', null, c.provenance)))))),
    Older(state.older.calls),
    state.calls.length === 0 ? h('p', { class: 'muted' }, 'No call yet.') : null);
}

function App() {
  return [
    h('a', { class: 'skip', href: '#main' }, 'Skip to the chats'),
    h('header', { class: 'top container-fluid' },
      h('h1', null, 'Simulated portal'),
      state.portals.length > 1
        ? h('label', null, 'Portal ', h('select', { value: state.label, onchange: (e) => { choose(e.target.value); refresh(); } },
          state.portals.map((p) => h('option', { value: p.label }, p.label))))
        : h('span', null, state.portal ? state.portal.label + ', ' + state.portal.client_endpoint : ''),
      button('New portal', () => act('Portal made', 'portals', { lines: [{ name: 'Open line' }] })),
      h('span', { class: state.live ? 'ok' : 'bad' }, state.live ? '● live' : '○ not connected')),
    h('main', { id: 'main', class: 'container-fluid' },
      h('p', { class: 'status' + (state.failed ? ' bad' : ''), role: 'status', 'aria-live': 'polite' }, state.said),
      state.label === null ? h('p', null, 'There is no portal here.') : h('div', { class: 'columns' },
        h('div', null, Lines(), Subscriptions(), Faults(), Clock()),
        h('div', null, Deliveries(), Delivery(), Calls()))),
  ];
}

const root = document.getElementById('app');
root.replaceChildren();
function draw() { render(h('div', null, App()), root); }
let drawing = null;
/** Draws at most twenty times a second, however fast the events come. */
function drawSoon() {
  drawing ??= setTimeout(() => { drawing = null; draw(); }, 50);
}
draw();
refresh().catch((e) => say(e.message, true));
