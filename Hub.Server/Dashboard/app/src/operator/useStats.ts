import { useEffect, useState } from 'preact/hooks';
import { fetchStats, sampleOf, StatsRefused, type NodeStats, type Sample } from './stats';

const everyMs = 1_000;
/** Two minutes. */
const samplesKept = 120;

export interface Watched {
  nodes: NodeStats[];
  /** Of the node that answered last, oldest first. */
  samples: Sample[];
  fault: Error | null;
}

/** Asks once a second for as long as the page is looked at. */
export function useStats(token: string | null): Watched {
  const [watched, setWatched] = useState<Watched>({ nodes: [], samples: [], fault: null });
  useEffect(() => {
    if (token === null) return;
    let busy = false;
    const ask = async () => {
      if (busy) return;
      busy = true;
      try {
        const answered = await fetchStats(token);
        setWatched(before => merge(before, answered));
      } catch (error) {
        setWatched(before => ({ ...before, fault: error instanceof StatsRefused ? error : new Error('The server does not answer.') }));
      } finally {
        busy = false;
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => clearInterval(timer);
  }, [token]);
  return watched;
}

/** Behind a balancer every answer may be another node's. */
function merge(before: Watched, answered: NodeStats[]): Watched {
  const nodes = new Map(before.nodes.map(node => [node.id, node]));
  const samples = [...before.samples];
  for (const node of answered) {
    const known = nodes.get(node.id);
    const sample = known && sampleOf(known, node);
    if (sample) samples.push(sample);
    nodes.set(node.id, node);
  }
  return { nodes: [...nodes.values()].sort((a, b) => a.id < b.id ? -1 : 1), samples: samples.slice(-samplesKept), fault: null };
}
