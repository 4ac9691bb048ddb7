import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "./fault";
import { OrdersPage } from "./OrdersPage";
import { onSessionChange, remembered, signOut, type Session } from "./session";
import { keepFresh } from "./session-refresh";
import { loadSettings, type Settings } from "./settings";
import { SignIn } from "./SignIn";

interface PageProps {
  settings: Settings;
  session: Session | null;
}

type Load = () => Promise<ComponentType<PageProps>>;

/** The other pages, each loaded on its first visit. */
const pages: Record<string, { title: string; load: Load }> = {
  "#/lab": { title: "Transport lab", load: () => import("./lab/LabPage").then(it => it.LabPage) },
  "#/operator": { title: "Operator", load: () => import("./operator/OperatorPage").then(it => it.OperatorPage) },
};

export function App() {
  const address = useAddress();
  const [settings, setSettings] = useState<Settings | null>(null);
  const [session, setSession] = useState<Session | null>(remembered);
  const [fault, setFault] = useState("");
  useEffect(() => void loadSettings().then(setSettings), []);
  useEffect(() => onSessionChange(setSession), []);
  useEffect(() => (session ? keepFresh(session) : undefined), [session]);
  const signIn = (signingIn: Promise<Session>) => {
    setFault("");
    signingIn.then(setSession, (error: unknown) => setFault(sentenceOf(error)));
  };
  const leave = () => {
    setFault("");
    signOut().then(
      () => setSession(null),
      (error: unknown) => setFault(sentenceOf(error)),
    );
  };
  return (
    <>
      <header class="top">
        <a class="brand" href="./">
          <img src="favicon.svg" alt="" width="26" height="26" /> Realtime
        </a>
        <nav class="tabs" aria-label="Pages">
          <Tab to="#/" at={address}>
            Orders
          </Tab>
          {Object.entries(pages).map(([to, { title }]) => (
            <Tab key={to} to={to} at={address}>
              {title}
            </Tab>
          ))}
        </nav>
        {session && (
          <div class="who">
            <span class="name">{session.name}</span>
            <button type="button" class="quiet" onClick={leave}>
              Sign out
            </button>
          </div>
        )}
      </header>
      <main>
        {session && fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        {pages[address] ? (
          settings && <Loaded key={address} load={pages[address].load} settings={settings} session={session} />
        ) : session ? (
          <OrdersPage key={session.user} session={session} />
        ) : (
          settings && <SignIn settings={settings} fault={fault} onSignIn={signIn} />
        )}
      </main>
    </>
  );
}

function Tab({ to, at, children }: { to: string; at: string; children: string }) {
  return (
    <a href={to} aria-current={to === at ? "page" : undefined}>
      {children}
    </a>
  );
}

function Loaded({ load, settings, session }: PageProps & { load: Load }) {
  const [Page, setPage] = useState<ComponentType<PageProps> | null>(null);
  const [fault, setFault] = useState("");
  useEffect(
    () =>
      void load().then(
        page => setPage(() => page),
        () => setFault("This page could not be loaded. Is the server there? Try again."),
      ),
    [load],
  );
  return Page ? (
    <Page settings={settings} session={session} />
  ) : (
    <p class="empty" role="alert">
      {fault}
    </p>
  );
}

/** The part of the URL that names the page. */
function useAddress(): string {
  const read = () => (location.hash in pages ? location.hash : "#/");
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const changed = () => setAddress(read());
    addEventListener("hashchange", changed);
    changed(); // the hash may have changed since the first render
    return () => removeEventListener("hashchange", changed);
  }, []);
  return address;
}
