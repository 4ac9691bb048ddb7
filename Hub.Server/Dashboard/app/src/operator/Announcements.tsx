import { useState } from "preact/hooks";
import { sentenceOf } from "../fault";
import { longestAnnouncement, type Announcement } from "./hub";

interface Props {
  announcements: Announcement[];
  connected: boolean;
  onAnnounce: (text: string) => Promise<void>;
}

/** Messages between operators, on any node. They are not stored. */
export function Announcements({ announcements, connected, onAnnounce }: Props) {
  const [fault, setFault] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setFault("");
    onAnnounce(new FormData(form).get("text") as string).then(
      () => form.reset(),
      (error: unknown) => setFault(sentenceOf(error)),
    );
  };
  return (
    <section class="card announcements" aria-label="Announcements">
      <form onSubmit={submit}>
        <label for="announcement">Announce to all operators</label>
        <input
          id="announcement"
          name="text"
          required
          maxLength={longestAnnouncement}
          autocomplete="off"
          aria-describedby="announcement-fault"
        />
        <button type="submit" class="primary" disabled={!connected}>
          Send
        </button>
      </form>
      <p id="announcement-fault" class="fault" role="alert">
        {fault}
      </p>
      <div class="said" role="log" aria-label="What was announced" tabIndex={0}>
        <ol>
          {announcements.map(({ text, by, at }) => (
            <li key={`${at} ${by} ${text}`}>
              <small>
                <b>{by}</b> <time dateTime={at}>{new Date(at).toLocaleTimeString()}</time>
              </small>
              <p>{text}</p>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
