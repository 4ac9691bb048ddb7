// The operator's plots.
import type uPlot from "uplot";
import { axis, Plot, type Colours } from "../Plot";
import type { Sample } from "./cluster";

const windowSeconds = 120;
const height = 190;

type Series = (sample: Sample) => number | null;

export function RatesPlot({ samples }: { samples: Sample[] }) {
  return (
    <Lines
      label="Notifications published and delivered a second, over the last two minutes"
      samples={samples}
      series={[it => it.publishedPerSecond, it => it.deliveredPerSecond]}
      unit=""
    />
  );
}

export function LatencyPlot({ samples }: { samples: Sample[] }) {
  return (
    <Lines
      label="Median and 99th percentile of the time from the store to the connection, over the last two minutes"
      samples={samples}
      series={[it => it.p50, it => it.p99]}
      unit=" ms"
    />
  );
}

/** Stacked: the uppermost line is the total. */
export function ConnectionsPlot({ samples }: { samples: Sample[] }) {
  const stacked = carriers.map(
    (_, index) => (it: Sample) => carriers.slice(0, index + 1).reduce((sum, carrier) => sum + it.connections[carrier], 0),
  );
  return <Lines label="Connections by transport, stacked, over the last two minutes" samples={samples} series={stacked} unit="" filled />;
}

const carriers = ["webSockets", "serverSentEvents", "longPolling", "eventSource"] as const;

function Lines({
  label,
  samples,
  series,
  unit,
  filled = false,
}: {
  label: string;
  samples: Sample[];
  series: Series[];
  unit: string;
  filled?: boolean;
}) {
  // The tallest first: later series are drawn over earlier ones.
  const order = series.map((_, index) => (filled ? series.length - 1 - index : index));
  const data = [samples.map(it => it.at), ...order.map(index => samples.map(series[index]!))] as uPlot.AlignedData;
  const options = (colours: Colours) => ({
    scales: {
      x: { time: true, range: (_: uPlot, __: number, max: number) => [max - windowSeconds, max] as [number, number] },
      y: { range: (_: uPlot, __: number, max: number) => [0, Math.max(5, (max ?? 0) * 1.15)] as [number, number] },
    },
    axes: [
      axis(colours, {
        splits: (plot: uPlot) => [120, 90, 60, 30, 0].map(ago => plot.scales.x!.max! - ago),
        values: (plot: uPlot, seconds: number[]) =>
          seconds.map(it => (it === plot.scales.x!.max ? "now" : `${Math.round(it - plot.scales.x!.max!)} s`)),
      }),
      axis(colours, { size: 56, values: (_: uPlot, values: number[]) => values.map(value => `${value.toLocaleString("en")}${unit}`) }),
    ],
    series: [
      {},
      ...order.map(index => ({
        stroke: colours.series[index]!,
        width: 2,
        spanGaps: false,
        points: { show: false },
        ...(filled ? { fill: colours.series[index]! } : {}),
      })),
    ],
  });
  return <Plot label={label} height={height} data={data} options={options} />;
}
