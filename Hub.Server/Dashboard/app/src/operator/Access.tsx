import { useRef, useState } from "preact/hooks";
import { sentenceOf } from "../fault";
import { User } from "./User";
import { admit, blocks, disconnect, longestReason, longestUser, type Disconnection } from "./access";
import { lookUp, type Answer } from "./user";

/** Shows what the nodes know of a user, puts it out on every node, after a question, and lets it in again. */
export function Access({ token }: { token: string }) {
  const question = useRef<HTMLDialogElement>(null);
  const [asked, setAsked] = useState<Disconnection>({ user: "", reason: "", hours: 0 });
  const [said, setSaid] = useState<{ text: string; isFault: boolean }>({ text: "", isFault: false });

  const [found, setFound] = useState<Answer | null>(null);

  const carryOut = (doing: Promise<void>, done: string) => {
    setSaid({ text: "", isFault: false });
    doing.then(
      () => setSaid({ text: done, isFault: false }),
      (error: unknown) => setSaid({ text: sentenceOf(error), isFault: true }),
    );
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => fields.get(name) as string;
    const user = text("user");
    const chosen = (event.submitter as HTMLButtonElement | null)?.value ?? "look";
    if (chosen === "look") {
      setFound(null);
      carryOut(lookUp(token, user).then(setFound), "");
      return;
    }
    if (chosen === "admit") {
      carryOut(admit(token, user), `The tokens of ${user} are accepted again.`);
      return;
    }
    setAsked({ user, reason: text("reason"), hours: Number(text("hours")) });
    question.current!.showModal();
  };
  const answered = () => {
    if (question.current!.returnValue === "disconnect")
      carryOut(disconnect(token, asked), `${asked.user} is disconnected, and the tokens that it had are refused.`);
    question.current!.returnValue = "";
  };
  return (
    <section class="card access" aria-label="Access">
      <form onSubmit={submit}>
        <label>
          User
          <input name="user" required maxLength={longestUser} autocomplete="off" spellcheck={false} />
        </label>
        <label>
          Reason, for the log
          <input name="reason" maxLength={longestReason} autocomplete="off" />
        </label>
        <label>
          Out
          <select name="hours">
            {blocks.map(({ name, hours }) => (
              <option key={hours} value={hours}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" value="look">
          Look up
        </button>
        <button type="submit" class="danger" value="disconnect">
          Disconnect…
        </button>
        <button type="submit" value="admit">
          Admit again
        </button>
      </form>
      <p class={said.isFault ? "fault" : "done"} role={said.isFault ? "alert" : "status"}>
        {said.text}
      </p>
      {found && <User answer={found} />}
      <dialog ref={question} class="card" aria-labelledby="access-question" onClose={answered}>
        <form method="dialog">
          <h2 id="access-question">Disconnect {asked.user}?</h2>
          <p>
            Everything that this user reads ends on every node, and the tokens that it has now are refused,{" "}
            {blocks.find(block => block.hours === asked.hours)!.name}.
          </p>
          <button type="submit" value="" autofocus>
            Cancel
          </button>
          <button type="submit" class="danger" value="disconnect">
            Disconnect
          </button>
        </form>
      </dialog>
    </section>
  );
}
