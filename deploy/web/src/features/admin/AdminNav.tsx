import { Link, usePath } from "../../app/router.js";

const PAGES = [["/admin", "All users"], ["/admin/new", "New user"], ["/admin/audit", "Audit log"]] as const;

export function AdminNav() {
  const path = usePath();
  return (
    <nav className="row" aria-label="Administration">
      {PAGES.map(([href, name]) => <Link key={href} href={href} aria-current={path === href ? "page" : undefined}>{name}</Link>)}
    </nav>
  );
}
