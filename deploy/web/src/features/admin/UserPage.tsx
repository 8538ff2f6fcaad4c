import { useState } from "react";
import { useClientState } from "../../app/client.js";
import { Link, useQuery } from "../../app/router.js";
import { useData } from "../../app/use-data.js";
import { Failure } from "../../ui/Failure.js";
import { Notice } from "../../ui/index.js";
import { Access } from "./Access.js";
import { AdminNav } from "./AdminNav.js";
import { changeUser, fetchUser, isConflict, type Patch, type VersionedUser } from "./api.js";
import { DeleteUser } from "./DeleteUser.js";
import { ExtForm } from "./ExtForm.js";
import { Facts } from "./Facts.js";
import { PasswordLink } from "./PasswordLink.js";
import { ProfileForm } from "./ProfileForm.js";
import { ScopeForm } from "./ScopeForm.js";
import { UserSessions } from "./UserSessions.js";

/** The props of each part of the page. */
export interface Part {
  loaded: VersionedUser;
  /** Stores a change. If another administrator changed the user meanwhile, it rejects, and the page shows the newest. */
  change(patch: Patch): Promise<void>;
}

export function UserPage() {
  const id = useQuery().get("id") ?? "";
  return <><AdminNav /><OneUser key={id} id={id} /></>;
}

function OneUser({ id }: { id: string }) {
  const { data: loaded, error, isLoading, reload, set } = useData("auth", `admin user ${id}`, (signal) => fetchUser(id, signal));
  const [gone, setGone] = useState<string>();
  const own = useClientState().user?.id;
  if (gone !== undefined) {
    return <><Notice kind="good">The user <bdi>{gone}</bdi> is deleted.</Notice><p><Link href="/admin">To all users</Link></p></>;
  }
  if (!loaded && isLoading) return <p className="quiet" role="status">Loading…</p>;
  if (!loaded) return <Failure error={error} retry={reload} />;
  const renewed = async (action: () => Promise<VersionedUser | undefined>) => {
    try {
      const next = await action();
      if (next) set(next);
    } catch (caught) {
      if (isConflict(caught)) set(await fetchUser(id));
      throw caught;
    }
  };
  const part: Part = { loaded, change: (patch) => renewed(() => changeUser(loaded, patch)) };
  return (
    <>
      <section><h2><bdi>{loaded.user.username}</bdi>{id === own && <span className="badge">you</span>}</h2><Facts user={loaded.user} /></section>
      <section><h2>Name and address</h2><ProfileForm {...part} name="username" /><ProfileForm {...part} name="email" /></section>
      <section><h2>Rights</h2><ScopeForm {...part} /><ExtForm {...part} /></section>
      <section><h2>Access</h2><Access {...part} /></section>
      <section><h2>Password</h2><PasswordLink id={id} /></section>
      <section><h2>Sessions</h2><UserSessions key={loaded.user.disabled?.at} id={id} /></section>
      <section>
        <h2>Delete the user</h2>
        <DeleteUser loaded={loaded} renewed={renewed} deleted={() => setGone(loaded.user.username)} />
      </section>
    </>
  );
}
