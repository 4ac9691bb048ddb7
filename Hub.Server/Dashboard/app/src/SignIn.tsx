import { capital, signInAsCustomer, signInAsTeam, signInWith, type Session } from "./session";
import type { Settings } from "./settings";

interface Props {
  settings: Settings;
  /** Receives the new session, or the reason for the failure. */
  onSignIn: (signingIn: Promise<Session>) => void;
}

export function SignIn({ settings, fault, onSignIn }: Props & { fault: string }) {
  return (
    <div class="sign-in">
      <h1>An order, shown to the right person the moment it comes in.</h1>
      <p class="lead">
        {settings.signIn === "token"
          ? "Sign in with a token of yours."
          : settings.demo
            ? "Real orders of a US retailer are being replayed on this server right now. Whose do you want to see?"
            : "The demo is switched off on this server. You can still read as any customer or team, and publish to them."}
      </p>
      <p id="sign-in-fault" class="fault" role="alert">
        {fault}
      </p>
      {settings.signIn === "token" ? <TokenForm onSignIn={onSignIn} /> : <Anybody settings={settings} onSignIn={onSignIn} />}
    </div>
  );
}

function Anybody({ settings, onSignIn }: Props) {
  return (
    <div class="choices">
      <section aria-labelledby="teams" class="card">
        <h2 id="teams">A region’s team</h2>
        <p>sees every order of its region.</p>
        <div class="grid teams">
          {settings.regions.map(region => (
            <button type="button" key={region} onClick={() => onSignIn(signInAsTeam(region))}>
              {capital(region)}
            </button>
          ))}
        </div>
      </section>
      <section aria-labelledby="customers" class="card">
        <h2 id="customers">A customer</h2>
        <p>sees only their own orders.</p>
        <div class="grid customers">
          {settings.customers.map(({ id, segment }) => (
            <button type="button" key={id} onClick={() => onSignIn(signInAsCustomer(id))}>
              {id}
              <small>{segment}</small>
            </button>
          ))}
        </div>
      </section>
    </div>
  );
}

function TokenForm({ onSignIn }: Pick<Props, "onSignIn">) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get("token") as string;
    onSignIn(signInWith(token.trim()));
  };
  return (
    <form class="card token" onSubmit={submit}>
      <label for="token">Bearer token (a JWT)</label>
      <textarea id="token" name="token" rows={5} required spellcheck={false} autocomplete="off" aria-describedby="sign-in-fault" />
      <button type="submit" class="primary">
        Sign in
      </button>
    </form>
  );
}
