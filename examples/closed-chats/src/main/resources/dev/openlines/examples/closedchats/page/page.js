// SPDX-License-Identifier: Apache-2.0
// What the page does beyond HTML: times in the reader's own zone, charts out of their tables, new rows.
'use strict';

const at = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const hourOnly = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

function localTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const when = new Date(time.dateTime);
    time.textContent = ('hour' in time.dataset ? hourOnly : at).format(when);
    time.title = time.dateTime;
  }
}

const drawn = [];

function draw() {
  while (drawn.length) drawn.pop().destroy();
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue('--pico-color');
  const bar = style.getPropertyValue('--pico-primary');
  const line = style.getPropertyValue('--pico-muted-border-color');
  for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
    const rows = [...document.getElementById(canvas.dataset.chart).tBodies[0].rows];
    drawn.push(new Chart(canvas, {
      type: 'bar',
      data: {
        labels: rows.map((row) => row.cells[0].textContent),
        datasets: [{ data: rows.map((row) => Number(row.cells[1].textContent)), backgroundColor: bar }],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { display: false } },
        scales: {
          x: { ticks: { color: ink }, grid: { display: false } },
          y: { beginAtZero: true, ticks: { color: ink, precision: 0 }, grid: { color: line } },
        },
      },
    }));
  }
}

const charts = document.getElementById('charts');
let redrawing;

/** Charts follow the rows, at most once a second. */
function redrawSoon() {
  redrawing ??= setTimeout(async () => {
    redrawing = undefined;
    const answer = await fetch('/charts?' + charts.dataset.query);
    if (!answer.ok) return;
    const open = [...charts.querySelectorAll('details')].map((details) => details.open);
    charts.innerHTML = await answer.text();
    charts.querySelectorAll('details').forEach((details, i) => { details.open = open[i]; });
    localTimes(charts);
    draw();
  }, 1000);
}

function follow(rows) {
  const status = document.getElementById('live');
  const address = new URL(rows.dataset.stream, document.baseURI);
  let news = 0;
  const arrived = (event) => {
    address.searchParams.set('after', event.lastEventId);
    // The server made it with everything that people wrote escaped.
    const template = document.createElement('template');
    template.innerHTML = event.data;
    const row = template.content.querySelector('tr');
    localTimes(row);
    rows.querySelector(`tr[data-chat="${row.dataset.chat}"]`)?.remove();
    row.classList.add('new');
    rows.prepend(row);
    while (rows.rows.length > 200) rows.lastElementChild.remove();
    document.getElementById('none').hidden = true;
    news += 1;
    status.textContent = `● live, ${news} new`;
    redrawSoon();
  };
  const connect = () => {
    const stream = new EventSource(address);
    stream.onopen = () => { status.textContent = news ? `● live, ${news} new` : '● live'; };
    stream.onerror = () => {
      status.textContent = '○ not connected, trying again';
      // The browser itself tries again, but not after an answer such as 503.
      if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
    };
    stream.addEventListener('chat', arrived);
  };
  connect();
}

localTimes(document);
const rows = document.querySelector('[data-stream]');
if (rows) follow(rows);
if (charts) {
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}
