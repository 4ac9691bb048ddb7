// The operators' hub, with the stock client: reports of all nodes, and announcements.
import { HubConnectionBuilder, LogLevel, type HubConnection } from "@microsoft/signalr";
import type { NodeStats } from "./stats";

export interface Announcement {
  text: string;
  by: string;
  at: string;
}

/** UTF-16 code units, as the server counts. */
export const longestAnnouncement = 1_000;

const firstRetryMs = 1_000;
const lastRetryMs = 10_000;

export interface HubEvents {
  onNode: (stats: NodeStats) => void;
  onAnnouncement: (announcement: Announcement) => void;
  onConnected: (connected: boolean) => void;
}

/** A connection that reconnects until it is left. */
export class OperatorsHub {
  private connection: HubConnection | null = null;
  private left = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly token: string,
    private readonly events: HubEvents,
  ) {
    void this.connect(firstRetryMs);
  }

  /** Throws an error with a readable message if the announcement was not sent. */
  async announce(text: string): Promise<void> {
    if (!this.connection) throw new Error("There is no connection. Send it again in a moment.");
    try {
      await this.connection.invoke("Announce", text);
    } catch (error) {
      // The stock client adds a prefix to the server's message.
      throw new Error((error as Error).message.replace(/^.*HubException: /s, ""), { cause: error });
    }
  }

  leave(): void {
    this.left = true;
    clearTimeout(this.timer);
    void this.connection?.stop().catch(() => undefined);
  }

  private async connect(retryMs: number): Promise<void> {
    const connection = new HubConnectionBuilder()
      .withUrl("hubs/operators", { accessTokenFactory: () => this.token })
      .configureLogging(LogLevel.None)
      .build();
    connection.on("Node", (stats: NodeStats) => {
      if (!this.left) this.events.onNode(stats);
    });
    connection.on("Announcement", (announcement: Announcement) => {
      if (!this.left) this.events.onAnnouncement(announcement);
    });
    connection.onclose(() => {
      if (this.left) return;
      this.connection = null;
      this.events.onConnected(false);
      this.connectLater(firstRetryMs);
    });
    try {
      await connection.start();
    } catch {
      this.connectLater(retryMs);
      return;
    }
    if (this.left) {
      void connection.stop().catch(() => undefined);
      return;
    }
    this.connection = connection;
    this.events.onConnected(true);
  }

  private connectLater(retryMs: number): void {
    if (this.left) return;
    // If a node fails, all its operators reconnect: spread them.
    this.timer = setTimeout(() => void this.connect(Math.min(retryMs * 2, lastRetryMs)), retryMs * (0.5 + Math.random() / 2));
  }
}
