// Watches the nodes: by the operators' hub while that works, else by polling any node that answers.
import { Cluster, type Sample, type ShownNode } from "./cluster";
import { OperatorsHub, type Announcement } from "./hub";
import { fetchStats, StatsRefused, type NodeStats } from "./stats";

const everyMs = 1_000;
/** Two minutes. */
const samplesKept = 120;
const announcementsKept = 50;
/**
 * The hub works if reports have come for this long and the last one is no older than this. Each node reports once in this
 * time, and it ends before a node counts as silent.
 */
const carriesMs = 1_500;

export interface Watched {
  nodes: ShownNode[];
  /** Of all nodes together, oldest first. */
  samples: Sample[];
  /** Newest first. */
  announcements: Announcement[];
  connected: boolean;
  fault: Error | null;
}

export const nothingYet: Watched = { nodes: [], samples: [], announcements: [], connected: false, fault: null };

export class Watch {
  private readonly cluster = new Cluster();
  private timer: ReturnType<typeof setInterval> | undefined;
  private token = "";
  private hub: OperatorsHub | null = null;
  private watched = nothingYet;
  private asking = false;
  private left = false;
  private carriedSince = -Infinity;
  private carriedLast = -Infinity;

  /**
   * @param many whether there may be other nodes. With a single node, silence of its hub does not show that the node is down.
   */
  constructor(
    private readonly many: boolean,
    private readonly onChange: (watched: Watched) => void,
  ) {}

  /** Starts, or continues as another user: the data stays. */
  use(token: string): void {
    this.token = token;
    this.leaveHub();
    this.timer ??= setInterval(() => this.tick(), everyMs);
    void this.ask();
  }

  announce(text: string): Promise<void> {
    return this.hub ? this.hub.announce(text) : Promise.reject(new Error("There is no connection. Send it again in a moment."));
  }

  leave(): void {
    this.left = true;
    clearInterval(this.timer);
    this.leaveHub();
  }

  private leaveHub(): void {
    this.hub?.leave();
    this.hub = null;
    this.change({ connected: false });
  }

  private tick(): void {
    const now = performance.now();
    this.cluster.drop(now);
    const sample = this.cluster.sample(now, !this.carries(now), Date.now() / 1000);
    this.change(sample ? { samples: [...this.watched.samples, sample].slice(-samplesKept) } : {});
    if (!this.carries(now)) void this.ask();
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const nodes = await fetchStats(this.token);
      if (this.left) return;
      for (const stats of nodes) this.cluster.hear(stats, performance.now());
      this.change({ fault: null });
      // Only after a successful poll: if the server refuses the user here, the hub would do so too.
      this.hub ??= new OperatorsHub(this.token, {
        onNode: stats => this.hear(stats),
        onAnnouncement: announcement =>
          this.change({ announcements: [announcement, ...this.watched.announcements].slice(0, announcementsKept) }),
        onConnected: connected => this.change({ connected }),
      });
    } catch (error) {
      this.change({ fault: error instanceof StatsRefused ? error : new Error("The server does not answer.") });
    } finally {
      this.asking = false;
    }
  }

  private hear(stats: NodeStats): void {
    if (!this.many) return;
    const now = performance.now();
    if (now - this.carriedLast > carriesMs) this.carriedSince = now;
    this.carriedLast = now;
    this.cluster.hear(stats, now);
    if (this.watched.fault) this.change({ fault: null });
  }

  private carries(now: number): boolean {
    return now - this.carriedLast <= carriesMs && now - this.carriedSince >= carriesMs;
  }

  private change(part: Partial<Watched>): void {
    if (this.left) return;
    const now = performance.now();
    this.watched = { ...this.watched, ...part, nodes: this.cluster.show(now, !this.carries(now)) };
    this.onChange(this.watched);
  }
}
