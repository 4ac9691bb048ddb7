import { isGap, isNotification, type Gap, type Item } from "./items.js";
import { rememberedTopics } from "./limits.js";

/**
 * The last sequence of each topic, as far as it is known. A topic is known from its first notification or gap on; what came
 * before is in the cursor, which only the server can read.
 */
export class Sequences {
  readonly #last = new Map<string, number>();

  /** Whether the item is the next one, one that was had already, or shows that something is missing. Remembers the next one. */
  judge(item: Item): "next" | "repeat" | "hole" {
    if (isGap(item)) return this.#judgeGap(item.gap);
    if (!isNotification(item)) return "next";
    const last = this.#last.get(item.topic);
    if (last !== undefined && item.sequence <= last) return "repeat";
    if (last !== undefined && item.sequence > last + 1) return "hole";
    this.#remember(item.topic, item.sequence);
    return "next";
  }

  #judgeGap({ topic, next, reason }: Gap): "next" | "repeat" {
    // Somebody else's gap: this reader was beyond it already.
    if (reason === "expired" && topic !== null && next !== null && (this.#last.get(topic) ?? -1) >= next - 1) return "repeat";
    this.#jump(topic, next);
    return "next";
  }

  // Behind a gap, and only there, a sequence may jump, in either direction.
  #jump(topic: string | null, next: number | null): void {
    if (topic === null) this.#last.clear();
    else if (next === null) this.#last.delete(topic);
    else this.#remember(topic, next - 1);
  }

  // Forgetting means trusting the server for one item of each topic; what it sends is in order.
  #remember(topic: string, sequence: number): void {
    // The topic that was heard of last stands last.
    this.#last.delete(topic);
    this.#last.set(topic, sequence);
    if (this.#last.size <= rememberedTopics) return;
    const [longestSilent] = this.#last.keys();
    this.#last.delete(longestSilent!);
  }
}
