import { isGap, isNotification, type Gap, type Item } from "./items.js";
import { rememberedTopics } from "./limits.js";

/**
 * The last known sequence of each topic. A topic is known from its first notification or gap on; earlier positions are in the
 * cursor, which only the server can read.
 */
export class Sequences {
  readonly #last = new Map<string, number>();

  /**
   * Whether the item is the next one, a repeat, or shows that something is missing. Remembers the sequence of the next one.
   */
  judge(item: Item): "next" | "repeat" | "hole" {
    if (isGap(item)) return this.#judgeGap(item.gap);
    if (!isNotification(item)) return "next";
    const last = this.#last.get(item.topic);
    if (last !== undefined && item.sequence <= last) return "repeat";
    if (last !== undefined && item.sequence > last + 1) return "hole";
    this.#remember(item.topic, item.sequence);
    return "next";
  }

  /**
   * The topics have changed, because the user's groups have. A group that is left and joined again continues at its latest, so its next
   * sequence may jump. The user's own topic and `all` always continue.
   */
  forgetGroups(): void {
    for (const topic of this.#last.keys()) if (topic.startsWith("group:")) this.#last.delete(topic);
  }

  #judgeGap({ topic, next, reason }: Gap): "next" | "repeat" {
    // A gap for another reader: this one has already passed it.
    if (reason === "expired" && topic !== null && next !== null && (this.#last.get(topic) ?? -1) >= next - 1) return "repeat";
    this.#jump(topic, next);
    return "next";
  }

  // Only after a gap, a sequence may jump, in either direction.
  #jump(topic: string | null, next: number | null): void {
    if (topic === null) this.#last.clear();
    else if (next === null) this.#last.delete(topic);
    else this.#remember(topic, next - 1);
  }

  // Dropping a topic means trusting the server for its next item; the server sends in order.
  #remember(topic: string, sequence: number): void {
    // Keep the map in order of use: the most recent topic is last.
    this.#last.delete(topic);
    this.#last.set(topic, sequence);
    if (this.#last.size <= rememberedTopics) return;
    const [longestSilent] = this.#last.keys();
    this.#last.delete(longestSilent!);
  }
}
