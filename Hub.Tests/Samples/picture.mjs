// Draws the screen of a terminal: reads what `tmux capture-pane -e -p` prints, writes an SVG.
import { readFileSync } from "node:fs";

const cell = { width: 8.4, height: 18 };
const usual = { ink: "#e2e8f0", paper: "#0f172a", bold: false };

const lines = readFileSync(0, "utf8").replace(/\n+$/, "").split("\n");
let style = { ...usual };
const rows = lines.map(runsOf);
const columns = Math.max(...rows.map(runs => runs.reduce((sum, run) => sum + [...run.text].length, 0)));
const [width, height] = [columns * cell.width + 16, rows.length * cell.height + 16];

console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(1)} ${height}" font-size="14"
  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace">
<rect width="100%" height="100%" rx="6" fill="${usual.paper}"/>`);
rows.forEach((runs, row) => {
  let column = 0;
  for (const run of runs) {
    const [x, y, length] = [8 + column * cell.width, 8 + row * cell.height, [...run.text].length * cell.width];
    column += [...run.text].length;
    if (run.paper !== usual.paper)
      console.log(`<rect x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${cell.height}" fill="${run.paper}"/>`);
    if (run.text.trim() === "") continue;
    console.log(
      `<text x="${x.toFixed(1)}" y="${y + 13}" fill="${run.ink}"${run.bold ? ' font-weight="bold"' : ""} xml:space="preserve" ` +
        `textLength="${length.toFixed(1)}" lengthAdjust="spacingAndGlyphs">${escape(run.text)}</text>`,
    );
  }
});
console.log("</svg>");

/** The parts of a line, each in one style. A style lasts over the end of a line. */
function runsOf(line) {
  const runs = [];
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const codes = /^\x1b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) apply(codes.split(";").map(Number));
    else if (part !== "") runs.push({ text: part, ...style });
  }
  return runs;
}

/** Colours of 24 bits, bold, inverse: what the sample uses. */
function apply(codes) {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) style = { ...usual };
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 7) style = { ...style, ink: style.paper, paper: style.ink };
    else if (code === 39) style = { ...style, ink: usual.ink };
    else if (code === 49) style = { ...style, paper: usual.paper };
    else if ((code === 38 || code === 48) && codes[i + 1] === 2) {
      const colour = `#${codes.slice(i + 2, i + 5).map(value => value.toString(16).padStart(2, "0")).join("")}`;
      style = { ...style, [code === 38 ? "ink" : "paper"]: colour };
      i += 4;
    }
  }
}

function escape(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
