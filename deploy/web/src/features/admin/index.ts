import type { Route } from "../../app/route.js";
import { AuditPage } from "./AuditPage.js";
import { ListPage } from "./ListPage.js";
import { NewPage } from "./NewPage.js";
import { UserPage } from "./UserPage.js";

const common = { access: "member", scope: "users:admin" } as const;

export const routes: Route[] = [
  { ...common, path: "/admin", title: "Administration", page: ListPage, inMenu: true },
  { ...common, path: "/admin/user", title: "User", page: UserPage, inMenu: false },
  { ...common, path: "/admin/new", title: "New user", page: NewPage, inMenu: false },
  { ...common, path: "/admin/audit", title: "Audit log", page: AuditPage, inMenu: false },
];
