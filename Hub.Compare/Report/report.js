'use strict';
// Draws comparison.html from the document that stands in it. Texts come in as text, never as markup.
(() => {
  const report = JSON.parse(document.getElementById('document').textContent);
  const root = document.getElementById('report');
  const scenarios = [...new Set(report.contenders.flatMap(contender => contender.scenarios.map(scenario => scenario.name)))];
  const dark = matchMedia('(prefers-color-scheme: dark)');
  // Told apart by people who see few colours, on both backgrounds.
  const colours = ['#0a84d6', '#e0851b', '#17a077', '#c65ba6', '#8a8f98', '#c94f3d', '#7a6ff0', '#a3761f', '#3fa9b5'];

  function make(tag, attributes = {}, ...children) {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  }

  const format = value => value === 0 ? '0'
    : Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toLocaleString('en', { maximumSignificantDigits: 3 });
  const find = (contender, name) => contender.scenarios.find(scenario => scenario.name === name);

  function comparison(value) {
    if (value.ratioToWebSockets == null || value.verdict === 'no difference measured') return value.verdict ?? '';
    const spread = value.ratioLow === value.ratioHigh ? '' : ` (${format(value.ratioLow)} – ${format(value.ratioHigh)})`;
    return `×${format(value.ratioToWebSockets)}${spread}${value.verdict === 'too few rounds to tell' ? ', ' + value.verdict : ''}`;
  }

  function cell(value) {
    if (!value) return make('td', {}, '–');
    const interval = value.low === value.high ? [] : [make('small', {}, `${format(value.low)} – ${format(value.high)}`)];
    return make('td', {}, format(value.median), ...interval, make('small', { className: 'ratio' }, comparison(value)));
  }

  // Figures downwards: there are many of them, and few contenders.
  function table(name) {
    const columns = report.contenders.map(contender => [contender, find(contender, name)]).filter(([, scenario]) => scenario);
    const head = columns.map(([contender, scenario]) => make('th', {}, contender.name,
      ...(scenario.loadBound ? [make('small', { className: 'bad' }, 'load side was the limit')] : [])));
    const rows = report.figures.filter(figure => columns.some(([, scenario]) => scenario.figures[figure.key])).map(figure =>
      make('tr', {}, make('th', { title: figure.meaning, scope: 'row' }, figure.title, make('small', {}, figure.unit)),
        ...columns.map(([, scenario]) => cell(scenario.figures[figure.key]))));
    if (columns.some(([, scenario]) => scenario.delivers))
      for (const count of ['lost', 'doubled']) rows.push(make('tr', {}, make('th', { scope: 'row' }, count),
        ...columns.map(([, scenario]) => make('td', { className: scenario[count] ? 'bad' : 'good' }, String(scenario[count])))));
    return make('div', { className: 'card' }, make('table', {},
      make('thead', {}, make('tr', {}, make('th', {}, ''), ...head)), make('tbody', {}, ...rows)));
  }

  function distribution(name, holder) {
    const rows = report.contenders.filter(contender => find(contender, name)?.latency);
    if (!rows.length) return;
    if (typeof uPlot === 'undefined') {
      holder.append(make('p', { className: 'soft' }, 'The charts are missing: this program was built without Node.'));
      return;
    }
    const nines = find(rows[0], name).latency.map(point => -Math.log10(1 - point.quantile));
    const narrow = holder.clientWidth < 500;
    const style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue('--soft').trim(), grid: { stroke: style.getPropertyValue('--line').trim() } };
    new uPlot({
      width: Math.max(300, holder.clientWidth - 34), height: 320,
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        { ...axis, label: 'share of deliveries', splits: () => narrow ? [0, 1, 2, 3] : [0, 0.30103, 1, 2, 3], values: (_, at) => at.map(nine => `${+(100 * (1 - 10 ** -nine)).toFixed(1)} %`) },
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
      'Each figure is the median of several rounds; below it stand the interval that the rounds leave for it (95 %; with five rounds or fewer all of them) and the ratio to ' +
      'WebSockets with its own interval. Where the intervals of the two overlap, it says “no difference measured” whatever the medians are. Absolute figures hold for this ' +
      'machine only; ratios travel better. In the charts further right is rarer: at 99 % you see what one delivery in a hundred exceeds. Lower is better. Latency counts from ' +
      'the moment a notification was due, so a server that stalls cannot hide it. The mouse on a figure’s name tells what it means; so does the list at the end.'));
    if (report.conditions.beside.length) root.append(make('p', {},
      'Contenders whose names begin with Stock read from plain SignalR, with its Redis backplane on several nodes; Bare reads an event stream that is written with ASP.NET Core alone, ' +
      'always on one node. An empty cell: the contender cannot take part there.'));
    for (const name of scenarios) {
      root.append(make('h2', {}, name), make('p', { className: 'soft' }, report.scenarios.find(scenario => scenario.name === name)?.meaning ?? ''));
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
