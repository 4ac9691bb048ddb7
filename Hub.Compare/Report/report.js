'use strict';
// Draws comparison.html from the document that stands in it. Texts come in as text, never as markup.
(() => {
  const report = JSON.parse(document.getElementById('document').textContent);
  const root = document.getElementById('report');
  const scenarios = [...new Set(report.contenders.flatMap(contender => contender.scenarios.map(scenario => scenario.name)))];
  const dark = matchMedia('(prefers-color-scheme: dark)');
  // Told apart by people who see few colours, on both backgrounds.
  const colours = ['#0a84d6', '#e0851b', '#17a077', '#c65ba6', '#8a8f98'];

  function make(tag, attributes = {}, ...children) {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  }

  const format = value => value === 0 ? '0'
    : Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toLocaleString('en', { maximumSignificantDigits: 3 });
  const find = (contender, name) => contender.scenarios.find(scenario => scenario.name === name);

  function cell(value) {
    if (!value) return make('td', {}, '–');
    const ratio = value.ratioToWebSockets == null || value.verdict === 'too few rounds to tell' ? value.verdict
      : value.verdict === 'no difference measured' ? value.verdict
      : `×${format(value.ratioToWebSockets)} (${format(value.ratioLow)} – ${format(value.ratioHigh)})`;
    return make('td', {}, format(value.median), make('small', {}, `${format(value.low)} – ${format(value.high)}`), make('small', {}, ratio ?? ''));
  }

  function table(name) {
    const rows = report.contenders.filter(contender => find(contender, name));
    const figures = report.figures.filter(figure => rows.some(row => find(row, name).figures[figure.key]));
    const counts = rows.some(row => find(row, name).delivers) ? ['lost', 'doubled'] : [];
    const head = make('tr', {}, make('th', {}, 'contender'),
      ...figures.map(figure => make('th', { title: figure.meaning }, figure.title, make('small', {}, figure.unit))),
      ...counts.map(count => make('th', {}, count)));
    const body = rows.map(row => {
      const scenario = find(row, name);
      return make('tr', {}, make('td', {}, row.name, make('small', { className: scenario.loadBound ? 'bad' : '' }, scenario.loadBound ? 'load side was the bottleneck' : '')),
        ...figures.map(figure => cell(scenario.figures[figure.key])),
        ...counts.map(count => make('td', { className: scenario[count] ? 'bad' : 'good' }, String(scenario[count]))));
    });
    return make('div', { className: 'card' }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)));
  }

  function distribution(name, holder) {
    const rows = report.contenders.filter(contender => find(contender, name)?.latency);
    if (!rows.length) return;
    if (typeof uPlot === 'undefined') {
      holder.append(make('p', { className: 'soft' }, 'The charts are missing: this program was built without Node.'));
      return;
    }
    const nines = find(rows[0], name).latency.map(point => -Math.log10(1 - point.quantile));
    const style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue('--soft').trim(), grid: { stroke: style.getPropertyValue('--line').trim() } };
    new uPlot({
      width: Math.max(320, holder.clientWidth - 34), height: 320,
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        { ...axis, label: 'share of deliveries', splits: () => [0, 0.30103, 1, 2, 3], values: (_, at) => at.map(nine => `${+(100 * (1 - 10 ** -nine)).toFixed(1)} %`) },
        { ...axis, label: 'took at most, ms (logarithmic)', size: 70 },
      ],
      series: [
        { label: 'share', value: (_, nine) => nine == null ? '' : `${(100 * (1 - 10 ** -nine)).toFixed(2)} %` },
        ...rows.map(row => ({
          label: row.name, width: 2, points: { show: false }, stroke: colours[report.contenders.indexOf(row) % colours.length],
          value: (_, ms) => ms == null ? '' : `${format(ms)} ms`,
        })),
      ],
    }, [nines, ...rows.map(row => find(row, name).latency.map(point => Math.max(0.1, point.ms)))], holder);
  }

  function draw() {
    const { machine, conditions } = report;
    root.replaceChildren(
      make('h1', {}, 'Which transport? Measured.'),
      make('p', { className: 'soft' }, `${machine.processor}, ${machine.processors} processors, ${machine.memoryGiB} GiB · ${machine.system} · ${machine.runtime}, ${machine.build} · ${machine.measuredAt}`),
      make('p', {}, make('code', {}, conditions.command)));
    if (!report.complete) root.append(make('p', { className: 'bad' }, 'This run was ended early: it has fewer rounds than asked for.'));
    root.append(make('h2', {}, 'What follows from it'), make('ul', {}, ...report.advice.map(sentence => make('li', {}, sentence))));
    root.append(make('h2', {}, 'How to read it'), make('p', {},
      'Each figure is the median of several rounds; below it stands the interval in which 95 of 100 repetitions of these rounds would have put it, and then the ratio to ' +
      'WebSockets. Where the two intervals overlap, it says “no difference measured” whatever the medians are. Absolute figures hold for this machine only; ratios travel ' +
      'better. In the charts further right is rarer: at 99 % you see what one delivery in a hundred exceeds. Lower is better. Latency counts from the moment a notification was ' +
      'due, so a server that stalls cannot hide it.'));
    for (const name of scenarios) {
      root.append(make('h2', {}, name));
      const holder = make('div', { className: 'card' });
      if (report.contenders.some(contender => find(contender, name)?.latency)) {
        root.append(holder);
        distribution(name, holder);
      }
      root.append(table(name));
    }
    if (report.controls.length) {
      root.append(make('h2', {}, 'Would it have noticed?'),
        make('p', {}, 'Contenders with a fault put into them on purpose. If one of them is not caught, nothing on this page proves anything.'),
        make('ul', {}, ...report.controls.map(control => make('li', { className: control.caught ? 'good' : 'bad' },
          `${control.name}: ${control.caught ? 'caught' : 'not caught'} (found: ${control.found.join(', ') || 'nothing'})`))));
    }
    root.append(make('h2', {}, 'The figures'), make('dl', {}, ...report.figures.flatMap(figure => [make('dt', {}, `${figure.title}, ${figure.unit}`), make('dd', {}, figure.meaning)])));
  }

  draw();
  dark.addEventListener('change', draw);
})();
