# Mails in English. Each kind has a subject and a text. A kind with a link also has the label of its button.
# Variables: $site (the host of the front end), $name (the user name; empty in mails to an address that the user has
# not proven, where $named is no), $address (the mail's address), $link, $lifetime,
# $time. An empty line begins a paragraph; a paragraph that is { $link } alone becomes the button of the HTML part.

lifetime = { $unit ->
    [minutes] { $count ->
        [one] one minute
       *[other] { $count } minutes
    }
    [hours] { $count ->
        [one] one hour
       *[other] { $count } hours
    }
   *[days] { $count ->
        [one] one day
       *[other] { $count } days
    }
}

# $named is yes if the user has proven the address of the mail: a mail to a stranger must not contain the name.
greeting = { $named ->
    [yes] Hello { $name },
   *[no] Hello,
}

reset-subject = Set a new password
reset-button = Set a new password
reset-text =
    { greeting }

    Somebody asked for a new password for your account at { $site }. If it was you, open this page and choose one:

    { $link }

    The link works once, for { $lifetime }. If it was not you, ignore this mail: your password has not changed.

password-link-subject = Choose your password
password-link-button = Set a password
password-link-text =
    { greeting }

    An administrator of { $site } has sent you a link with which you set the password of your account:

    { $link }

    The link works once, for { $lifetime }. If you already have a password, it works until then.

verify-subject = Confirm your e-mail address
verify-button = Confirm the address
verify-text =
    Hello,

    Please confirm that { $address } is your address for { $site }:

    { $link }

    The link works once, for { $lifetime }. If you have no account there, ignore this mail.

change-subject = Confirm your new e-mail address
change-button = Confirm the new address
change-text =
    Hello,

    You asked to use { $address } for your account at { $site }. Please confirm it:

    { $link }

    The link works once, for { $lifetime }. Until then your old address stays. If you have no account there, ignore this mail.

revert-subject = Your e-mail address was changed
revert-button = Take the address back
revert-text =
    Hello,

    On { $time } the address of your account at { $site } was changed; it was { $address } before. If it was you, there is nothing to do.

    If it was not you, take the address back:

    { $link }

    This ends every session of the account, and the password does not work any more until you set a new one: a second mail brings the link for that. The link works once, for { $lifetime }.

reverted-subject = Your e-mail address is back
reverted-button = Set a new password
reverted-text =
    { greeting }

    { $address } is the address of your account at { $site } again, and every session was ended. The password does not work any more. Set a new one:

    { $link }

    The link works once, for { $lifetime }. Later you can ask for another one on the sign-in page.

invite-subject = You are invited to { $site }
invite-button = Create the account
invite-text =
    Hello,

    You are invited to create an account at { $site } for { $address }:

    { $link }

    The link works once, for { $lifetime }.

address-taken-subject = You have an account already
address-taken-text =
    { greeting }

    Somebody tried to create an account at { $site } with your address { $address }. You have an account already{ $named ->
        [yes] , with the user name { $name }
       *[no] {""}
    }, so no new one was made.

    If it was you, sign in, or ask for a new password on the sign-in page. If it was not you, there is nothing to do.

password-changed-subject = Your password was changed
password-changed-text =
    { greeting }

    On { $time } the password of your account at { $site } was changed, and every other session was ended.

    If it was not you, ask for a new password on the sign-in page now.

new-device-subject = New sign-in to your account
new-device-text =
    { greeting }

    On { $time } somebody signed in to your account at { $site } from a device that was not used before.

    If it was you, there is nothing to do. If it was not you, change your password: that ends every other session.

test-subject = Mail from { $site } works
test-text =
    Hello,

    this message was sent by hand to { $address }, to see whether { $site } can send mail. It can.
