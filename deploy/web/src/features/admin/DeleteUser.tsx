import { useState } from "react";
import { useSubmit } from "../../app/use-submit.js";
import { ConfirmDialog } from "../../ui/ConfirmDialog.js";
import { Button, Notice } from "../../ui/index.js";
import { deleteUser, type VersionedUser } from "./api.js";

interface Props {
  loaded: VersionedUser;
  /** Runs an action, and shows the newest state if another administrator changed the user meanwhile. */
  renewed(action: () => Promise<undefined>): Promise<void>;
  deleted(): void;
}

export function DeleteUser({ loaded, renewed, deleted }: Props) {
  const [isAsking, setAsking] = useState(false);
  const form = useSubmit(async () => {
    await renewed(async () => { await deleteUser(loaded); return undefined; });
    deleted();
  });
  return (
    <>
      <p>The account and all of its sessions are removed at once. This cannot be taken back.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <p className="row">
        <Button type="button" look="danger" isBusy={form.isBusy} disabled={form.wait > 0} onClick={() => setAsking(true)}>Delete this user</Button>
      </p>
      {isAsking && (
        <ConfirmDialog title="Delete this user?" action="Delete" answer={(isYes) => { setAsking(false); if (isYes) form.run(); }}>
          <p><bdi>{loaded.user.username}</bdi> (<bdi>{loaded.user.email}</bdi>) is removed for good.</p>
        </ConfirmDialog>
      )}
    </>
  );
}
