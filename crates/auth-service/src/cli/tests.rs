use super::*;

fn parsed(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(["auth-service"].into_iter().chain(line.split_whitespace()))
}

#[test]
fn every_documented_command_is_accepted() {
    for line in [
        "",
        "serve",
        "migrate",
        "config",
        "--config auth.toml serve",
        "keys list",
        "keys rotate",
        "keys retire KID --yes",
        "users list --irregular",
        "users create ana ana@example.org",
        "users create ana ana@example.org --admin",
        "users create ana ana@example.org --no-password",
        "users show ana",
        "users disable ana",
        "users disable ana --reason abuse",
        "users rename ana anna",
        "users email --id 0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11 ana@example.org",
        "users delete ana",
        "users ext ana {}",
        "users ext ana --clear",
        "users enable --id 0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11",
        "users scopes ana users:read",
        "users import users.csv",
        "users import users.csv --format flask --apply --map ids.csv --on-conflict update",
        "users import users.csv --argon2-memory 256 --revoked-jti revoked.txt",
        "users export",
        "users export users.csv --format csv",
        "sessions list ana",
        "sessions end ana",
        "sessions end ana --session 0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11",
        "sessions end-all --yes",
        "clients list",
        "clients create --scope users:read --name reports",
        "clients rotate ID",
        "clients retire-secret ID",
        "clients disable ID",
    ] {
        assert!(parsed(line).is_ok(), "{line}: {:?}", parsed(line).err());
    }
}

#[test]
fn unknown_and_incomplete_commands_are_errors() {
    for line in [
        "start",
        "keys",
        "keys retire",
        "users create ana",
        "users import",
        "users import users.csv --format excel",
        "users import users.csv --on-conflict overwrite",
        "users import users.csv --map ids.csv",
        "users import users.csv --argon2-memory 0",
        "users import users.csv --argon2-memory 257",
        "users import users.csv --argon2-memory 4194304",
        "users export --format xml",
        "users create ana ana@example.org a-password",
        "clients create",
        "clients create --scope users:read,users:email",
        "sessions end-all --force",
    ] {
        assert!(parsed(line).is_err(), "{line}");
    }
}
